import type { components } from "$types/api";
import { setAccountClosure, type AccountClosure } from "./account_closure.ts";
import { api, body } from "./api/client.ts";
import { asApiError, type ApiError } from "./api/errors.ts";
import { offline } from "./offline.ts";
import { Store } from "./state/store.ts";
import { leaveWorkspace, openWorkspace, scope, workspace } from "./workspace.ts";

export type Me = components["schemas"]["Me"];

/** The signed-in user's profile, preferences, plan and quotas, read once at the app's start; null until then. */
export const me = new Store<Me | null>(null);
/** Why they could not be read; null once they are read. */
export const meFailure = new Store<ApiError | null>(null);

/** Reads `me` again after a change. */
export async function loadMe(): Promise<void> {
  try {
    const now = await offline.read("me", async () => {
      const read = await body((await api()).GET("/api/me"));
      void offline.forgetOtherWorkspaces(
        read.profile.id,
        read.workspaces.flatMap(({ id, slug }) => [id, slug]),
      );
      return read;
    });
    me.set(now);
    meFailure.set(null);
    const { deletes_at } = now.profile;
    setAccountClosure(deletes_at ? { kind: "deleting", deletes_at } : null);
  } catch (failure) {
    const error = asApiError(failure);
    // The team does not exist for this user any more, or is closed to them.
    if (workspace && [403, 404].includes(error.status)) await offline.forget((kept) => kept === scope());
    if (error.code === "workspace_not_found") return leaveWorkspace();
    // The profile is that of the personal workspace; it says which team requires the factor, and leads back.
    if (error.code === "second_factor_missing") return openWorkspace(null, `${error.body.enrol_at}?for=${workspace}`);
    meFailure.set(error);
    if (error.status) setAccountClosure(closureOf(error)); // without a connection the last known state stays
  }
}

function closureOf({ code, body }: ApiError): AccountClosure | null {
  if (code === "account_suspended") return { kind: "suspended" };
  return code === "account_deleting" ? { kind: "deleting", deletes_at: body.deletes_at ?? "" } : null;
}
