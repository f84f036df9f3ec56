import type { Configuration } from "./backend.ts";

export interface Change {
  /** The path of the field, such as `widget.color`. */
  field: string;
  before: unknown;
  after: unknown;
}

/** The fields in which two configurations differ, in the order of the first one. */
export function differences(before: Configuration, after: Configuration): Change[] {
  const old = flat(before);
  const now = flat(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => JSON.stringify(old.get(field)) !== JSON.stringify(now.get(field)))
    .map((field) => ({ field, before: old.get(field) ?? null, after: now.get(field) ?? null }));
}

function flat(value: object, above = ""): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, each] of Object.entries(value) as [string, unknown][]) {
    const field = above + name;
    if (typeof each === "object" && each !== null && !Array.isArray(each))
      for (const [inner, leaf] of flat(each, `${field}.`)) found.set(inner, leaf);
    else found.set(field, each);
  }
  return found;
}
