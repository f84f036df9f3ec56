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
  noneCited: "The answer cites no passages.",
  /** Passages that the model read and the answer does not cite. */
  read: (count: number, cited: number): string =>
    cited === 0
      ? count === 1
        ? "1 passage was read"
        : `${count} passages were read`
      : count === 1
        ? "1 more passage was read"
        : `${count} more passages were read`,
};

export type SourceMessages = typeof english;
export const sources = messages(english, { hi: () => import("./hi/sources.ts") });
