import type { AuthError, GoTrueClient } from "@supabase/auth-js";
import { ApiError } from "../api/errors.ts";
import { theme } from "../appearance.ts";
import { loadConfig, versionsOf } from "../config.ts";
import { language } from "../i18n/language.ts";
import { read, write } from "../storage.ts";
import { confirmAddress, rememberSignUp } from "./confirmation.ts";
import { nextPath } from "./next.ts";
import { secondFactor } from "./second_factor.ts";
import { session } from "./session.ts";
import { forgetSignOut } from "./sign_out.ts";

export type Provider = "google" | "github";

const NEXT = "oneai.next";

/** Signs in with a password. Throws ApiError with Supabase's code: `invalid_credentials`, `email_not_confirmed`, … */
export async function signIn(email: string, password: string): Promise<void> {
  const client = await authClient();
  forgetSignOut();
  dataOf(await client.signInWithPassword({ email, password }));
}

/** Creates an account for a user who agreed to the texts of this page and stated their age; both are recorded with
 *  it. The account keeps the language and the theme of this page. `next` is the address after confirmation. Returns "signed_in", or "confirm" if the user must confirm the
 *  address by mail first. */
export async function signUp(email: string, password: string, next: string | null): Promise<"signed_in" | "confirm"> {
  const client = await authClient();
  forgetSignOut();
  rememberNext(next);
  const config = await loadConfig().catch(() => {
    throw new ApiError(0, {}, null);
  });
  const data = { consents: versionsOf(config), language: language.value, theme: theme.value };
  const options = { emailRedirectTo: address("/auth/callback"), data };
  const { session: created } = dataOf(await client.signUp({ email, password, options }));
  if (!created) rememberSignUp(email);
  return created ? "signed_in" : "confirm";
}

/** Goes to the provider's page, which returns to `/auth/callback`. */
export async function signInWith(provider: Provider, next: string | null): Promise<void> {
  const client = await authClient();
  forgetSignOut();
  rememberNext(next);
  dataOf(await client.signInWithOAuth({ provider, options: { redirectTo: address("/auth/callback") } }));
}

/** Exchanges the code from a link or a provider for a session. Works once, and only in the browser that requested
 *  it. */
export async function exchangeCode(code: string): Promise<void> {
  dataOf(await (await authClient()).exchangeCodeForSession(code));
}

/** Signs in with the token of the mail that replaces a forgotten password. Works once, in any browser. */
export async function useResetToken(tokenHash: string): Promise<void> {
  const client = await authClient();
  forgetSignOut();
  dataOf(await client.verifyOtp({ token_hash: tokenHash, type: "recovery" }));
}

/** Confirms a new account's address with the token of the mail. Returns whether this browser created the account and is
 *  signed in now. Throws ApiError, `otp_expired` for a token that was used. */
export async function confirmSignUp(tokenHash: string): Promise<boolean> {
  const tokens = await confirmAddress(tokenHash);
  if (!tokens) return false;
  const { access_token, refresh_token } = tokens;
  forgetSignOut();
  dataOf(await (await authClient()).setSession({ access_token, refresh_token }));
  return true;
}

/** Mails a link to replace a forgotten password, if the account exists. */
export async function requestPasswordReset(email: string): Promise<void> {
  const options = { redirectTo: address("/reset-password") };
  dataOf(await (await authClient()).resetPasswordForEmail(email, options));
}

/** Sets the signed-in user's password. `code` comes from `mailPasswordCode`. Supabase requires it a day after signing
 *  in, with the error `reauthentication_needed`. */
export async function setPassword(password: string, code: string): Promise<void> {
  await withSecondFactor(async () =>
    dataOf(await (await signedInClient()).updateUser({ password, ...(code && { nonce: code }) })),
  );
}

/** Mails the code for changing the password a day after signing in. */
export async function mailPasswordCode(): Promise<void> {
  dataOf(await (await signedInClient()).reauthenticate());
}

/** Mails the links that confirm a new address. Until then the old address stays. */
export async function requestEmailChange(email: string): Promise<void> {
  const client = await signedInClient();
  rememberNext("/settings/profile");
  await withSecondFactor(async () =>
    dataOf(await client.updateUser({ email }, { emailRedirectTo: address("/auth/callback") })),
  );
}

/** An authenticator app that is a second factor. */
export interface Factor {
  id: string;
  name: string;
  /** When it was added, ISO 8601. */
  addedAt: string;
}

/** A factor that is not verified yet. */
export interface NewFactor {
  id: string;
  /** In base32, to type into the app. */
  secret: string;
  /** The `otpauth://` address, to show as a QR code. */
  uri: string;
}

/** The verified second factors of the signed-in user. */
export async function listFactors(): Promise<Factor[]> {
  const { totp } = dataOf(await (await signedInClient()).mfa.listFactors());
  return totp.map(({ id, friendly_name, created_at }) => ({ id, name: friendly_name ?? "", addedAt: created_at }));
}

/** Adds a second factor, which counts once `verifyFactor` succeeded. Removes those that were begun and not verified,
 *  because their names are taken. */
export async function addFactor(name: string): Promise<NewFactor> {
  const { mfa } = await signedInClient();
  const { all } = dataOf(await mfa.listFactors());
  for (const { id } of all.filter(({ status }) => status === "unverified"))
    dataOf(await mfa.unenroll({ factorId: id }));
  const { id, totp } = dataOf(await mfa.enroll({ factorType: "totp", friendlyName: name, issuer: "OneAI" }));
  return { id, secret: totp.secret, uri: totp.uri };
}

/** Enters the code of a second factor. The session then has it, and all sessions without it end. Throws ApiError
 *  `mfa_verification_failed` for a wrong code; `mfa_verification_rejected` ended all sessions. */
export async function verifyFactor(id: string, code: string): Promise<void> {
  const { mfa } = await signedInClient();
  dataOf(await mfa.challengeAndVerify({ factorId: id, code }));
}

/** Removes a second factor. */
export async function removeFactor(id: string): Promise<void> {
  dataOf(await (await signedInClient()).mfa.unenroll({ factorId: id }));
}

/** What `act` returns. If Supabase requires the second factor, asks for it and tries once more. */
export async function withSecondFactor<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (failure) {
    const asks = failure instanceof ApiError && failure.code === "insufficient_aal";
    if (!asks || !(await secondFactor.ask())) throw failure;
    return act();
  }
}

/** Mails the link that confirms a new account's address once more. */
export async function mailConfirmation(email: string): Promise<void> {
  const options = { emailRedirectTo: address("/auth/callback") };
  dataOf(await (await authClient()).resend({ type: "signup", email, options }));
}

/** The address after the sign-in that just finished. Returns it once. */
export function takeNext(): string {
  const next = nextPath(read(NEXT));
  write(NEXT, null);
  return next;
}

function rememberNext(next: string | null): void {
  write(NEXT, nextPath(next)); // not in the address: a project may allow no more than fixed ones
}

function address(path: string): string {
  return location.origin + path;
}

/** Supabase's client. Throws ApiError `network` if it cannot be loaded. */
export async function authClient(): Promise<GoTrueClient> {
  try {
    return await session.client();
  } catch {
    throw new ApiError(0, {}, null);
  }
}

/** The client with a valid token: the client does not renew tokens itself. */
export async function signedInClient(): Promise<GoTrueClient> {
  await session.token();
  return authClient();
}

/** The data of the client's response; throws its error if it has one. */
export function dataOf<A extends { data: unknown; error: AuthError | null }>(
  answer: A,
): Extract<A, { error: null }>["data"] {
  if (answer.error) throw apiErrorOf(answer.error);
  return (answer as Extract<A, { error: null }>).data;
}

/** Supabase's error as an ApiError, with its stable code; `network` if no response arrived. */
export function apiErrorOf({ name, code, status, message }: AuthError): ApiError {
  const unreachable = name === "AuthRetryableFetchError" && !status;
  if (unreachable) return new ApiError(0, {}, null);
  const known = name === "AuthSessionMissingError" ? "session_not_found" : code;
  return new ApiError(status ?? 500, { code: (known ?? "unexpected") as never, message }, null);
}
