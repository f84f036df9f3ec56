import { messages } from "./language.ts";

const english = {
  reading: "Loading…",
  cut: (characters: string) => `Only the first 200,000 of ${characters} characters are saved.`,
  firstWord: (seconds: string) => `First word after ${seconds} s`,
  tokens: (count: number, text: string) => (count === 1 ? "1 token" : `${text} tokens`),
  stop: (model: string) => `Stop ${model}`,
  copy: (model: string) => `Copy the answer from ${model}`,
  failed: "No answer arrived, and you weren’t charged.",
  sideBySide: "Show side by side",
  choose: (position: number) => `Compare version ${position}`,
  chooseHint: "Choose two to four versions.",
  close: "Show one answer",
  together: "Asked together. Choose an answer to continue with.",
  versions: "Versions side by side",
};

export type Comparison = typeof english;
export const comparison = messages(english, { hi: () => import("./hi/comparison.ts") });
