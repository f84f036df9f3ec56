import { byMaker } from "../model_makers.ts";
import { findModels } from "../model_search.ts";
import type { ListedModel, ModelSections } from "../models.ts";

/** Models under one heading. */
export interface Group {
  /** `favourites`, `recent`, a section's key, `results`, or `maker:` and the maker's key. */
  key: string;
  /** A maker's name; empty for an unknown one. Null if the key says it. */
  maker: string | null;
  models: readonly ListedModel[];
}

interface Chosen {
  sections: ModelSections;
  favourites: readonly string[];
  recent: readonly string[];
}

const makers = new WeakMap<object, Group[]>();

/** All models for someone who looks around: what they use, what we suggest, then each maker's, newest first. A model of
 *  the catalogue is in one maker's group, and maybe in others. */
export function browse(listed: readonly ListedModel[], { sections, favourites, recent }: Chosen): Group[] {
  const byId = new Map(listed.map((model) => [model.id, model]));
  const group = (key: string, ids: readonly string[]): Group => ({
    key,
    maker: null,
    models: ids.map((id) => byId.get(id)).filter((model) => model !== undefined),
  });
  const mine = [
    group("favourites", favourites),
    group(
      "recent",
      recent.filter((id) => !favourites.includes(id)),
    ),
  ];
  const suggested = sections.map(({ key, models }) => group(key, models));
  return [...mine, ...suggested, ...makersOf(listed)].filter(({ models }) => models.length > 0);
}

/** The models that match, best first, in one group. */
export function found(listed: readonly ListedModel[], words: string): Group[] {
  const models = findModels(listed, words);
  return models.length > 0 ? [{ key: "results", maker: null, models }] : [];
}

/** Names that several models have. */
export function sharedNames(listed: readonly ListedModel[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { name } of listed) (seen.has(name) ? shared : seen).add(name);
  return shared;
}

// A list is read once and opened often.
function makersOf(listed: readonly ListedModel[]): Group[] {
  let groups = makers.get(listed);
  if (!groups) {
    const newest = [...listed].sort((one, other) => (other.created_at ?? "").localeCompare(one.created_at ?? "", "en"));
    groups = byMaker(newest).map(({ key, name, models }) => ({ key: `maker:${key}`, maker: name, models }));
    makers.set(listed, groups);
  }
  return groups;
}
