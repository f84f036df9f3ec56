import type { Tokens } from "./tokens.ts";

/** Error codes of Supabase Auth that end a session (supabase/auth, `internal/api/apierrors/errorcode.go`), and OAuth's
 *  (RFC 6749, section 5.2). Other failures say nothing about the refresh token. */
const ENDED = new Set([
  "refresh_token_not_found",
  "refresh_token_already_used",
  "session_not_found",
  "session_expired",
  "user_banned",
  "user_not_found",
  "invalid_grant",
]);

/** The timeout of a request, in milliseconds. */
const TIMEOUT = 15_000;
/** The maximum `Retry-After` to accept, in seconds: a proxy can say a day. */
const LONGEST_RETRY_AFTER = 300;

/** The result of a refresh: new tokens; the end of the session; or a failure of the connection (`reached` is false) or
 *  of the server, with `retryAfter` in seconds if the server said so. */
export type RefreshResult =
  | { state: "refreshed"; tokens: Tokens }
  | { state: "ended" }
  | { state: "failed"; reached: boolean; retryAfter: number | null };

/** Exchanges a refresh token for new tokens in one request. Never rejects.
 *
 *  @param url the project's, such as `https://abc.supabase.co`
 *  @param apikey the project's publishable key
 */
export async function requestRefresh(url: string, apikey: string, refreshToken: string): Promise<RefreshResult> {
  let response: Response;
  try {
    response = await fetch(`${url}/auth/v1/token?grant_type=refresh_token`, {
      method: "POST",
      headers: { apikey, "content-type": "application/json", "x-supabase-api-version": "2024-01-01" },
      body: JSON.stringify({ refresh_token: refreshToken }),
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch {
    return { state: "failed", reached: false, retryAfter: null };
  }
  return resultOf(response);
}

/** The meaning of a response to a refresh. It can come from Supabase Auth, its gateway, a proxy or a hotel's login
 *  page. */
export async function resultOf(response: Response): Promise<RefreshResult> {
  const body = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (response.ok && isTokens(body)) return { state: "refreshed", tokens: body };
  if (isRefusal(response.status) && ENDED.has(codeOf(body))) return { state: "ended" };
  return { state: "failed", reached: true, retryAfter: retryAfterOf(response) };
}

function isTokens(body: unknown): body is Tokens {
  const { access_token, refresh_token, expires_in } = (body ?? {}) as Partial<Tokens>;
  return Boolean(access_token && refresh_token) && typeof expires_in === "number";
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** The error code, in any of Supabase Auth's formats. */
function codeOf(body: Record<string, unknown> | null): string {
  const codes = [body?.error_code, body?.code, body?.error];
  return (codes.find((each) => typeof each === "string") as string | undefined) ?? "";
}

/** `Retry-After` in seconds. The header has seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterOf(response: Response): number | null {
  const value = response.headers.get("retry-after")?.trim();
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER) : null;
}
