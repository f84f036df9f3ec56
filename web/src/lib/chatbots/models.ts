import { loadModels, offered } from "../models.ts";
import type { Mode } from "./backend.ts";
import { fits } from "./cost.ts";

/** The id of the model that a chatbot of this mode starts with: the operator's default, or the first one that fits.
 *  Empty if none does. Throws ApiError. */
export async function proposedModel(mode: Mode): Promise<string> {
  const usable = (await loadModels()).filter((each) => each.in_plan !== false && fits(each, mode));
  return (usable.find(({ id }) => id === offered.value.default_model) ?? usable[0])?.id ?? "";
}
