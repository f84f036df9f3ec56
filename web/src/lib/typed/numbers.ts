import { language, type Language } from "../i18n/language.ts";
import { LOCALES } from "../i18n/format.ts";
import { asciiDigits } from "./clean.ts";

/** `ambiguous`: `1.000` is one in some countries and a thousand in others. */
export type Typed = number | "ambiguous" | null;

/** Thousands in threes, and as India writes them: 1,50,000. */
const GROUPED = /^(?:[1-9]\d{0,2}(?:G\d{3})+|[1-9]\d?(?:G\d{2})+G\d{3})$/;

/**
 * A number as people type and paste it, in units of 10^-decimals: with two decimals `1,50,000.5` is 15000050. Null for
 * what is none, or has more decimals.
 *
 * Digits of every script count, and separators of every country: `1,000`, `1.000,50`, `1 000`, `1'000`, `١٬٠٠٠٫٥`.
 * A single separator before three digits is read as the language has it for thousands, and else is ambiguous. So is the
 * language's separator of thousands before four digits or more: `1,0000` can be one or ten thousand.
 */
export function parseNumber(text: string, decimals: number, locale: Language = language.value): Typed {
  if (/\p{No}/u.test(text)) return null; // 5² is not 52
  const plain = asciiDigits(text.normalize("NFKC").replace(/\p{Cf}/gu, ""))
    .trim()
    .replace(/\u066b/gu, "D")
    .replace(/\u060c/gu, ",")
    .replace(/\u066c/gu, "T")
    .replace(/[\u2019\u2018\u02bc\u00b4`]/gu, "'")
    .replace(/\s/gu, " ");
  if (!/^\d[\dDT.,' ]*$/.test(plain)) return null;
  const parts = split(plain, groupOf(locale));
  if (parts === null || parts === "ambiguous") return parts;
  const [whole, fraction] = parts;
  if (!/^\d*$/.test(fraction) || fraction.length > decimals || whole.length + decimals > 15) return null;
  return Number(whole) * 10 ** decimals + Number(fraction.padEnd(decimals, "0"));
}

/** Digits before and after the decimal separator. */
function split(text: string, group: string): [whole: string, fraction: string] | "ambiguous" | null {
  const marks = [...new Set(text.replace(/\d/g, ""))];
  const last = marks.at(-1);
  if (last === undefined) return [text, ""];
  const at = text.lastIndexOf(last);
  const [before, after] = [text.slice(0, at), text.slice(at + 1)];
  if (after === "" || marks.length > 2) return null;
  const isDecimal = [".", ",", "D"].includes(last) && text.indexOf(last) === at;
  if (marks.length === 2) {
    const whole = ungrouped(before, marks[0]!);
    return isDecimal && whole !== null ? [whole, after] : null;
  }
  const whole = last === "D" ? null : ungrouped(text, last);
  if (whole === null && last === group && after.length > 2 && !/^0+$/.test(before)) return "ambiguous";
  if (whole === null) return isDecimal ? [before, after] : null;
  return !isDecimal || last === group ? [whole, ""] : "ambiguous";
}

/** The digits of a number with these separators between its thousands; null if they are in other places. */
function ungrouped(text: string, mark: string): string | null {
  return GROUPED.test(text.replaceAll(mark, "G")) ? text.replaceAll(mark, "") : null;
}

function groupOf(locale: Language): string {
  const parts = new Intl.NumberFormat(LOCALES[locale]).formatToParts(1_000_000);
  return parts.find(({ type }) => type === "group")?.value ?? ",";
}
