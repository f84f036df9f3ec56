/** The values that differ by deployment, read once per page from `/config.json`, so that one build serves every
 *  stage. */
export interface Config {
  /** The API's origin; empty for the same origin. */
  api_url: string;
  supabase_url: string;
  supabase_publishable_key: string;
  /** The origin of attachments and generated images: the one foreign host of pictures. */
  files_url: string;
  site_name: string;
  operator: { name: string; address: string; email: string };
  /** The contact for complaints. */
  grievance: { name: string; address: string; email: string };
  /** The dates of the current texts, which people agree to. */
  terms_version: string;
  privacy_version: string;
  /** The minimum age that people confirm, in years. */
  minimum_age: number;
  /** The enabled sign-in providers, beside e-mail and password. */
  sign_in_providers: ("google" | "github")[];
  /** Whether users can sign in with passkeys. */
  passkeys: boolean;
  /** Whether workspaces can have keys of their own for model providers. */
  provider_keys: boolean;
}

/** The consents for this site's texts: the version of each, and the age in years. */
export function versionsOf(config: Config): { terms: string; privacy: string; age: string } {
  return { terms: config.terms_version, privacy: config.privacy_version, age: String(config.minimum_age) };
}

/** The address of the API, such as `https://app.example.com/api`. */
export function apiAddressOf(config: Pick<Config, "api_url">): string {
  return `${config.api_url || location.origin}/api`;
}

let config: Promise<Config> | undefined;

/** Reads it once. A failure is not remembered, so the next call tries again. */
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
