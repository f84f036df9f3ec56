import { messages } from "./language.ts";

const english = {
  copy: "Copy",
  copied: "Copied",
  copyFailed: "The text couldn’t be copied.",
  example: "Example",
  /** By the language that Markdown names. */
  languages: { sh: "curl", python: "Python", js: "JavaScript" } as Record<string, string>,
  choose: "Language of the example",
};

export type Code = typeof english;
export const code = messages(english, { hi: () => import("./hi/code.ts") });
