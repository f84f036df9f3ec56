import { messages } from "./language.ts";

/** Words about one kind of data: what it is, and until when it is kept; `days` as "30 days". */
export type RetentionWords = readonly [string, (days: string) => string];

const english = {
  title: "How long data is kept",
  what: "What",
  until: "Until",
  days: (count: string, n: number) => (n === 1 ? `${count} day` : `${count} days`),
  kinds: {
    conversations: ["Conversations and their files", () => "you delete them, then they are gone at once"],
    temporary_chats: ["Temporary chats", () => "ten minutes after the last answer"],
    account: ["An account that you deleted", (days) => `${days} after you asked; until then you can return`],
    closed_links: ["Links that you closed or that expired", (days) => `${days} after their end`],
    taken_down_links: ["Links that were taken down", (days) => `${days} after that`],
    transfers: ["Records of exports and imports", (days) => `${days} after their end`],
    usage: ["Single usage records; their sums stay", (days) => `${days} after the answer`],
    refusals: ["Requests that were refused, for support", (days) => `${days} after them`],
    logs: ["Technical logs, without what you write", (days) => `${days} after they were written`],
    mails: ["Mail that we sent you", (days) => `${days} after it was sent`],
    payment_events: ["Messages of the payment provider", (days) => `${days} after they came`],
    audit_log: ["The log of important changes to an account", (days) => `${days} after the change`],
    docs_feedback: ["What is said of the documentation", (days) => `${days} after it was said`],
    invoices: ["Invoices and payments", () => "as long as tax law asks"],
  } as Record<string, RetentionWords>,
};

export type RetentionMessages = typeof english;
export const retention = messages(english, { hi: () => import("./hi/retention.ts") });
