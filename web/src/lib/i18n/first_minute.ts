import { messages } from "./language.ts";

const english = {
  /** What a new chat can do: the name of each sample, and the question that it writes. */
  samples: "Try one of these",
  compare: "Compare two models",
  compareQuestion: "Explain how monsoons form, in five sentences",
  document: "Ask about a document",
  documentHint: "A PDF, a Word file or a table",
  documentQuestion: "What does this document say, in five points?",
  draw: "Create an image",
  drawQuestion: "A lighthouse in the monsoon",
  web: "Search the web",
  webQuestion: "What happened in science this week?",
  look: "Ask about an image",
  lookHint: "A photo, a screenshot or a chart",
  lookQuestion: "What does this image show?",
  table: "Get a table",
  tableQuestion: "Compare SQL and NoSQL in a table",
  /** The conversation's name in the header. */
  rename: "Rename",
  name: "Chat name",
  renameFailed: "The new name couldn’t be saved. Try again.",
};

export type FirstMinute = typeof english;
export const firstMinute = messages(english, { hi: () => import("./hi/first_minute.ts") });
