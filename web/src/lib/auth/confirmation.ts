import { ApiError } from "../api/errors.ts";
import { loadConfig } from "../config.ts";
import { read, write } from "../storage.ts";
import type { Tokens } from "./tokens.ts";

const KEY = "oneai.signed_up";

/** Remembers that this browser created an account whose address must be confirmed. */
export function rememberSignUp(email: string): void {
  write(KEY, email.toLowerCase());
}

/** Whether this browser waits for the confirmation of an address. */
export function awaitsConfirmation(): boolean {
  return read(KEY) !== null;
}

/** Confirms an address with the token of the mail, which works once and in any browser. Returns the new session if this
 *  browser created the account, and otherwise ends it and returns null, so that a stranger's link does not sign the user
 *  in to another account. Throws ApiError, `otp_expired` for a token that was used. */
export async function confirmAddress(tokenHash: string): Promise<Tokens | null> {
  const config = await loadConfig().catch(() => {
    throw new ApiError(0, {}, null);
  });
  const post = (path: string, body: object, token?: string) =>
    fetch(`${config.supabase_url}/auth/v1${path}`, {
      method: "POST",
      headers: {
        apikey: config.supabase_publishable_key,
        "content-type": "application/json",
        "x-supabase-api-version": "2024-01-01",
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      cache: "no-store",
    }).catch(() => {
      throw new ApiError(0, {}, null);
    });
  const response = await post("/verify", { type: "email", token_hash: tokenHash });
  const answer = (await response.json().catch(() => ({}))) as Partial<Tokens> & { code?: string };
  if (!response.ok || !answer.access_token)
    throw new ApiError(response.status, { code: (answer.code ?? "unexpected") as never }, null);
  const created = read(KEY) === answer.user?.email?.toLowerCase();
  if (created) {
    write(KEY, null);
    return answer as Tokens;
  }
  await post("/logout?scope=local", {}, answer.access_token).catch(() => undefined);
  return null;
}
