import type { components } from "$types/api";
import { api, body } from "../../api/client.ts";
import { dayOf, shiftDay } from "../../usage/series.ts";

type Schemas = components["schemas"];

export type AnalyticsOverview = Schemas["AnalyticsOverview"];
export type ChatbotAnalytics = Schemas["ChatbotAnalytics"];
export type AnalyticsDay = Schemas["AnalyticsDay"];
export type AnalyticsSums = Omit<AnalyticsDay, "day">;
export type Topic = ChatbotAnalytics["topics"][number];

/** What a chart shows of each day. */
export const MEASURES = ["conversations", "messages", "visitors", "handed_off", "satisfaction", "charged"] as const;
export type Measure = (typeof MEASURES)[number];

/** The first and the last day of a period, as `2026-11-23`. */
export interface Period {
  from: string;
  to: string;
}

/** The last days in the device's time zone: the API counts them in its own, and ends with the day given. */
export function lastDays(range: number): Period {
  const to = dayOf(new Date(), Intl.DateTimeFormat().resolvedOptions().timeZone);
  return { from: shiftDay(to, 1 - range), to };
}

/** The figures of these chatbots, or without any of all of them, with those of the period before. Throws ApiError. */
export async function readOverview(period: Period, chatbots: readonly string[]): Promise<AnalyticsOverview> {
  const params = { query: { ...period, chatbot_id: [...chatbots], compare: true } };
  // The type also has the text of the file, which was not asked for.
  return (await body((await api()).GET("/api/analytics/overview", { params }))) as AnalyticsOverview;
}

/** The figures of a chatbot, with those of the period before. Throws ApiError. */
export async function readChatbot(id: string, period: Period): Promise<ChatbotAnalytics> {
  const params = { path: { id }, query: { ...period, compare: true } };
  return (await body((await api()).GET("/api/analytics/chatbots/{id}", { params }))) as ChatbotAnalytics;
}

/** A table of a chatbot's figures as a CSV file. The API writes it, because the names in it come from visitors. Throws
 *  ApiError. */
export async function readTable(id: string, period: Period, table: "topics" | "sources"): Promise<Blob> {
  const params = { path: { id }, query: { ...period, format: "csv" as const, table } };
  const asked = (await api()).GET("/api/analytics/chatbots/{id}", { params, parseAs: "blob" });
  return (await body(asked)) as unknown as Blob;
}

/** The table by chatbot of figures that were read of these chatbots. As `readTable`. */
export async function readChatbotsTable({ from, to }: Period, chatbots: readonly string[]): Promise<Blob> {
  const query = { from, to, chatbot_id: [...chatbots], format: "csv" as const, table: "by_chatbot" as const };
  const asked = (await api()).GET("/api/analytics/overview", { params: { query }, parseAs: "blob" });
  return (await body(asked)) as unknown as Blob;
}

/** A number, micro-dollars, or a score from 1 to 5; null: no visitor gave one. */
export function amountOf(sums: AnalyticsSums, measure: Measure): number | null {
  if (measure === "satisfaction") return sums.satisfaction.score;
  return measure === "charged" ? sums.charged_micro_usd : sums[measure];
}

/** The chatbots with their amounts, the highest first; those without one last. */
export function highest(
  chatbots: AnalyticsOverview["by_chatbot"],
  measure: Measure,
): { id: string; name: string; amount: number | null }[] {
  return chatbots
    .map((each) => ({ id: each.chatbot_id, name: each.name, amount: amountOf(each, measure) }))
    .sort((one, other) => (other.amount ?? -1) - (one.amount ?? -1));
}

/** By how many percent an amount is higher than the one before; null where none was, or either is missing. */
export function changeOf(now: number | null, before: number | null): number | null {
  return now === null || !before ? null : Math.round(((now - before) / before) * 100);
}

/** These days as CSV, with the API's names: days, counts, scores and micro-dollars. */
export function daysCsv(days: readonly AnalyticsDay[]): string {
  const rows = days.map((each) => [each.day, ...MEASURES.map((measure) => amountOf(each, measure) ?? "")].join(","));
  return ["day,conversations,messages,visitors,handed_off,satisfaction,charged_micro_usd", ...rows, ""].join("\r\n");
}

/** Topics whose questions had no answer most often, the most first. */
export function unanswered(topics: readonly Topic[]): Topic[] {
  const missing = (topic: Topic) => topic.questions - topic.answered;
  return topics.filter((each) => missing(each) > 0).sort((one, other) => missing(other) - missing(one));
}
