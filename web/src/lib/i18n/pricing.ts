import { messages } from "./language.ts";

const english = {
  title: "Pricing",
  headline: "Simple prices, exact costs",
  description:
    "What OneAI costs: free to start, one monthly or yearly price for more. Every plan has every feature. Plans differ in how much you can ask.",
  lead: "Every plan has every feature. Plans differ in how much you can ask, and which models.",
  plans: "Plans",
  choose: (plan: string) => `Choose ${plan}`,
  contact: "Contact us",
  /** Below the price of a plan without one. */
  noCard: "No card needed",
  sizesToAgree: "These sizes are where we start",
  perMonth: "a month",
  perYear: "a year",
  perSeatMonth: "a month for each seat",
  perSeatYear: "a year for each seat",
  teamLead: (least: string, most: string) =>
    `For ${least} to ${most} people. Each seat adds what Pro has, and the whole team shares it.`,
  seats: "Seats",
  seatRange: (least: string, most: string) => `${least} to ${most} seats.`,
  total: "Total",
  bankConfirmsSeats: "Above ₹15,000 your bank asks you to confirm each charge.",
  aboutTeam: "About plans for teams",
  onRequest: "On request",
  taxIncluded: "GST included",
  taxAdded: (amount: string) => `${amount} with GST`,
  noTax: "No tax outside India",
  period: "Paid",
  monthly: "Monthly",
  yearly: "Yearly",
  saving: (percent: number) => `save ${percent}%`,
  currency: "Currency",
  trial: (days: number) => `The first ${days} days are free.`,
  popular: "Most popular",
  times: (count: string) => `${count}×`,
  timesHint: (plan: string) => `Compared with ${plan}`,
  compareTitle: "Compare all plans",
  inEveryPlan: "In every plan",
  feature: "Feature",
  no: "No",
  modelsTitle: "Models by plan",
  modelsLead: "Prices are those of the models’ makers, per million tokens, in US dollars.",
  find: "Find a model",
  model: "Model",
  context: "Context window",
  price: "Price, read / written",
  inPlans: "Plans",
  tokens: (count: string) => `${count} tokens`,
  noModel: "No models match.",
  more: (count: number) => `Show all ${count}`,
  freePrice: "free",
  quotas: {
    small_messages: (count: string) => `${count} answers from small models`,
    large_messages: (count: string) => `${count} answers from large models`,
    image_generation: (count: string) => `${count} images`,
    web_searches: (count: string) => `${count} web searches`,
    tokens: (count: string) => `${count} tokens`,
    cost: (count: string) => `answers worth ${count}`,
  } as Record<string, (count: string) => string>,
  frequencies: {
    monthly: "a month",
    daily: "a day",
    weekly: "a week",
    yearly: "a year",
    "3hour": "every three hours",
  } as Record<string, string>,
  /** Translations of the API's texts about plans, each as [pattern, replacement]. */
  sentences: [] as readonly (readonly [RegExp, string])[],
  questionsTitle: "Questions about prices",
  questions: [
    [
      "What is an answer?",
      "One reply of one model to one question. Small models cost up to $1 per million tokens read and $5 per million written. All others are large. An answer that fails costs you nothing.",
    ],
    [
      "What happens when I run out?",
      "You see it before you ask, with your options: another model, waiting until your quota resets, or a larger plan. There are no surprise charges.",
    ],
    [
      "Is there a daily limit?",
      "Yes, to prevent misuse: a limit on what one day’s answers cost us at their models’ prices. It resets at midnight UTC.",
    ],
    [
      "Can I cancel?",
      "At any time. Within seven days of a payment you get the unused part back. You see the amount before you decide.",
    ],
    ["Do I get an invoice?", "Yes, as a PDF for every payment, with your GSTIN if you give one."],
  ],
};

export type Pricing = typeof english;
export const pricing = messages(english, { hi: () => import("./hi/pricing.ts") });
