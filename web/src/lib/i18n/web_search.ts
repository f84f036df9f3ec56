import { messages } from "./language.ts";

const english = {
  search: "Search the web",
  short: "Web",
  /** `price`: of one search. */
  on: (price: string) =>
    `Each question may use one web search of your plan, which adds ${price} to the cost of its answer.`,
  off: "The model answers without searching the web.",
  cannot: (model: string) => `${model} cannot search the web.`,
  notSaved: "The setting could not be saved. It applies to your next question.",
  usedUp: "You have used all web searches in your plan.",
  askWithout: "Ask without searching",
};

export type WebSearchMessages = typeof english;
export const webSearch = messages(english, { hi: () => import("./hi/web_search.ts") });
