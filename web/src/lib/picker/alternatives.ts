import type { ListedModel, ModelSections } from "../models.ts";
import { obstacleOf, type Need } from "./fitness.ts";

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
