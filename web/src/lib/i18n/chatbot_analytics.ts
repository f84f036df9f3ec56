import { messages } from "./language.ts";

const english = {
  range: "Period",
  ranges: { 7: "Last 7 days", 30: "Last 30 days", 90: "Last 90 days" },
  measure: "Measure",
  measures: { answers: "Answers", cost: "What the models cost", charged: "What you pay of it" },
  byDay: "By day",
  day: "Day",
  asTable: "Show as table",
  chart: (measure: string, from: string, to: string, most: string) =>
    `${measure} by day from ${from} to ${to}. Highest: ${most}. The table below has every day.`,
  csv: "Save as CSV",
  outcomes: "How answers turned out",
  none: "Nothing was asked yet.",
  notFound: "Questions without an answer",
  notFoundLead: "The documents had no answer to them in this period. Add a document, or an answer of your own.",
  times: (count: number) => (count === 1 ? "once" : `${count} times`),
};

export type ChatbotAnalytics = typeof english;
export const chatbotAnalytics = messages(english, { hi: () => import("./hi/chatbot_analytics.ts") });
