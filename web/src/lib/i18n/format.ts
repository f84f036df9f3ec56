import { WHOLE } from "./currencies.ts";
import type { Language } from "./language.ts";

/** The locales for numbers and dates. */
export const LOCALES: Record<Language, string> = { en: "en-IN", hi: "hi-IN" };

/** The digits of a currency after the point. */
export const digitsOf = (currency: string): number => (WHOLE.test(currency) ? 0 : 2);

const localeOf = (currency: string, language: Language) =>
  currency === "INR" ? LOCALES[language] : currency === "IDR" ? "id" : "en";

/** Money in its currency's smallest unit (paise, cents): `formatMoney(99900, "INR", "en")` is ₹999. The groups of digits are
 *  the currency's, as in mail and on invoices: lakhs for rupees, thousands for dollars. */
export function formatMoney(amount: number, currency: string, language: Language): string {
  const digits = digitsOf(currency);
  return new Intl.NumberFormat(localeOf(currency, language), {
    style: "currency",
    currency,
    maximumFractionDigits: digits,
    trailingZeroDisplay: "stripIfInteger",
  }).format(amount / 10 ** digits);
}

/** Micro-dollars in dollars and cents. An amount under half a cent is "<$0.01". */
export function formatCost(micro_usd: number, language: Language): string {
  const small = micro_usd > 0 && micro_usd < 5_000;
  return (small ? "<" : "") + dollars(small ? 0.01 : micro_usd / 1_000_000, language);
}

/** The most that something costs, in micro-dollars, rounded up to the cent. */
export function formatMaxCost(micro_usd: number, language: Language): string {
  return dollars(Math.ceil(micro_usd / 10_000) / 100, language);
}

function dollars(amount: number, language: Language): string {
  return new Intl.NumberFormat(localeOf("USD", language), { style: "currency", currency: "USD" }).format(amount);
}

/** The cost of one answer or the price of a model, in micro-dollars. Small amounts keep two significant digits, and
 *  whole cents have both of theirs. */
export function formatExactCost(micro_usd: number, language: Language): string {
  if (micro_usd % 10_000 === 0) return dollars(micro_usd / 1_000_000, language);
  const options = { style: "currency", currency: "USD", maximumSignificantDigits: micro_usd < 10_000 ? 2 : 4 } as const;
  return new Intl.NumberFormat(localeOf("USD", language), options).format(micro_usd / 1_000_000);
}

export function formatNumber(value: number, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language]).format(value);
}

/** A number in short form: 128K, 1M. */
export function formatCompact(value: number, language: Language): string {
  return new Intl.NumberFormat(language === "hi" ? "hi-IN" : "en-US", { notation: "compact" }).format(value);
}

/** Bytes as kB, MB or GB. */
export function formatBytes(bytes: number, language: Language): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const options = {
    style: "unit",
    unit: units[step] ?? "byte",
    unitDisplay: step === 0 ? "long" : "short", // "0 bytes": the short form has no plural
    maximumFractionDigits: 1,
  } as const;
  return new Intl.NumberFormat(LOCALES[language], options).format(bytes / 1000 ** step);
}

export function formatDate(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium" }).format(new Date(iso));
}

/** A day and a time. Midnight is the day alone: "1 Dec 2026" and not "1 Dec 2026, 12:00 am". */
export function formatTime(iso: string, language: Language): string {
  const time = new Date(iso);
  const midnight = time.getHours() + time.getMinutes() + time.getSeconds() === 0;
  const options = { dateStyle: "medium", timeStyle: midnight ? undefined : "short" } as const;
  return new Intl.DateTimeFormat(LOCALES[language], options).format(time);
}

/** "in 3 hours", "2 days ago", against `now` in milliseconds. */
export function formatRelative(iso: string, language: Language, now: number = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const steps = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ] as const;
  const [unit, size] = steps.find(([, each]) => Math.abs(seconds) >= each) ?? (["second", 1] as const);
  return new Intl.RelativeTimeFormat(LOCALES[language], { numeric: "auto" }).format(Math.round(seconds / size), unit);
}
