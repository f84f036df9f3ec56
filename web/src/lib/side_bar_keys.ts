import { write } from "./storage.ts";

/** Where a device stores a user's unread answers, and the folders that are open in the side bar. */
export const unreadKey = (user: string) => `oneai.unread.${user}`;
export const foldersKey = (user: string) => `oneai.open_folders.${user}`;

/** Removes what this device remembers of a user's side bar. */
export function removeSideBar(user: string, remove: (key: string, value: null) => unknown = write): void {
  for (const key of [unreadKey(user), foldersKey(user)]) remove(key, null);
}
