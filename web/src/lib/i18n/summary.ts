import { messages } from "./language.ts";

const english = {
  line: "Earlier messages are summarised",
  read: "Read",
  readLabel: "Read the summary of the earlier messages",
  title: "Summary of the earlier messages",
  lead: "Models read this instead of the messages above, when those are too long for them. All messages stay here.",
  written: (day: string, model: string) => `Written ${day} by ${model}`,
  settings: "Turn summaries off in Preferences",
};

export type SummaryMessages = typeof english;
export const summary = messages(english, { hi: () => import("./hi/summary.ts") });
