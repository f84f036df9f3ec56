import { messages } from "./language.ts";

const english = {
  title: "All chatbots together",
  lead: "What visitors’ questions to all chatbots may use and cost together. Beyond it, chatbots show their away message.",
  hints: {
    answers_per_day: "Leave empty for the highest limit of any chatbot.",
    micro_usd_per_day: "Empty: the highest of any chatbot.",
    micro_usd_per_month: "Empty: the highest of any chatbot.",
  },
  percent: "Part of the plan for visitors, in percent",
  percentHint:
    "Visitors’ answers use at most this part of each quota of the plan. The rest is for people who sign in here. With 0, the plan pays for no visitors.",
  percentProblem: "Enter a number from 0 to 100.",
  inTeam: "All chatbots of the team share more limits.",
  open: "Limits of all chatbots",
};

export type SharedChatbotLimits = typeof english;
export const sharedChatbotLimits = messages(english, { hi: () => import("./hi/shared_chatbot_limits.ts") });
