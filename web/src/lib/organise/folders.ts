import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { Conversations, type ListedConversation } from "../conversations.ts";
import { offline } from "../offline.ts";
import { Store } from "../state/store.ts";

export type Labels = components["schemas"]["Labels"];

/** All folders and tags of the user with their numbers of conversations, each in alphabetical order. */
export const labels = new Store<Labels>({ folders: [], tags: [] });

const lists = new Map<string, Conversations>();

/** Reads folders and tags again, and the folders that have been opened. If that fails, the old ones stay. */
export async function loadLabels(): Promise<void> {
  const opened = [...lists.values()].map((list) => list.refresh());
  const read = async () => body((await api()).GET("/api/conversations/labels"));
  try {
    const { folders, tags } = await offline.read("labels", read);
    labels.set({ folders: folders.toSorted(byName), tags: tags.toSorted(byName) });
  } catch {
    // The side bar's own list says that the service cannot be reached.
  }
  await Promise.all(opened);
}

/** The conversations of a folder. They are read when it is first asked for. */
export function folderList(name: string): Conversations {
  const known = lists.get(name);
  if (known) return known;
  const list = new Conversations({ folder: name });
  lists.set(name, list);
  void list.refresh();
  return list;
}

/** Removes conversations from the folders that have been opened: they were moved, archived or deleted. */
export function removeFromFolders(ids: readonly string[]): void {
  for (const list of lists.values()) list.remove(ids);
}

/** What a folder shows: its own list, with what the side bar's list knows better, the newest first. */
export function inFolder(
  name: string,
  own: readonly ListedConversation[],
  all: readonly ListedConversation[],
): ListedConversation[] {
  const known = new Map([...own, ...all].map((each) => [each.id, each]));
  const inside = [...known.values()].filter((each) => each.folder === name && !each.archived);
  return inside.sort((one, other) => Date.parse(other.last_message_at) - Date.parse(one.last_message_at));
}

/** What stands outside the folders: pinned conversations, and those in no folder that is shown. */
export function outsideFolders(
  all: readonly ListedConversation[],
  folders: readonly { name: string }[],
): ListedConversation[] {
  const shown = new Set(folders.map((each) => each.name));
  return all.filter(({ pinned, folder }) => pinned || folder === null || !shown.has(folder));
}

/** By name as people sort them, numbers by their value; equal ones by code, so that the order never changes. */
function byName(one: { name: string }, other: { name: string }): number {
  return one.name.localeCompare(other.name, undefined, { numeric: true }) || (one.name < other.name ? -1 : 1);
}
