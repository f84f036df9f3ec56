import type { components } from "$types/api";
import { api, authorizedFetch, body } from "../api/client.ts";
import { errorOf } from "../api/errors.ts";
import { loadConfig } from "../config.ts";
import { conversations, type ListedConversation } from "../conversations.ts";
import { saveFile } from "../download.ts";
import { fileStem } from "../typed/file_names.ts";
import { loadLabels, removeFromFolders } from "./folders.ts";

type Schemas = components["schemas"];
export type Changes = Pick<Schemas["ConversationChanges"], "title" | "pinned" | "archived" | "tags" | "folder">;
export type BulkAction = Schemas["BulkRequest"]["action"];
export const FORMATS = ["json", "markdown", "html", "txt"] as const;
export type Format = (typeof FORMATS)[number];

/** The maximum number of conversations in one change. */
const BULK = 100;

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

/** Saves one conversation as a file on this device. Returns false if it is too large for one response; the export of
 *  all conversations includes it. Throws ApiError. */
export async function downloadConversation(id: string, title: string, format: Format): Promise<boolean> {
  const file = await readExport(id, format);
  if (file) saveFile(file, fileName(title, format));
  return file !== null;
}

/** One conversation as a file; null if it is too large for one response. Throws ApiError. */
export async function readExport(id: string, format: Format): Promise<Blob | null> {
  const { api_url } = await loadConfig();
  const address = `${api_url || location.origin}/api/conversations/${id}/export?format=${format}`;
  const response = await authorizedFetch(new Request(address));
  if (!response.ok) throw await errorOf(response);
  return response.status === 202 ? null : response.blob();
}

/** The file name of a conversation. */
export function fileName(title: string, format: Format): string {
  return `${fileStem(title, "conversation")}.${format === "markdown" ? "md" : format}`;
}
