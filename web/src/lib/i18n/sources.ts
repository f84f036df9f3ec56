import { messages } from "./language.ts";

const english = {
  title: "Sources",
  page: (page: number) => `page ${page}`,
  /** The name of a chip in an answer's text. */
  name: (n: number, name: string, page: number | null) =>
    `Source ${n}: ${name}${page === null ? "" : `, page ${page}`}`,
  /** For a document with missing text. */
  readInPart: (percent: number) => `${percent}% of the text was read`,
  open: "Open the passage",
  openPage: "Open the page",
  all: (count: number) => `Show all ${count}`,
  fewer: "Show fewer",
};

export type SourceMessages = typeof english;
export const sources = messages(english, { hi: () => import("./hi/sources.ts") });
