import { messages } from "./language.ts";

const english = {
  /** By the plan's id; a plan that is not here is called as the API says. */
  names: {} as Record<string, string>,
};

export type PlanMessages = typeof english;
export const plans = messages(english, { hi: () => import("./hi/plans.ts") });
