import type { Configuration } from "./backend.ts";

/** The API gives all fields. */
export type HandoffRules = Required<Configuration["handoff"]>;
export type Hours = HandoffRules["hours"][number];

/** The days of the week as the API counts them: from 1, Monday. */
export const WEEK = [1, 2, 3, 4, 5, 6, 7] as const;

/** The short name of a day from 1, Monday. */
export function dayName(day: number, language: string): string {
  // The first of January 2024 was a Monday.
  return new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, day));
}

/** Hours in words: `Mon, Tue 09:00–18:00`. */
export function hoursText({ days, starts, ends }: Hours, language: string): string {
  const names = days.toSorted((one, other) => one - other).map((day) => dayName(day, language));
  return `${names.join(", ")} ${starts}–${ends}`;
}

/** Whether each of these hours has a day and two times. */
export function complete(hours: readonly Hours[]): boolean {
  return hours.every(({ days, starts, ends }) => days.length > 0 && starts !== "" && ends !== "");
}
