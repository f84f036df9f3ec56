import type { Me } from "../me.ts";
import type { Document } from "./types.ts";

/** Whether the user may change, reprocess and delete a document, as the API decides: its author, and admins of its team.
 *  `workspace` is the one that is shown. A link can lead to a document of another team; the role there is not known here,
 *  so that only what is one's own can be changed. */
export function mayChange(
  { workspace_id, author }: Pick<Document, "workspace_id" | "author">,
  user: string | null,
  workspace: Me["workspace"] | undefined,
): boolean {
  if (workspace_id === user) return true; // the id of a personal workspace
  const role = workspace?.id === workspace_id ? workspace?.role : null;
  return role === "owner" || role === "admin" || (role !== "viewer" && author.user_id === user);
}

/** Whether the user may ask for a summary of a document, or for a model to read its pages: everyone but viewers of its
 *  team. In another team the role is not known, and the API decides. */
export function maySpendOn(
  { workspace_id }: Pick<Document, "workspace_id">,
  workspace: Me["workspace"] | undefined,
): boolean {
  return workspace?.id !== workspace_id || workspace.role !== "viewer";
}
