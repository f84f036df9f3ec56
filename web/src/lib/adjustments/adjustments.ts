import type { components } from "$types/api";
import { read, write } from "../storage.ts";

export type Adjustment = components["schemas"]["Adjustment"];
export type AdjustmentKind = Adjustment["kind"];
export type TargetLanguage = NonNullable<Adjustment["language"]>;

const LAST_USED = "oneai.translate";
const KINDS: Record<AdjustmentKind, true> = {
  continue: true,
  shorter: true,
  longer: true,
  simpler: true,
  translate: true,
};
/** Every language of the API; the compiler finds a missing one. */
const LANGUAGES: Record<TargetLanguage, true> = {
  ar: true,
  as: true,
  bn: true,
  cs: true,
  da: true,
  de: true,
  el: true,
  en: true,
  es: true,
  fa: true,
  fi: true,
  fil: true,
  fr: true,
  gu: true,
  he: true,
  hi: true,
  hu: true,
  id: true,
  it: true,
  ja: true,
  kn: true,
  ko: true,
  ml: true,
  mr: true,
  ms: true,
  nb: true,
  ne: true,
  nl: true,
  or: true,
  pa: true,
  pl: true,
  pt: true,
  ro: true,
  ru: true,
  sa: true,
  si: true,
  sv: true,
  sw: true,
  ta: true,
  te: true,
  th: true,
  tr: true,
  uk: true,
  ur: true,
  vi: true,
  "zh-Hans": true,
  "zh-Hant": true,
};

/** How an answer was made of another version. */
export interface Making {
  adjust: { kind: AdjustmentKind; language: string | null } | null;
  edited: boolean;
}

/** How a message was made, from its metadata, which an import may have brought in any form. */
export function makingOf(metadata: Record<string, unknown>): Making {
  const { adjust, edited } = metadata as { adjust?: { kind?: unknown; language?: unknown } | null; edited?: unknown };
  const kind = adjust?.kind;
  const known = typeof kind === "string" && Object.hasOwn(KINDS, kind);
  const language = typeof adjust?.language === "string" ? adjust.language : null;
  return { adjust: known ? { kind: kind as AdjustmentKind, language } : null, edited: edited === true };
}

/** The name of a language for readers of `reader`; the code itself for an unknown one. */
export function languageName(language: string, reader: string): string {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(language) ?? language;
  } catch {
    return language;
  }
}

/** The languages of a menu: `first` are that of the page, the last one used and those of the browser, `others` the rest
 *  by name. */
export function targetLanguages(
  reader: string,
  browser: readonly string[],
): { first: TargetLanguage[]; others: TargetLanguage[] } {
  const all = Object.keys(LANGUAGES) as TargetLanguage[];
  const wanted = [reader, read(LAST_USED), ...browser].map((each) => known(each)).filter((each) => each !== null);
  const first = [...new Set(wanted)];
  const collator = new Intl.Collator(reader);
  const others = all
    .filter((each) => !first.includes(each))
    .sort((one, other) => collator.compare(languageName(one, reader), languageName(other, reader)));
  return { first, others };
}

/** Remembers the language on this device. */
export function rememberLanguage(language: TargetLanguage): void {
  write(LAST_USED, language);
}

/** Whether an answer was cut off, so that it can be continued. */
export function isCutOff(message: { state: string; finish_reason: string | null; content: string }): boolean {
  if (!message.content.trim()) return false;
  if (message.state === "truncated" || message.state === "stopped") return true;
  return message.state === "complete" && message.finish_reason === "length";
}

/** The API's language for a browser's language tag, such as `pt-BR` or `zh-TW`; null if there is none. */
function known(tag: string | null): TargetLanguage | null {
  if (!tag) return null;
  if (Object.hasOwn(LANGUAGES, tag)) return tag as TargetLanguage;
  const [base = "", ...rest] = tag.split("-");
  if (base === "zh") return rest.some((part) => /^(Hant|TW|HK|MO)$/i.test(part)) ? "zh-Hant" : "zh-Hans";
  if (base === "no" || base === "nn") return "nb";
  return Object.hasOwn(LANGUAGES, base) ? (base as TargetLanguage) : null;
}
