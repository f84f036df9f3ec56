import type { Language } from "../i18n/language.ts";
import { dayOf, shiftDay } from "../usage/series.ts";
import type { ReportName, Schemas } from "./backend.ts";
import { formatPart } from "./format.ts";

type Overview = Schemas["Overview"];

/** A figure's values, oldest first, and the first and the last day of them as people read them. */
export interface Course {
  values: readonly (number | null)[];
  from: string;
  to: string;
}

/** The days of an overview, by the operator's time zone. */
export function daysOf(overview: Pick<Overview, "from" | "to" | "tz">): { from: string; to: string; count: number } {
  const from = dayOf(new Date(overview.from), overview.tz);
  const to = dayOf(new Date(Date.parse(overview.to) - 1), overview.tz);
  return { from, to, count: Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000) + 1 };
}

/** The course of one figure of an overview. */
export function courseOf(
  overview: Pick<Overview, "from" | "to" | "tz" | "step_days">,
  values: readonly (number | null)[],
  language: Language,
): Course {
  const { to } = daysOf(overview);
  const from = shiftDay(to, 1 - values.length * overview.step_days);
  return { values, from: formatPart(from, language), to: formatPart(to, language) };
}

/** The report of the same days that begins with a figure. Days that no range of the reports names are named themselves;
 *  years are shown by week. */
export function reportOf(
  name: ReportName,
  measure: string,
  { from, to, count }: { from: string; to: string; count: number },
): string {
  const range = [7, 30, 90, 365].includes(count) ? { range: String(count) } : { range: "custom", from, to };
  const query = new URLSearchParams({ ...range, ...(count > 120 ? { group_by: "week" } : {}), measure });
  return `/admin/analytics/${name}?${query}`;
}
