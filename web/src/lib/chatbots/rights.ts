import type { Me } from "../me.ts";

type Listed = Me["workspaces"][number];
type Workspace = Pick<NonNullable<Me["workspace"]>, "id" | "role"> | null | undefined;

/** What the user may do with chatbots of the workspace that is shown, as the API decides: members edit drafts, owners and
 *  admins publish, pause, delete, and set limits and domains. */
export function rights(workspace: Workspace): { edits: boolean; manages: boolean } {
  const role = workspace?.role;
  const manages = role === "owner" || role === "admin";
  return { edits: manages || role === "member", manages };
}

/** Where a user may move a chatbot to: the other workspaces whose owner or admin they are. */
export function movableTo(workspaces: readonly Listed[], from: string): Listed[] {
  return workspaces.filter((each) => each.id !== from && rights(each).manages);
}
