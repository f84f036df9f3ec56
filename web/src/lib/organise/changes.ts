import type { components } from "$types/api";
import { api, authorizedFetch, body } from "../api/client.ts";
import { errorOf } from "../api/errors.ts";
import { loadConfig } from "../config.ts";
import { conversations, type ListedConversation } from "../conversations.ts";
import { saveFile } from "../download.ts";
import { cleanLine } from "../typed/clean.ts";
import { cut } from "../typed/graphemes.ts";

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
  return changed;
}

/** Deletes, archives or unarchives conversations. Throws ApiError; conversations before the failure are changed. */
export async function changeMany(ids: readonly string[], action: BulkAction): Promise<void> {
  for (let at = 0; at < ids.length; at += BULK) {
    const some = ids.slice(at, at + BULK);
    await body((await api()).POST("/api/conversations/bulk", { body: { ids: some, action } }));
    if (action !== "unarchive") conversations.remove(some);
  }
  if (action === "unarchive") await conversations.refresh();
}

/** Saves one conversation as a file on this device. Returns false if it is too large for one response; the export of
 *  all conversations includes it. Throws ApiError. */
export async function downloadConversation(id: string, title: string, format: Format): Promise<boolean> {
  const { api_url } = await loadConfig();
  const address = `${api_url || location.origin}/api/conversations/${id}/export?format=${format}`;
  const response = await authorizedFetch(new Request(address));
  if (!response.ok) throw await errorOf(response);
  if (response.status === 202) return false;
  saveFile(await response.blob(), fileName(title, format));
  return true;
}

/** The file name of a conversation: its title without characters that file systems refuse. */
export function fileName(title: string, format: Format): string {
  const name = cut(cleanLine(cleanLine(title).replace(/[\\/:*?"<>|]+/gu, " ")), 80);
  return `${name.replace(/^[.\s]+/, "") || "conversation"}.${format === "markdown" ? "md" : format}`;
}
