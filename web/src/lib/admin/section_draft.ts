import { cleanLine } from "../typed/clean.ts";

/** The API's limits of a section. */
export const [PATTERNS, PATTERN_CHARACTERS] = [20, 190];

export interface Patterns {
  models: readonly string[];
  never: readonly string[];
}

/** The patterns with another one at the end; unchanged for an empty one, and for one that is among them. */
export function added(patterns: readonly string[], typed: string): readonly string[] {
  const pattern = cleanLine(typed);
  return !pattern || patterns.includes(pattern) ? patterns : [...patterns, pattern];
}

/** The patterns without the one at a place. */
export function removed(patterns: readonly string[], place: number): readonly string[] {
  return patterns.filter((_, at) => at !== place);
}

/** The patterns with the one at a place moved by this many places; unchanged past an end. */
export function moved(patterns: readonly string[], place: number, by: number): readonly string[] {
  const to = place + by;
  const pattern = patterns[place];
  if (pattern === undefined || to < 0 || to >= patterns.length) return patterns;
  return removed(patterns, place).toSpliced(to, 0, pattern);
}

/** Whether two choices of patterns are equal, their order included. */
export function isSame(one: Patterns, other: Patterns): boolean {
  const same = (left: readonly string[], right: readonly string[]) =>
    left.length === right.length && left.every((pattern, place) => pattern === right[place]);
  return same(one.models, other.models) && same(one.never, other.never);
}

/** Whether a model's id matches a shell pattern: `*` is any text, `?` any character, `[abc]` one of them, `[!abc]` none. */
export function matches(pattern: string, id: string): boolean {
  const parts = pattern.match(/\[!?\]?[^\]]*\]|[\s\S]/gu) ?? [];
  const text = parts.map((part) => {
    if (part === "*") return ".*";
    if (part === "?") return ".";
    if (part.length < 2) return escaped(part);
    const negated = part.startsWith("[!");
    const set = part.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, "\\$&");
    return `[${negated ? "^" : ""}${set}]`;
  });
  try {
    return new RegExp(`^${text.join("")}$`, "su").test(id);
  } catch {
    return false; // such as a range that runs backwards, which matches nothing
  }
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
