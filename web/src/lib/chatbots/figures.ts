import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { dayOf, shiftDay } from "../usage/series.ts";

type Schemas = components["schemas"];

export type ChatbotFigures = Schemas["ChatbotFigures"];
export type ChatbotDay = Schemas["ChatbotDay"];

export const RANGES = [7, 30, 90] as const;
export type Range = (typeof RANGES)[number];
export const MEASURES = ["answers", "cost", "charged"] as const;
export type Measure = (typeof MEASURES)[number];

/** The figures of a chatbot, with its last days. Throws ApiError. */
export async function readFigures(id: string, days: Range): Promise<ChatbotFigures> {
  return body((await api()).GET("/api/chatbots/{id}/stats", { params: { path: { id }, query: { days } } }));
}

/** Answers, or micro-dollars. */
export function amountOf(day: Omit<ChatbotDay, "day">, measure: Measure): number {
  return measure === "answers" ? day.answers : measure === "cost" ? day.cost_micro_usd : day.charged_micro_usd;
}

/** Every day of the range, with zeros where nothing was asked, the oldest first. `items`: days as the API gives them, in
 *  the workspace's time zone. The range ends today in `tz`, or on the newest of them, where it is later. */
export function daysOf(items: readonly ChatbotDay[], range: Range, tz: string, now: Date): ChatbotDay[] {
  const byDay = new Map(items.map((item) => [item.day, item]));
  const today = dayOf(now, tz);
  const last = items.reduce((latest, { day }) => (day > latest ? day : latest), today);
  return Array.from({ length: range }, (_, at) => {
    const day = shiftDay(last, at + 1 - range);
    return byDay.get(day) ?? { day, answers: 0, cost_micro_usd: 0, charged_micro_usd: 0 };
  });
}

/** The sums of these days. */
export function totalsOf(days: readonly ChatbotDay[]): Omit<ChatbotDay, "day"> {
  return days.reduce(
    (sums, day) => ({
      answers: sums.answers + day.answers,
      cost_micro_usd: sums.cost_micro_usd + day.cost_micro_usd,
      charged_micro_usd: sums.charged_micro_usd + day.charged_micro_usd,
    }),
    { answers: 0, cost_micro_usd: 0, charged_micro_usd: 0 },
  );
}

/** These days as CSV, with the API's names: days, counts and micro-dollars. */
export function csvOf(days: readonly ChatbotDay[]): string {
  const rows = days.map((each) => [each.day, each.answers, each.cost_micro_usd, each.charged_micro_usd].join(","));
  return ["day,answers,cost_micro_usd,charged_micro_usd", ...rows, ""].join("\r\n");
}
