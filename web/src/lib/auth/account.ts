import type { AuthError, GoTrueClient } from "@supabase/auth-js";
import { ApiError } from "../api/errors.ts";
import { loadConfig, versionsOf } from "../config.ts";
import { read, write } from "../storage.ts";
import { nextPath } from "./next.ts";
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

/** Creates the account of a person who agreed to the texts of this page and stated their age, which is recorded with it;
 *  `next` is where its confirmation leads. Says whether the person is signed in already, or has to confirm the address by
 *  the mail first. */
export async function signUp(email: string, password: string, next: string | null): Promise<"signed_in" | "confirm"> {
  const client = await authClient();
  forgetSignOut();
  rememberNext(next);
  const config = await loadConfig().catch(() => {
    throw new ApiError(0, {}, null);
  });
  const options = { emailRedirectTo: address("/auth/callback"), data: { consents: versionsOf(config) } };
  const { session: begun } = dataOf(await client.signUp({ email, password, options }));
  return begun ? "signed_in" : "confirm";
}

/** Leaves the page for the provider's, which leads back to `/auth/callback`. */
export async function signInWith(provider: Provider, next: string | null): Promise<void> {
  const client = await authClient();
  forgetSignOut();
  rememberNext(next);
  dataOf(await client.signInWithOAuth({ provider, options: { redirectTo: address("/auth/callback") } }));
}

/** Exchanges the code that a link or a provider led back with for a session: once, and only in the browser that began. */
export async function exchangeCode(code: string): Promise<void> {
  dataOf(await (await authClient()).exchangeCodeForSession(code));
}

/** Mails the link with which a forgotten password is replaced, if there is such an account. */
export async function requestPasswordReset(email: string): Promise<void> {
  const options = { redirectTo: address("/reset-password") };
  dataOf(await (await authClient()).resetPasswordForEmail(email, options));
}

/** Sets the signed-in person's password. `code` is the one of `mailPasswordCode`, which is asked for a day after signing
 *  in: `reauthentication_needed`. */
export async function setPassword(password: string, code: string): Promise<void> {
  dataOf(await (await signedInClient()).updateUser({ password, ...(code && { nonce: code }) }));
}

/** Mails the code that changing the password needs a day after signing in. */
export async function mailPasswordCode(): Promise<void> {
  dataOf(await (await signedInClient()).reauthenticate());
}

/** Mails the links with which a new address is confirmed; until then the old one stays. */
export async function requestEmailChange(email: string): Promise<void> {
  const client = await signedInClient();
  rememberNext("/settings/profile");
  dataOf(await client.updateUser({ email }, { emailRedirectTo: address("/auth/callback") }));
}

/** Mails the link that confirms a new account's address once more. */
export async function mailConfirmation(email: string): Promise<void> {
  const options = { emailRedirectTo: address("/auth/callback") };
  dataOf(await (await authClient()).resend({ type: "signup", email, options }));
}

/** Where the sign-in that has just been finished leads, once. */
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

async function authClient(): Promise<GoTrueClient> {
  try {
    return await session.client();
  } catch {
    throw new ApiError(0, {}, null);
  }
}

/** The client, with a token that has not ended: the client renews none itself. */
async function signedInClient(): Promise<GoTrueClient> {
  await session.token();
  return authClient();
}

/** The data of an answer of the client, or its error thrown: there is one or the other. */
function dataOf<A extends { data: unknown; error: AuthError | null }>(answer: A): Extract<A, { error: null }>["data"] {
  if (answer.error) throw apiErrorOf(answer.error);
  return (answer as Extract<A, { error: null }>).data;
}

/** Supabase's error as one of the API, with its stable code; `network` where nothing arrived. */
export function apiErrorOf({ name, code, status, message }: AuthError): ApiError {
  const unreachable = name === "AuthRetryableFetchError" && !status;
  if (unreachable) return new ApiError(0, {}, null);
  const known = name === "AuthSessionMissingError" ? "session_not_found" : code;
  return new ApiError(status ?? 500, { code: (known ?? "unexpected") as never, message }, null);
}
