import type { UsageItem, UsageReport } from "./backend.ts";

export type Measure = "messages" | "tokens" | "cost";
type Counts = Pick<UsageItem, "messages" | "prompt_tokens" | "completion_tokens" | "cost_micro_usd">;

/** The measure: answers, tokens read and written, or micro-dollars. */
export function amountOf(item: Counts, measure: Measure): number {
  if (measure === "messages") return item.messages;
  return measure === "cost" ? item.cost_micro_usd : item.prompt_tokens + item.completion_tokens;
}

export interface Day {
  /** A day in the report's time zone: `2026-11-23`. */
  day: string;
  /** Null without usage. */
  item: UsageItem | null;
}

/** Every day of a report by day, including days without usage, the oldest first. */
export function daysOf({ from, to, tz, items }: UsageReport): Day[] {
  const byDay = new Map(items.map((item) => [item.day, item]));
  const last = dayOf(new Date(Date.parse(to) - 1), tz); // `to` is exclusive
  const days: Day[] = [];
  for (let day = dayOf(new Date(from), tz); day <= last; day = shiftDay(day, 1))
    days.push({ day, item: byDay.get(day) ?? null });
  return days;
}

/** The day of an instant in a time zone. */
export function dayOf(instant: Date, tz: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: tz, dateStyle: "short" }).format(instant);
}

/** The day this many days later; earlier for a negative number. */
export function shiftDay(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
