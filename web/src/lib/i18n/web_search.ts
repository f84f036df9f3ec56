import { messages } from "./language.ts";

const english = {
  search: "Search the web",
  short: "Web",
  /** `price`: of one search. */
  on: (price: string) =>
    `Each question may use one web search from your plan, which adds ${price} to the cost of its answer.`,
  off: "The model answers without searching the web.",
  cannot: (model: string) => `${model} can’t search the web.`,
  notSaved: "The setting couldn’t be saved. It applies to your next question only.",
  usedUp: "You’ve used all web searches in your plan.",
  askWithout: "Ask without searching",
};

export type WebSearchMessages = typeof english;
export const webSearch = messages(english, { hi: () => import("./hi/web_search.ts") });
