import type { components } from "$types/api";

export type ServiceStatus = components["schemas"]["ServiceStatus"];
export type StatusDay = components["schemas"]["StatusDay"];
export type Incident = components["schemas"]["Incident"];

const SECONDS_A_DAY = 86_400;

/** The share of time without an outage, from 0 to 1; null without days. Today counts up to `now`, in milliseconds. */
export function uptime(days: readonly StatusDay[], now: number = Date.now()): number | null {
  const passed = days.reduce((sum, { day }) => sum + Math.min(SECONDS_A_DAY, (now - Date.parse(day)) / 1000), 0);
  const down = days.reduce((sum, day) => sum + day.downtime_seconds, 0);
  return passed > 0 ? Math.max(0, 1 - down / passed) : null;
}

/** A share as a percentage, never rounded up: less than everything is not shown as 100 %. */
export function formatUptime(share: number, locale: string): string {
  const cut = Math.floor(share * 100_000) / 100_000;
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 3 }).format(cut);
}
