import { firstSign } from "./typed/graphemes.ts";

/** How many tints a mark can have; `ui/ModelMark.svelte` has the colours. */
export const TINTS = 8;

interface NamedModel {
  id: string;
  name: string;
}

// Makers that stand beside each other most often, so that their marks differ.
const OWN_TINTS: Record<string, number> = {
  openai: 0,
  anthropic: 2,
  google: 4,
  "meta-llama": 1,
  deepseek: 6,
  mistralai: 7,
  qwen: 5,
  "x-ai": 3,
};

export interface Maker<M> {
  /** The first part of its models' ids; empty if they have none. */
  key: string;
  /** Empty if the maker is unknown. */
  name: string;
  models: M[];
}

/** The maker's part of an id; empty without one. Ids of aliases start with `~`. */
export function makerKey(id: string): string {
  const at = id.indexOf("/");
  return at > 0 ? id.slice(0, at).replace(/^~/, "") : "";
}

/** The models by maker. Makers are in alphabetical order and unknown ones last; models keep their order. */
export function byMaker<M extends NamedModel>(listed: readonly M[]): Maker<M>[] {
  const makers = new Map<string, M[]>();
  for (const model of listed) {
    const key = makerKey(model.id);
    const models = makers.get(key);
    if (models) models.push(model);
    else makers.set(key, [model]);
  }
  const order = new Intl.Collator(undefined, { sensitivity: "base" });
  return [...makers]
    .map(([key, models]) => ({ key, name: makerName(key, models), models }))
    .sort((one, other) => Number(!one.name) - Number(!other.name) || order.compare(one.name, other.name));
}

/** What most of its models say before the colon of their name, otherwise its key in words; empty without a key. */
function makerName(key: string, models: readonly NamedModel[]): string {
  if (!key) return "";
  const counts = new Map<string, number>();
  for (const { name } of models) {
    const at = name.indexOf(": ");
    const said = at > 0 ? name.slice(0, at).trim() : "";
    if (said && said.length <= 40) counts.set(said, (counts.get(said) ?? 0) + 1);
  }
  let best = "";
  for (const [said, count] of counts) if (count > (counts.get(best) ?? 0)) best = said;
  return (
    best ||
    key.replace(/(^|[-_])(\p{L})/gu, (_, gap: string, letter: string) => (gap ? " " : "") + letter.toUpperCase())
  );
}

/** The mark of a model: the first letter of its maker, and one of TINTS for its colour. A model without a maker has its
 *  own first letter. */
export function markOf({ id, name }: NamedModel): { letter: string; tint: number } {
  const key = makerKey(id);
  const at = name.indexOf(": ");
  const text = key ? (at > 0 ? name.slice(0, at) : key) : name;
  const from = text.search(/[\p{L}\p{N}]/u);
  let hash = 0;
  for (const sign of key || id) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 65_521;
  return { letter: from < 0 ? "?" : firstSign(text.slice(from)).toUpperCase(), tint: OWN_TINTS[key] ?? hash % TINTS };
}
