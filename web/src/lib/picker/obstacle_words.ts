import type { ModelWays } from "../i18n/model_ways.ts";
import type { Picker } from "../i18n/picker.ts";
import type { Obstacle } from "./fitness.ts";

/** Why this model cannot be asked, as a sentence. `plan` is the name of the plan that has it. */
export function obstacleSentence(
  name: string,
  obstacle: Obstacle,
  plan: string | null,
  t: Picker,
  ways: ModelWays,
): string {
  if (obstacle.kind === "blind") return t.blind(name);
  if (obstacle.kind === "no_key") return ways.needsKey(name, ways.providers[obstacle.provider]);
  if (obstacle.kind === "key") return ways.keyFails[obstacle.reason](ways.providers[obstacle.provider]);
  return plan === null ? t.notInPlans(name) : t.needsPlan(name, plan);
}
