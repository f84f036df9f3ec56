import { en, type Texts } from "./texts/en.ts";
import { hi } from "./texts/hi.ts";
import { id } from "./texts/id.ts";

export type { Texts };

const ALL: Readonly<Record<string, Texts>> = { en, hi, id };

/** The widget's words in a language, else in English. */
export function textsOf(language: string): Texts {
  return ALL[language] ?? en;
}

/** The sentence for a refusal's code. */
export function problemOf(texts: Texts, code: string): string {
  return texts.problems[code] ?? texts.problems.other ?? "";
}
