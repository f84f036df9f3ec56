import type { ListedModel, ModelSections } from "../models.ts";
import { failingKey, missingKey, needsKey, payingKey, type KeyReason, type Provider } from "./ways.ts";

/** What the next question asks of its model. */
export interface Need {
  /** Images are attached. */
  images: boolean;
  /** Credits pay models above the plan. */
  credits?: boolean;
}

/** Why a model cannot be asked. `plan` is the smallest plan that has it; null if none on sale does. `key`: the workspace's
 *  own key fails; `no_key`: nothing but such a key reaches it. */
export type Obstacle =
  | { kind: "plan"; plan: string | null }
  | { kind: "blind" }
  | { kind: "key"; provider: Provider; reason: KeyReason }
  | { kind: "no_key"; provider: Provider };

/** Why this model cannot be asked; null if it can. */
export function obstacleOf(model: ListedModel, need: Need): Obstacle | null {
  const failing = failingKey(model);
  if (failing) return { kind: "key", ...failing };
  if (!payingKey(model) && needsKey(model)) return { kind: "no_key", provider: missingKey(model) ?? "custom" };
  if (model.in_plan === false && !need.credits && !payingKey(model))
    return { kind: "plan", plan: model.plans[0] ?? null };
  return need.images && !model.input_modalities.includes("image") ? { kind: "blind" } : null;
}

/** The model to ask in place of one that cannot be: the first of `preferred` that can, otherwise the cheapest of the
 *  plan that can. Null if there is none. An image model takes the place of an image model alone. */
export function alternativeTo(
  model: ListedModel | null,
  need: Need,
  listed: readonly ListedModel[],
  preferred: readonly (string | null)[],
): ListedModel | null {
  const draws = model !== null && drawsImages(model);
  const usable = listed.filter(
    (each) => each.id !== model?.id && drawsImages(each) === draws && obstacleOf(each, need) === null,
  );
  for (const id of preferred) {
    const found = usable.find((each) => each.id === id);
    if (found) return found;
  }
  const price = (each: ListedModel) =>
    (each.prompt_micro_usd_per_million ?? Infinity) * 3 + (each.completion_micro_usd_per_million ?? Infinity);
  return usable.reduce<ListedModel | null>((best, each) => (best && price(best) <= price(each) ? best : each), null);
}

/** The models that people expect in place of another: their default, the operator's, their favourites, and those that
 *  the list recommends. */
export function preferredModels(
  preferences: { default_model: string | null; favourite_models: readonly string[] } | undefined,
  offered: { default_model: string | null; sections: ModelSections },
): (string | null)[] {
  return [
    preferences?.default_model ?? null,
    offered.default_model,
    ...(preferences?.favourite_models ?? []),
    ...offered.sections.flatMap(({ models }) => models),
  ];
}

/** Whether its answers are images. */
export function drawsImages(model: ListedModel): boolean {
  return model.output_modalities.includes("image");
}

/** What a model can do beside writing text, in an order of interest. */
export function abilitiesOf(model: ListedModel) {
  const has = (parameter: string) => model.supported_parameters.includes(parameter);
  return [
    ...(model.input_modalities.includes("image") ? (["image"] as const) : []),
    ...(model.input_modalities.includes("file") ? (["file"] as const) : []),
    ...(has("tools") ? (["tools"] as const) : []),
    ...(has("reasoning") ? (["reasoning"] as const) : []),
    ...(model.web_search_micro_usd !== null ? (["search"] as const) : []),
    ...(has("temperature") ? (["temperature"] as const) : []),
  ];
}

export type Badge = "vision" | "reasoning" | "image_output" | "web" | "small" | "large";

/** What a model can do, and the quota that it counts against. An image model's quota is what it does. */
export function badgesOf(model: ListedModel): Badge[] {
  return [
    ...(model.input_modalities.includes("image") ? (["vision"] as const) : []),
    ...(model.supported_parameters.includes("reasoning") ? (["reasoning"] as const) : []),
    ...(drawsImages(model) ? (["image_output"] as const) : []),
    ...(model.supported_parameters.includes("web_search_options") ? (["web"] as const) : []),
    ...(model.quota_key === "small_messages" ? (["small"] as const) : []),
    ...(model.quota_key === "large_messages" ? (["large"] as const) : []),
  ];
}
