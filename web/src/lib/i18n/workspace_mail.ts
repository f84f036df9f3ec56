import { messages } from "./language.ts";

const english = {
  chatbots: "Your chatbots",
  saved: "Saved.",
  kinds: { handoff: "Waiting visitors", weekly: "Weekly report", budget: "Limits and budgets", billing: "Billing" },
  hints: {
    handoff: "When a visitor waits for a person. At most one email an hour.",
    weekly: "What visitors asked last week, and what had no answer.",
    budget: "When a limit or a chatbot’s budget is almost or fully used.",
    billing: "Receipts, refunds and changes of the plan. We always email you about a failed payment.",
  },
};

export type WorkspaceMailTexts = typeof english;
export const workspaceMail = messages(english, { hi: () => import("./hi/workspace_mail.ts") });
