import { messages } from "./language.ts";

const english = {
  /** By the plan's id; other plans have the API's name. */
  names: {} as Record<string, string>,
};

export type PlanMessages = typeof english;
export const plans = messages(english, { hi: () => import("./hi/plans.ts") });
