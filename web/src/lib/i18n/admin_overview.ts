import { messages } from "./language.ts";

type Stage = "admission" | "preparation" | "model" | "writing";

const english = {
  groups: { money: "Money", people: "Users and answers", speed: "Speed" },
  previous: (days: number, value: string) => (days === 1 ? `Yesterday: ${value}` : `Previous ${days} days: ${value}`),
  nothing: "none",
  noAnswers: "No answers",
  unknown: "Unknown",
  noRate: "There is revenue in a currency without an exchange rate.",
  inDollars: (amount: string, rate: string) => `${amount} at ₹${rate} per dollar.`,
  marginOf: (revenue: string, cost: string) => `${revenue} revenue − ${cost} model cost.`,
  course: (from: string, first: string, to: string, last: string, highest: string) =>
    `${from}: ${first}. ${to}: ${last}. Highest: ${highest}.`,
  slowestStage: "Slowest stage",
  stageTimes: (median: string, p95: string) => `Median ${median}, 95% within ${p95}.`,
  stages: "Where answers wait",
  stagesLead: "The time of an answer by stage, in order.",
  stage: "Stage",
  median: "Median",
  p95: "95%",
  next: "Look further",
  byModel: "By model",
  stageMeaning: {
    admission: "The question is checked and stored.",
    preparation: "Passages, files and images are read.",
    model: "The model has not written yet.",
    writing: "The model writes.",
  } satisfies Record<Stage, string>,
};

export type AdminOverview = typeof english;
export const adminOverview = messages(english, { hi: () => import("./hi/admin_overview.ts") });
