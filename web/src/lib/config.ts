/** What differs by deployment, read from `/config.json` once per page, so that one build serves every stage. */
export interface Config {
  /** Where the API is; empty: the same origin. */
  api_url: string;
  supabase_url: string;
  supabase_publishable_key: string;
  /** Where attachments and generated images are, as an origin: the one foreign host that pictures come from. */
  files_url: string;
  site_name: string;
  operator: { name: string; address: string; email: string };
  /** Who answers complaints. */
  grievance: { name: string; address: string; email: string };
  /** The dates of the texts that are shown, which people agree to. */
  terms_version: string;
  privacy_version: string;
  /** In years: what people state to have reached. */
  minimum_age: number;
  /** Providers of sign-in that are switched on, beside e-mail and password. */
  sign_in_providers: ("google" | "github")[];
}

/** What people agree to with the texts of this site: each in its version, the age in years. */
export function versionsOf(config: Config): { terms: string; privacy: string; age: string } {
  return { terms: config.terms_version, privacy: config.privacy_version, age: String(config.minimum_age) };
}

let config: Promise<Config> | undefined;

/** Fetched once; a failure is not remembered, so that the next call tries again. */
export function loadConfig(): Promise<Config> {
  config ??= fetch("/config.json")
    .then((response) => {
      if (!response.ok) throw new Error(`/config.json answered ${response.status}`);
      return response.json() as Promise<Config>;
    })
    .catch((failure: unknown) => {
      config = undefined;
      throw failure;
    });
  return config;
}
