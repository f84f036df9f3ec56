import { en, type Texts } from "./texts/en.ts";

export type { Texts };

/** These are files of their own, so that a visitor loads one language beside English: `texts/hi.ts` is `/widget-hi.js`. */
const OTHERS = ["hi", "id"];

/** The widget's words in a language; what cannot be loaded is in English. */
export async function textsOf(language: string): Promise<Texts> {
  if (!OTHERS.includes(language)) return en;
  const file = `/widget-${language}.js`;
  const loaded = (await import(/* @vite-ignore */ file).catch(() => ({}))) as Record<string, Texts>;
  return { ...en, ...loaded[language] };
}

/** The sentence for a refusal's code. */
export function problemOf(texts: Texts, code: string): string {
  return texts.problems[code] ?? texts.problems.other ?? "";
}
