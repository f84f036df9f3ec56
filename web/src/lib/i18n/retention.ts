import { messages } from "./language.ts";

/** One kind of data: what it is, and how long it is kept; `days` as "30 days". */
export type RetentionWords = readonly [string, (days: string) => string];

const english = {
  title: "How long data is kept",
  what: "What",
  until: "Until",
  days: (count: string, n: number) => (n === 1 ? `${count} day` : `${count} days`),
  kinds: {
    conversations: ["Chats and their files", () => "you delete them; then they’re erased immediately"],
    temporary_chats: ["Temporary chats", () => "ten minutes after the last answer"],
    account: ["An account that you deleted", (days) => `${days} after you delete it; until then you can restore it`],
    workspace: [
      "A team that an owner deleted",
      (days) => `${days} after it is deleted; until then an owner can restore it`,
    ],
    closed_links: ["Links that you closed or that expired", (days) => `${days} after they close`],
    taken_down_links: ["Links that were taken down", (days) => `${days} after they are taken down`],
    transfers: ["Records of exports and imports", (days) => `${days} after they finish`],
    usage: ["Single usage records; their totals stay", (days) => `${days} after the answer`],
    refusals: ["Refused requests, for support", (days) => `${days} after the request`],
    logs: ["Technical logs, without what you write", (days) => `${days} after they are written`],
    mails: ["Emails we sent you", (days) => `${days} after we sent it`],
    payment_events: ["Messages of the payment provider", (days) => `${days} after they arrive`],
    audit_log: ["The log of important changes to an account", (days) => `${days} after the change`],
    invitations: ["Invitations to teams, with the invited address", (days) => `${days} after they end`],
    left_teams: [
      "Your private chats in a team that you left",
      (days) => `${days} after you leave; until then you can download them, unless the team’s invitation said no`,
    ],
    support_requests: ["What you asked our sales team", (days) => `${days} after we answer`],
    docs_feedback: ["Feedback on the documentation", (days) => `${days} after you send it`],
    invoices: ["Invoices and payments", () => "as long as tax law requires"],
  } as Record<string, RetentionWords>,
};

export type RetentionMessages = typeof english;
export const retention = messages(english, { hi: () => import("./hi/retention.ts") });
