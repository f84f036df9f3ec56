import { messages } from "./language.ts";

const english = {
  temperature: "Temperature",
  temperatureHint: "How freely the model chooses its words. The chat keeps it.",
  notUsed: (model: string) => `${model} has no temperature and ignores it.`,
  modelsOwn: "The model’s own",
  temperatures: {
    0: " (exact)",
    0.3: " (careful)",
    0.7: " (balanced)",
    1: " (lively)",
    1.5: " (surprising)",
  } as Record<number, string>,
  length: "Longest answer",
  lengthHint: "Longer answers are cut off. Thoughts count too.",
  anyLength: "No limit",
  tokens: (count: string) => `${count} tokens`,
};

export type AnswerOptions = typeof english;
export const answerOptions = messages(english, { hi: () => import("./hi/answer_options.ts") });
