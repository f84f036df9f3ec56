import { messages } from "./language.ts";

const english = {
  details: "Details",
  outcome: "Result",
  outcomes: { complete: "complete", stopped: "stopped", truncated: "cut off", failed: "failed" },
  modelAsked: "Model asked",
  modelServed: "Model that answered",
  provider: "Provider",
  charged: "Charged",
  units: (count: number, kind: string) => `${count} × ${kind}`,
  nothing: "nothing",
  paidBy: "Paid by",
  sources: { own_key: "your own key", plan: "the plan", credits: "credits" },
  price: "Price in credits",
  quotas: {
    small_messages: "answer from a small model",
    large_messages: "answer from a large model",
    image_generation: "image",
    web_searches: "web search",
    tokens: "tokens",
    cost: "cost",
  } as Record<string, string>,
  promptTokens: "Tokens read",
  completionTokens: "Tokens written",
  reasoningTokens: "Of these, reasoning",
  cachedTokens: "Read from the cache",
  cost: "Cost",
  searches: "Web searches",
  searchesCost: "Part of the cost, web searches",
  final: "final",
  estimated: "estimated",
  priceVersion: "Price version",
  plan: "Plan",
  generation: "Generation",
  time: "Time",
  corrections: "Corrections",
};

export type ReceiptMessages = typeof english;
export const receipt = messages(english, { hi: () => import("./hi/receipt.ts") });
