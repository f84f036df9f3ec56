import { cleanLine } from "./clean.ts";
import { cut } from "./graphemes.ts";

const MAX_TAGS = 20;
/** In characters. */
const MAX_TAG_LENGTH = 50;

/** Tags as they are typed, separated by commas: each once, without spaces around it, at most 20 tags. */
export function parseTags(text: string): string[] {
  const tags = text
    .split(/[,،、，]/u)
    .map((tag) => cut(cleanLine(tag), MAX_TAG_LENGTH))
    .filter(Boolean);
  return [...new Set(tags)].slice(0, MAX_TAGS);
}
