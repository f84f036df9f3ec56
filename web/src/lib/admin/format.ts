import { digitsOf, formatMoney } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import { parseNumber } from "../typed/numbers.ts";

const LOCALES: Record<Language, string> = { en: "en-IN", hi: "hi-IN" };

/** A time with the zone it is in: `23 Nov 2026, 11:56 am IST`. */
export function formatZoned(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(new Date(iso));
}

/** A day such as `2026-11-23` or a month such as `2026-11` for people; other texts unchanged. */
export function formatPart(part: string, language: Language): string {
  const month = /^\d{4}-\d{2}$/.test(part);
  if (!month && !/^\d{4}-\d{2}-\d{2}$/.test(part)) return part;
  const options = month ? { month: "long" as const } : { day: "numeric" as const, month: "short" as const };
  const format = new Intl.DateTimeFormat(LOCALES[language], { ...options, year: "numeric", timeZone: "UTC" });
  return format.format(new Date(`${part}${month ? "-01" : ""}T00:00:00Z`));
}

/** Micro-dollars as dollars: to the cent from one dollar up, with two significant digits below. */
export function formatDollars(micro_usd: number, language: Language): string {
  const whole = micro_usd === 0 || Math.abs(micro_usd) >= 1_000_000;
  if (whole) return formatMoney(Math.round(micro_usd / 10_000), "USD", language);
  const options = { style: "currency", currency: "USD", maximumSignificantDigits: 2 } as const;
  return new Intl.NumberFormat("en", options).format(micro_usd / 1_000_000);
}

/** A share between 0 and 1 in percent. With `signed`, growth has a plus sign. */
export function formatShare(share: number, language: Language, signed = false): string {
  return new Intl.NumberFormat(LOCALES[language], {
    style: "percent",
    maximumFractionDigits: Math.abs(share) < 0.1 ? 2 : Math.abs(share) < 1 ? 1 : 0,
    signDisplay: signed ? "exceptZero" : "auto",
  }).format(share);
}

/** Milliseconds, shown in seconds from one second up. */
export function formatMs(ms: number, language: Language): string {
  const [unit, value] = ms < 1_000 ? ["millisecond", ms] : ["second", ms / 1_000];
  const options = { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: ms < 1_000 ? 0 : 2 } as const;
  return new Intl.NumberFormat(LOCALES[language], options).format(value as number);
}

/** An amount of this currency as people type it, such as `799`, `799.50` or `1,50,000`, in the smallest unit; null for other
 *  texts and for ambiguous amounts. */
export function parseAmount(text: string, currency: string): number | null {
  const amount = parseNumber(text, digitsOf(currency));
  return amount === "ambiguous" ? null : amount;
}

/** A whole number as people type it; null for other texts. */
export function parseUnits(text: string): number | null {
  const units = parseNumber(text, 0);
  return units === "ambiguous" ? null : units;
}

/** The end of a day in the browser's time zone, as the API takes it; null without a day. */
export function endOfDay(day: string): string | null {
  return day ? new Date(`${day}T23:59:59`).toISOString() : null;
}
