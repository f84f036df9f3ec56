import type { Me } from "../me.ts";

type Workspace = Pick<NonNullable<Me["workspace"]>, "id" | "role"> | null | undefined;

/** What the user may do with chatbots of the workspace that is shown, as the API decides: members edit drafts, owners and
 *  admins publish, pause, delete, and set limits and domains. */
export function rights(workspace: Workspace): { edits: boolean; manages: boolean } {
  const role = workspace?.role;
  const manages = role === "owner" || role === "admin";
  return { edits: manages || role === "member", manages };
}
