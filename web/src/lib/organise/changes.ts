import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { conversations, type ListedConversation } from "../conversations.ts";
import { loadLabels, removeFromFolders } from "./folders.ts";

type Schemas = components["schemas"];
export type Changes = Pick<
  Schemas["ConversationChanges"],
  "title" | "pinned" | "archived" | "tags" | "folder" | "visibility"
>;

/** Changes a conversation, and shows the change in the side bar. Throws ApiError; then nothing has changed. */
export async function changeConversation(id: string, changes: Changes): Promise<ListedConversation> {
  const params = { path: { id } };
  const changed = await body((await api()).PATCH("/api/conversations/{id}", { params, body: changes }));
  if (changed.archived) conversations.remove([id]);
  else conversations.change(id, changed);
  if (changes.archived === false) await conversations.refresh();
  if (changed.archived || "folder" in changes) removeFromFolders([id]);
  if ("folder" in changes || "tags" in changes || "archived" in changes) void loadLabels();
  return changed;
}
