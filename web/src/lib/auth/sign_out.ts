import { setAccountClosure } from "../account_closure.ts";
import { api, body } from "../api/client.ts";
import { removeDrafts } from "../drafts.ts";
import { offline } from "../offline.ts";
import { read, write } from "../storage.ts";
import { session } from "./session.ts";

/** Whose things are to be removed from this device, as every tab of it sees. */
const KEY = "oneai.signed_out";

/** Ends the session of this device at once, or all of the person's, and removes their drafts and what was kept for
 *  reading offline. Without a network this device alone forgets the session. Throws ApiError where all were to be ended
 *  and were not. */
export async function signOut(scope: "session" | "all" = "session"): Promise<void> {
  const ended = scope === "all" || !session.retrying.value ? await endAtApi(scope) : null;
  write(KEY, session.userId);
  await removeLeftovers(); // before the page leaves, which would end it
  if (ended === null) {
    // The API, which also ends the session at Supabase, was not reached: Supabase may be.
    const client = await session.client().catch(() => null);
    await client?.signOut({ scope: "local" }).catch(() => undefined);
  }
  session.forget();
  setAccountClosure(null);
}

/** What the API answers; null if it was not reached and this device's session alone was to be ended. */
async function endAtApi(scope: "session" | "all"): Promise<unknown> {
  const ending = api().then((client) => body(client.POST("/api/auth/sign-out", { body: { scope } })));
  return scope === "all" ? ending : ending.catch(() => null);
}

/** Whether somebody signed out here on purpose and not signed in since; sessions that ended by themselves keep drafts. */
export function signedOutOnPurpose(): boolean {
  return read(KEY) !== null;
}

/** Removes what another tab has written while it was signed out: drafts are written when a page is left. */
export async function removeLeftovers(): Promise<void> {
  const person = read(KEY);
  if (person === null) return;
  removeDrafts(person);
  await offline.forget();
}

/** Somebody signs in: nothing is left to be removed. */
export function forgetSignOut(): void {
  write(KEY, null);
}
