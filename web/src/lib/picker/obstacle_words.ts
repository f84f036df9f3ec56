import type { Picker } from "../i18n/picker.ts";
import type { Obstacle } from "./fitness.ts";

/** Why this model cannot be asked, as a sentence. `plan` is the name of the plan that has it. */
export function obstacleSentence(name: string, obstacle: Obstacle, plan: string | null, t: Picker): string {
  if (obstacle.kind === "blind") return t.blind(name);
  return plan === null ? t.notInPlans(name) : t.needsPlan(name, plan);
}
