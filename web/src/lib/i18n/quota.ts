import { messages } from "./language.ts";

const english = {
  quota: "Quota",
  chip: (used: string, limit: string) => `${used} of ${limit} used`,
  names: {
    small_messages: "Answers from small models",
    large_messages: "Answers from large models",
    image_generation: "Images",
    web_searches: "Web searches",
    tokens: "Tokens",
    cost: "Cost",
  } as Record<string, string>,
  held: (count: string) => `${count} held for answers in progress.`,
  resets: (time: string) => `Resets on ${time}.`,
  warning: (percent: number, name: string) => `${percent}% used: ${name}.`,
  spent: (name: string) => `Used up: ${name}.`,
  upgradeTo: (plan: string) => `Upgrade to ${plan}`,
  upgrade: "See larger plans",
  details: "Usage in detail",
  dismiss: "Dismiss",
  today: (used: string, limit: string) => `Today: ${used} of ${limit}`,
};

export type Quotas = typeof english;
export const quota = messages(english, { hi: () => import("./hi/quota.ts") });
