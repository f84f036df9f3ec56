import { messages } from "./language.ts";

const english = {
  providers: {
    openai: "OpenAI",
    anthropic: "Anthropic",
    gemini: "Google Gemini",
    openrouter: "OpenRouter",
    replicate: "Replicate",
    custom: "server",
  },
  needsKey: (name: string, provider: string) => `${name} needs your own ${provider} key.`,
  needsKeyShort: (provider: string) => `Needs your ${provider} key`,
  keyFails: {
    key_refused: (provider: string) => `Your ${provider} key is refused.`,
    key_exhausted: (provider: string) => `The account of your ${provider} key has no credit.`,
    key_limit_reached: (provider: string) => `Your ${provider} key has reached its limit.`,
    key_lacks_model: (provider: string) => `Your ${provider} key doesn’t have this model any more.`,
  },
  addKey: "Add a key",
  checkKeys: "Check the key",
  ownKey: (provider: string) => `Use your own ${provider} key`,
  paidByKey: (provider: string) => `Paid by your ${provider} key`,
  changePayer: "What pays answers",
  maker: "Provider",
  allMakers: "All",
  yourKeys: "Your keys",
  can: "Can",
  abilities: {
    image: "see images",
    file: "read PDFs",
    tools: "call tools",
    reasoning: "reason",
    temperature: "take a temperature",
    search: "search the web",
  },
  paidBy: "Paid by",
  payers: {
    own_key: (provider: string) => `your ${provider} key`,
    plan: () => "your plan",
    credits: () => "your credits",
  } as Record<string, (provider: string) => string>,
};

export type ModelWays = typeof english;
export const modelWays = messages(english, { hi: () => import("./hi/model_ways.ts") });
