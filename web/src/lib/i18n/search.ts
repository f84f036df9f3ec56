import { messages } from "./language.ts";

const english = {
  title: "Search",
  words: "Search chats, messages and commands",
  hint: "Finds texts with all your words. Use “quotes” for an exact phrase.",
  commands: "Commands",
  recent: "Recent chats",
  results: "Messages and titles",
  you: "You",
  answer: "Answer",
  titleFound: "Title",
  hidden: "on another version",
  untitled: "Untitled chat",
  none: (words: string) => `No results for “${words}”.`,
  noneHint: "Try fewer words, or another spelling.",
  found: (count: number, more: boolean) =>
    `${more ? "More than " : ""}${count} ${count === 1 ? "place" : "places"} found`,
  more: "Show more",
  moreHere: (count: number) => `${count} more in this chat`,
  allResults: "All results with filters",
  where: "Where",
  everywhere: "Everywhere",
  messages: "Messages",
  titles: "Titles",
  who: "Written by",
  anyone: "Anyone",
  model: "Model",
  anyModel: "All models",
  from: "From",
  to: "To",
  keys: "Move with the arrow keys, open with Enter",
  former: "Former member",
  reasoning: "Reasoning",
  inReasoning: "Include reasoning",
  begin: "Type to search all your questions and answers.",
};

export type Search = typeof english;
export const search = messages(english, { hi: () => import("./hi/search.ts") });
