import { formatNumber } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import { formatDollars } from "./format.ts";

/** The quotas in display order. */
export const QUOTA_KEYS = [
  "small_messages",
  "large_messages",
  "image_generation",
  "web_searches",
  "tokens",
  "cost",
] as const;

/** Units of a quota: dollars for `cost`, which counts micro-dollars; a number for the others. */
export function formatUnits(units: number, quota_key: string, language: Language): string {
  return quota_key === "cost" ? formatDollars(units, language) : formatNumber(units, language);
}
