import { cleanLine } from "./typed/clean.ts";

/** What a search reads of a model. */
export interface SearchedModel {
  id: string;
  name: string;
  in_plan?: boolean | null;
  input_modalities?: readonly string[];
  output_modalities?: readonly string[];
  supported_parameters?: readonly string[];
}

/** The texts of one model, prepared for searching. */
interface Index {
  /** Its name with and without its maker, and its id with and without it, as words. */
  names: readonly string[];
  words: readonly string[];
  /** Everything without spaces and punctuation. */
  compact: string;
  /** What it can do, for a search by ability. */
  abilities: readonly string[];
  raw: string;
}

// Kept per list, because each key that is pressed searches the same one.
const indexes = new WeakMap<object, Index>();

/** Models that match `typed`: first those whose name it is, then those that begin with it, then those with its words,
 *  then those that contain its parts, then those with the abilities that it names. Within each, the models of the plan
 *  and then shorter names come first; otherwise the order of `listed` stays. All of `listed` if nothing is typed. */
export function findModels<M extends SearchedModel>(listed: readonly M[], typed: string): M[] {
  const text = cleanLine(typed).toLowerCase();
  const words = wordsOf(text);
  const ranked = listed
    .map((model) => ({ model, rank: rankOf(indexOf(model), words, text) }))
    .filter(({ rank }) => rank < NONE);
  ranked.sort(
    (one, other) =>
      one.rank - other.rank ||
      Number(other.model.in_plan !== false) - Number(one.model.in_plan !== false) ||
      (text ? one.model.name.length - other.model.name.length : 0),
  );
  return ranked.map(({ model }) => model);
}

const NONE = 6;

function rankOf(index: Index, words: readonly string[], text: string): number {
  if (!text) return 0;
  // A sign that is no word, such as an emoji.
  if (words.length === 0) return index.raw.includes(text) ? 3 : NONE;
  const phrase = words.join(" ");
  if (index.names.includes(phrase)) return 0;
  if (index.names.some((name) => name.startsWith(phrase))) return 1;
  if (words.every((word) => index.words.some((each) => each.startsWith(word)))) return 2;
  if (words.every((word) => index.compact.includes(word))) return 3;
  const all = [...index.words, ...index.abilities];
  return words.every((word) => all.some((each) => each.startsWith(word))) ? 4 : NONE;
}

function indexOf(model: SearchedModel): Index {
  let index = indexes.get(model);
  if (!index) {
    const { name, id } = model;
    const slug = id.slice(id.indexOf("/") + 1);
    const names = [name, shortName(name), id, slug].map((each) => wordsOf(each.toLowerCase()).join(" "));
    const words = [...new Set(names.join(" ").split(" "))].filter(Boolean);
    const raw = `${name} ${id}`.toLowerCase();
    index = { names, words, compact: wordsOf(raw).join(""), abilities: abilitiesOf(model), raw };
    indexes.set(model, index);
  }
  return index;
}

function abilitiesOf(model: SearchedModel): string[] {
  const reads = model.input_modalities ?? [];
  const writes = model.output_modalities ?? [];
  const takes = model.supported_parameters ?? [];
  return [
    ...(reads.includes("image") ? ["vision", "sees"] : []),
    ...(writes.includes("image") ? ["image", "draws"] : []),
    ...(takes.includes("reasoning") ? ["reasoning", "thinks"] : []),
    ...(takes.includes("web_search_options") ? ["web"] : []),
  ];
}

/** Letters with their marks, digits and the points of a version; everything else separates words. */
function wordsOf(text: string): string[] {
  return text.normalize("NFKC").match(/[\p{L}\p{M}\p{N}]+(?:\.\p{N}+)*/gu) ?? [];
}

/** The name without its maker: `GPT-4.1` of `OpenAI: GPT-4.1`. */
export function shortName(name: string): string {
  const at = name.indexOf(": ");
  return at > 0 ? name.slice(at + 2).trim() || name : name;
}
