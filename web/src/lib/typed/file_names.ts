import { cleanLine } from "./clean.ts";
import { cut } from "./graphemes.ts";

/** A title as the name of a file, without its extension: at most 80 characters, without those that file systems refuse,
 *  and not hidden. */
export function fileStem(title: string, fallback: string): string {
  const name = cut(cleanLine(cleanLine(title).replace(/[\\/:*?"<>|]+/gu, " ")), 80);
  return name.replace(/^[.\s]+/, "") || fallback;
}
