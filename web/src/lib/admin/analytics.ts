import { formatMoney, formatNumber } from "../i18n/format.ts";
import type { Language } from "../i18n/language.ts";
import { shiftDay } from "../usage/series.ts";
import type { Report, ReportName, ReportQuery } from "./backend.ts";
import { formatDollars, formatMs, formatShare } from "./format.ts";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The groupings of each report. */
export const GROUPS = {
  usage: ["day", "week", "month", "model", "provider", "plan"],
  revenue: ["day", "week", "month", "plan"],
  cost: ["day", "week", "month", "model", "plan", "provider", "purpose"],
  performance: ["day", "week", "month", "model", "provider", "error"],
} as const satisfies Record<ReportName, readonly string[]>;

/** The figure that its chart shows first. */
export const FIRST_MEASURE: Record<ReportName, string> = {
  usage: "answers",
  revenue: "net_revenue",
  cost: "cost_micro_usd",
  performance: "first_token_ms_p95",
};

/** The totals shown above a report's chart. */
export const TOTALS: Record<ReportName, readonly string[]> = {
  usage: words(`
    answers completion_rate active_users new_users tokens_per_user positive_share daily_active_users
    weekly_active_users monthly_active_users
  `),
  revenue: words(`
    net_revenue gross tax refunded mrr arr customers arpu churn_rate mrr_churn_rate failed_payments
    failed_payment_share
  `),
  cost: ["cost_micro_usd", "revenue_micro_usd", "margin_micro_usd", "margin_share", "cost_per_answer_micro_usd"],
  performance: words(`
    answers errors error_share first_token_ms_p50 first_token_ms_p95 first_token_ms_p99
    duration_ms_p50 duration_ms_p95
  `),
};

export const RANGES = ["7", "30", "90", "365", "month", "last_month", "custom"] as const;
export type Range = (typeof RANGES)[number];

/** The days of a range. `today` is in the operator's time zone. */
export function periodOf(range: Range, today: string, custom: ReportQuery): ReportQuery {
  const first = `${today.slice(0, 7)}-01`;
  if (range === "custom") return custom;
  if (range === "month") return { from: first, to: today };
  if (range !== "last_month") return { from: shiftDay(today, 1 - Number(range)), to: today };
  const to = shiftDay(first, -1);
  return { from: `${to.slice(0, 7)}-01`, to };
}

/** The fields that name an item. Its other fields are figures. */
const NAMES = ["day", "week", "month", "model", "provider", "plan", "purpose", "error_code"];

export interface Row {
  /** The day, the model, or of errors the model, the provider and the code. */
  names: readonly string[];
  currency: string | null;
  /** By the field's name. */
  figures: Readonly<Record<string, number | null>>;
}

/** The items of a report as table rows, in the report's order. */
export function rowsOf(report: Report): Row[] {
  return report.items.map((item) => {
    const fields = Object.entries(item) as [string, string | number | null][];
    return {
      names: fields.filter(([name]) => NAMES.includes(name)).map(([, value]) => String(value ?? "")),
      currency: "currency" in item ? item.currency : null,
      figures: Object.fromEntries(
        fields.filter(([name]) => !NAMES.includes(name) && name !== "currency"),
      ) as Row["figures"],
    };
  });
}

/** The totals of a report; for revenue, one set for each currency. */
export function totalsOf(report: Report): { currency: string | null; figures: Row["figures"] }[] {
  const totals = Array.isArray(report.totals) ? report.totals : [report.totals];
  return totals.map((each) => ({
    currency: "currency" in each ? each.currency : null,
    figures: each as unknown as Row["figures"],
  }));
}

/** The counts in a revenue report. All its other figures are money or shares. */
const COUNTS = words(`
    customers new_customers reactivated_customers churned_customers payments refunds disputes
    failed_payments
  `);

/** A figure for people, formatted by its field's name; "–" for a missing one. */
export function formatFigure(field: string, value: number | null, currency: string | null, language: Language): string {
  if (value === null || value === undefined) return "–";
  if (/_(share|rate)$/.test(field)) return formatShare(value, language);
  if (field.endsWith("_micro_usd")) return formatDollars(value, language);
  if (field.includes("_ms_")) return formatMs(value, language);
  return currency !== null && !COUNTS.includes(field)
    ? formatMoney(value, currency, language)
    : formatNumber(value, language);
}

/** The message for a field. Two reports have a field of the same name. */
export function labelOf(field: string, report: ReportName): string {
  return report === "revenue" && field === "failed" ? "failed_amount" : field;
}
