import type { ListedConversation } from "../conversations.ts";
import { cleanLine } from "../typed/clean.ts";
import { cut } from "../typed/graphemes.ts";

/** Most tags of a conversation, and most characters of one. */
export const MOST_TAGS = 20;
export const TAG_LENGTH = 50;

/** Tags as they are typed, with commas in between: each once, without spaces around it. */
export function parseTags(text: string): string[] {
  const tags = text
    .split(/[,،、，]/u)
    .map((tag) => cut(cleanLine(tag), TAG_LENGTH))
    .filter(Boolean);
  return [...new Set(tags)].slice(0, MOST_TAGS);
}

/** Folders and tags of these conversations, in the order of the alphabet. */
export function labelsOf(conversations: readonly ListedConversation[]): { folders: string[]; tags: string[] } {
  const sorted = (names: Iterable<string>) => [...new Set(names)].sort((one, other) => one.localeCompare(other));
  return {
    folders: sorted(conversations.flatMap(({ folder }) => (folder === null ? [] : [folder]))),
    tags: sorted(conversations.flatMap(({ tags }) => tags)),
  };
}
