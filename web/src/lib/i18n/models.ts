import { messages } from "./language.ts";

const english = {
  model: "Model",
  defaultModel: "Default model",
  search: "Search models",
  found: (count: number) => (count === 1 ? "1 model" : `${count} models`),
  none: "No models match.",
  failed: "The models couldn’t be loaded.",
  retry: "Try again",
  compare: "Compare models",
  compareHint: "Choose two to four models. They answer side by side, and each answer counts.",
  compareThese: (count: number) => `Compare ${count} models`,
  comparing: (names: string) => `Comparing ${names}`,
  endComparing: "Stop comparing",
  chosen: (count: number) => `${count} of 4 chosen`,
  choose: "Use this answer",
  chosenAnswer: "The chat continues with this answer.",
  answersOf: "Answers side by side",
  quoteHold: (units: string) => `Uses ${units}`,
  quoteCost: (cost: string) => `costs at most ${cost}`,
  quoteCredits: (most: string) => `up to ${most} of credits`,
  notAllowed: "Your plan doesn’t have enough left for this.",
  notEnoughCredits: "There aren’t enough credits for this.",
  overLimit: "A monthly limit of credits doesn’t allow this.",
};

export type Models = typeof english;
export const models = messages(english, { hi: () => import("./hi/models.ts") });
