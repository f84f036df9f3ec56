import type { AuthError } from "@supabase/auth-js";
import { ApiError } from "../api/errors.ts";
import { apiErrorOf, authClient, dataOf, signedInClient, withSecondFactor } from "./account.ts";
import { browserProblem, type Ceremony } from "./passkey_problems.ts";
import { forgetSignOut } from "./sign_out.ts";

/** A passkey of the signed-in user. */
export interface Passkey {
  id: string;
  name: string;
  /** When it was added, ISO 8601. */
  addedAt: string;
  /** When it last signed in, ISO 8601; null if it never did. */
  usedAt: string | null;
}

/** Whether this browser has passkeys at all. */
export function supportsPasskeys(): boolean {
  return typeof window !== "undefined" && "PublicKeyCredential" in window && "credentials" in navigator;
}

/** Signs in with a passkey of this site that the user chooses. Throws ApiError: `passkey_…`, or Supabase's code. */
export async function signInWithPasskey(): Promise<void> {
  const client = await authClient();
  forgetSignOut();
  await ceremony("sign_in", async () => client.signInWithPasskey());
}

/** Adds a passkey of this device or password manager. Returns it with the name that Supabase Auth gave it. Throws
 *  ApiError: `passkey_…`, or Supabase's code. */
export async function addPasskey(): Promise<Passkey> {
  const client = await signedInClient();
  return withSecondFactor(async () => passkeyOf(await ceremony("add", () => client.registerPasskey())));
}

/** The user's passkeys, the oldest first. */
export async function listPasskeys(): Promise<Passkey[]> {
  return dataOf(await (await signedInClient()).passkey.list()).map(passkeyOf);
}

/** Renames a passkey. */
export async function renamePasskey(id: string, name: string): Promise<void> {
  dataOf(await (await signedInClient()).passkey.update({ passkeyId: id, friendlyName: name }));
}

/** Removes a passkey from the account. It stays on the device. */
export async function removePasskey(id: string): Promise<void> {
  const client = await signedInClient();
  await withSecondFactor(async () => dataOf(await client.passkey.delete({ passkeyId: id })));
}

interface Item {
  id: string;
  friendly_name?: string;
  created_at: string;
  last_used_at?: string;
}

function passkeyOf({ id, friendly_name, created_at, last_used_at }: Item): Passkey {
  return { id, name: friendly_name ?? "", addedAt: created_at, usedAt: last_used_at ?? null };
}

type Answer<T> = { data: T; error: null } | { data: null; error: AuthError | (Error & { code: string }) };

/** The data of a ceremony. Throws its error as an ApiError whose code says what the user can do. */
async function ceremony<T>(which: Ceremony, act: () => Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error } = await act();
  if (!error) return data as NonNullable<T>;
  if ("__isWebAuthnError" in error) throw problem(browserProblem(which, error));
  const refusal = apiErrorOf(error as AuthError);
  if (refusal.code !== "webauthn_verification_failed") throw refusal;
  throw problem(which === "add" ? "passkey_not_verified" : "passkey_unknown");
}

function problem(code: string): ApiError {
  return new ApiError(400, { code: code as never }, null);
}
