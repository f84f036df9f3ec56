import type { ListedModel } from "../models.ts";
import type { QuotaStatus } from "../quota.ts";

/** Something that a new chat can do. `compare` names the models, `draw` the model that draws. */
export type Sample =
  | { kind: "compare"; models: readonly [ListedModel, ListedModel] }
  | { kind: "document" }
  | { kind: "draw"; model: ListedModel }
  | { kind: "web" }
  | { kind: "look" }
  | { kind: "table" };

const MOST = 4;

/** The samples of a new chat: first what is special here, then what always works. A sample that the plan cannot do now
 *  is left out, and so is one of a model while the models are not read (`null`). */
export function samplesFor(models: readonly ListedModel[] | null, quota: QuotaStatus | null): Sample[] {
  const usable = (models ?? []).filter((model) => model.in_plan !== false && hasLeft(quota, model.quota_key));
  const pair = pairOf(usable);
  const drawing = usable.find(({ quota_key }) => quota_key === "image_generation");
  const searches = usable.some((model) => model.web_search_micro_usd !== null);
  const samples: Sample[] = [
    ...(pair ? [{ kind: "compare", models: pair } as const] : []),
    { kind: "document" },
    ...(drawing ? [{ kind: "draw", model: drawing } as const] : []),
    ...(searches && hasLeft(quota, "web_searches") ? [{ kind: "web" } as const] : []),
    { kind: "look" },
    { kind: "table" },
  ];
  return samples.slice(0, MOST);
}

/** Two small models of different makers, in the API's order. Free models, which are often busy, are left out. */
function pairOf(models: readonly ListedModel[]): readonly [ListedModel, ListedModel] | null {
  const small = models.filter(({ quota_key }) => quota_key === "small_messages");
  const priced = small.filter(({ completion_micro_usd_per_million: price }) => price);
  const [first] = priced;
  const second = priced.find(({ id }) => first && makerOf(id) !== makerOf(first.id));
  return first && second ? [first, second] : null;
}

function makerOf(id: string): string {
  return id.slice(0, id.indexOf("/"));
}

function hasLeft(quota: QuotaStatus | null, key: string): boolean {
  const usage = quota?.quotas[key];
  return !usage || usage.used + usage.reserved < usage.limit;
}
