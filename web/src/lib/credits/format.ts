import { LOCALES } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";

/** Micro-dollars to the last one, because the ledger is exact: $9.9824, $0.00035, $10.00. */
export function formatCredits(micro_usd: number, language: Language): string {
  const options = { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 6 } as const;
  return new Intl.NumberFormat(LOCALES[language], options).format(micro_usd / 1_000_000);
}

/** A change of credits, with its sign: +$10.00, −$0.00035. */
export function formatChange(micro_usd: number, language: Language): string {
  return `${micro_usd < 0 ? "−" : "+"}${formatCredits(Math.abs(micro_usd), language)}`;
}
