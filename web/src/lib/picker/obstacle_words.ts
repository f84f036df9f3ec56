import type { Picker } from "../i18n/picker.ts";
import type { Obstacle } from "./fitness.ts";
import type { Provider } from "./ways.ts";

/** A provider as people know it. */
export function providerName(provider: Provider, t: Picker): string {
  return t.providers[provider];
}

/** Why this model cannot be asked, as a sentence. `plan` is the name of the plan that has it. */
export function obstacleSentence(name: string, obstacle: Obstacle, plan: string | null, t: Picker): string {
  if (obstacle.kind === "blind") return t.blind(name);
  if (obstacle.kind === "no_key") return t.needsKey(name, providerName(obstacle.provider, t));
  if (obstacle.kind === "key") return t.keyFails[obstacle.reason](providerName(obstacle.provider, t));
  return plan === null ? t.notInPlans(name) : t.needsPlan(name, plan);
}
