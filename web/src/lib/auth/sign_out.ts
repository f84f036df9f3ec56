import { setAccountClosure } from "../account_closure.ts";
import { api, body } from "../api/client.ts";
import { removeDrafts } from "../drafts.ts";
import { offline } from "../offline.ts";
import { forgetRecentModels } from "../recent_models.ts";
import { removeSideBar } from "../side_bar_keys.ts";
import { read, write } from "../storage.ts";
import { forgetWorkspace } from "../workspace.ts";
import { session } from "./session.ts";

/** The storage key of the user whose data must be removed from this device. Every tab sees it. */
const KEY = "oneai.signed_out";

/** Ends this device's session, or all of the user's, and removes their drafts and offline data. Without a network
 *  only this device forgets the session. Throws ApiError if not all sessions could be ended. */
export async function signOut(scope: "session" | "all" = "session"): Promise<void> {
  const ended = scope === "all" || !session.retrying.value ? await endAtApi(scope) : null;
  write(KEY, session.userId);
  await removeLeftovers(); // before the page leaves, which would stop it
  if (ended === null) {
    // The API, which also ends the session at Supabase, cannot be reached. Supabase may still be.
    const client = await session.client().catch(() => null);
    await client?.signOut({ scope: "local" }).catch(() => undefined);
  }
  session.forget();
  setAccountClosure(null);
}

/** The API's response; null if it cannot be reached and only this device's session should end. */
async function endAtApi(scope: "session" | "all"): Promise<unknown> {
  const ending = api().then((client) => body(client.POST("/api/auth/sign-out", { body: { scope } })));
  return scope === "all" ? ending : ending.catch(() => null);
}

/** Whether a user signed out on this device on purpose and has not signed in since. Sessions that expire keep
 *  drafts. */
export function signedOutOnPurpose(): boolean {
  return read(KEY) !== null;
}

/** Removes data that another tab wrote after sign-out: tabs write drafts when their page is left. */
export async function removeLeftovers(): Promise<void> {
  const user = read(KEY);
  if (user === null) return;
  removeDrafts(user);
  removeSideBar(user);
  forgetWorkspace(user);
  forgetRecentModels();
  await offline.forget();
}

/** Called when a user signs in: no data is left to remove. */
export function forgetSignOut(): void {
  write(KEY, null);
}
