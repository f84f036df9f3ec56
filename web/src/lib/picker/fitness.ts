import type { ListedModel } from "../models.ts";
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
