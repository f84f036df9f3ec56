import { messages } from "./language.ts";

const english = {
  title: "Credits",
  sections: "Sections of the page",
  tabs: { overview: "Overview", transactions: "Transactions", settings: "Settings", ledger: "Ledger" },
  /** Who may see and do what. */
  managersOnly: "Only owners and admins see the credits",
  managersOnlyText: (team: string) =>
    `Ask an owner or admin of ${team} about its credits. What you have used is on the usage page.`,
  usagePage: "Usage",
  ownersBuy: "Only owners can buy credits and have them refunded.",
  /** The balance */
  available: "Available",
  held: (amount: string) => `${amount} held for answers in progress`,
  owed: (amount: string) =>
    `You owe ${amount} for answers that cost more than was left. The next credits pay it first.`,
  equivalent: (answers: string, model: string) => `About ${answers} answers of ${model}`,
  tokens: (tokens: string) => `${tokens} tokens`,
  about: "Credits are money that you pay ahead. They pay answers that your plan doesn’t hold, and end after a year.",
  costs: "What credits cost",
  none: "You have no credits yet",
  noneText:
    "Credits pay answers when your plan’s are used up, and models above your plan. You can buy as little as you like.",
  blocked: "Credits are blocked",
  blockedText:
    "A payment for credits was taken back by its bank, so credits pay no answers and none can be bought. Your plan still works. Contact us to have this released.",
  contact: "Contact us",
  buy: "Buy credits",
  /** Grants */
  grants: "Where they are from",
  grantsLead: "What ends first is used first.",
  kinds: { paid: "Bought", bonus: "Bonus of a purchase", promotional: "Gift" },
  left: (left: string, all: string) => `${left} of ${all} left`,
  ends: (day: string, relative: string) => `Ends ${relative}, on ${day}`,
  frozen: (day: string) =>
    `Frozen since ${day}: its payment is in dispute, or the workspace is being deleted. It can’t be used, and its end waits.`,
  refund: "Refund",
  refundOf: (amount: string) => `Refund the purchase of ${amount}`,
  noGrants: "Nothing is left.",
  /** Use */
  use: "What credits paid",
  range: "Period",
  ranges: { 7: "Last 7 days", 30: "Last 30 days", 90: "Last 90 days" },
  chart: (from: string, to: string, most: string) =>
    `Credits used by day from ${from} to ${to}. Highest: ${most}. The table below has every day.`,
  asTable: "Show as table",
  noUse: "Credits paid nothing in this period.",
  inAll: "In all",
  byDay: "By day",
  byChatbot: "By chatbot",
  byModel: "By model",
  day: "Day",
  chatbot: "Chatbot",
  model: "Model",
  answers: "Answers",
  charged: "Paid",
  noChatbot: "Without a chatbot",
  deletedChatbot: "A deleted chatbot",
  noModel: "No model",
  /** Transactions */
  transactions: "Transactions",
  show: "Show",
  every: "Everything",
  types: {
    purchase: "Purchase",
    use: "Answer",
    refund: "Refund",
    expiry: "End of credits",
    grant: "Gift or bonus",
    adjustment: "Correction",
  },
  addedLater: "Added to an answer",
  date: "Date",
  type: "What",
  amount: "Amount",
  after: "Balance",
  noTransactions: "Purchases and what they pay appear here.",
  noneOfKind: "There are no transactions of this kind.",
  csv: "Save as CSV",
  csvHint: (count: string) => `The file has the ${count} transactions shown here.`,
};

export type Credits = typeof english;
export const credits = messages(english, { hi: () => import("./hi/credits.ts") });
