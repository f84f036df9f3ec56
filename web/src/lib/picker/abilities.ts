import type { ListedModel } from "../models.ts";
import { drawsImages } from "./alternatives.ts";

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
