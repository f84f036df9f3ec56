import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { conversations, type ListedConversation } from "../conversations.ts";
import { loadLabels, removeFromFolders } from "./folders.ts";

type Schemas = components["schemas"];
export type BulkAction = Schemas["BulkRequest"]["action"];

/** The maximum number of conversations in one change. */
const BULK = 100;

/** Applies one action to conversations, and shows it in the side bar. Returns how many no longer exist. Throws ApiError;
 *  conversations before the failure are changed. */
export async function changeMany(
  ids: readonly string[],
  action: BulkAction,
  values: Pick<Schemas["BulkRequest"], "folder" | "tags"> = {},
): Promise<number> {
  let gone = 0;
  try {
    for (let at = 0; at < ids.length; at += BULK) {
      const some = ids.slice(at, at + BULK);
      const { results } = await body(
        (await api()).POST("/api/conversations/bulk", { body: { ids: some, action, ...values } }),
      );
      const missing = results.filter(({ status }) => status === "not_found").map(({ id }) => id);
      gone += missing.length;
      const removed = action === "delete" || action === "archive" ? some : missing;
      conversations.remove(removed);
      removeFromFolders(action === "move" ? some : removed);
      if (action === "pin" || action === "unpin") show(some, () => ({ pinned: action === "pin" }));
      if (action === "move") show(some, () => ({ folder: values.folder ?? null }));
      if (action === "tag") show(some, ({ tags }) => ({ tags: [...new Set([...tags, ...(values.tags ?? [])])] }));
    }
  } finally {
    void loadLabels();
  }
  if (action === "unarchive") await conversations.refresh();
  return gone;
}

function show(ids: readonly string[], change: (conversation: ListedConversation) => Partial<ListedConversation>): void {
  const wanted = new Set(ids);
  for (const each of conversations.store.value.items)
    if (wanted.has(each.id)) conversations.change(each.id, change(each));
}
