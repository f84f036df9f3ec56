import { formatCompact, formatCost, formatNumber } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import type { Measure } from "./series.ts";

/** An amount of a measure: a number, or money for micro-dollars. */
export function formatAmount(amount: number, measure: Measure, language: Language): string {
  if (measure === "cost") return formatCost(amount, language);
  return measure === "tokens" && amount >= 100_000 ? formatCompact(amount, language) : formatNumber(amount, language);
}

/** A day such as `2026-11-23` for people: 23 Nov. */
export function formatDay(day: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language === "hi" ? "hi-IN" : "en-IN", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  });
  return format.format(new Date(`${day}T00:00:00Z`));
}
