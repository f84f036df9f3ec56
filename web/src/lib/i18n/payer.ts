import { messages } from "./language.ts";

const english = {
  label: "What pays the next answer",
  plan: "Your plan pays",
  credits: "Credits pay",
  creditsLeft: (amount: string) => `Credits pay · ${amount} left`,
  /** Of a chatbot */
  paidBy: "Paid by",
  sources: { plan: "the plan", credits: "credits", both: "the plan, then credits", reverse: "credits, then the plan" },
  left: (amount: string) => `${amount} of credits left`,
  change: "Change",
  away: "No credits are left, and nothing else pays this chatbot. It doesn’t answer its visitors until there are some.",
  /** Refusals */
  buy: "Buy credits",
  askOwner: "Only owners can buy credits. Ask an owner of your team.",
  limits: "Change the limits",
  ofLimit: {
    chatbot: (limit: string) => `This chatbot may use ${limit} of credits in a month.`,
    member: (limit: string) => `You may use ${limit} of credits in a month.`,
    api_key: (limit: string) => `This API key may use ${limit} of credits in a month.`,
  },
  raisedBy: { owner: "An owner can raise it.", admin: "An owner or admin can raise it." } as Record<string, string>,
  again: (time: string) => `It starts again on ${time}.`,
};

export type Payer = typeof english;
export const payer = messages(english, { hi: () => import("./hi/payer.ts") });
