import { messages } from "./language.ts";

const english = {
  sessionsLead: "Where you’re signed in. If you don’t recognise a session, sign it out and change your password.",
  thisDevice: "This device",
  unknownDevice: "Unknown device",
  on: (browser: string, system: string) => `${browser} on ${system}`,
  signedIn: (day: string) => `Signed in ${day}`,
  lastUsed: (when: string) => `last used ${when}`,
  end: "Sign out",
  endOf: (device: string) => `Sign out ${device}`,
  ended: "Signed out.",
  endOthers: "Sign out all other sessions",
  othersEnded: "All other sessions are signed out.",
  signOutEverywhere: "Sign out everywhere",
  onlyThis: "You’re only signed in on this device.",

  deleteLead: (day: string) =>
    `Your account closes now, and everything in it is erased on ${day}. You can restore it until then.`,
  erased: "What is erased",
  profile: "Your profile, preferences and sessions",
  conversations: (count: string, messages: string) => `Chats: ${count}, messages: ${messages}`,
  stored: (size: string) => `Text and files: ${size}`,
  keys: (count: string) => `API keys, revoked permanently: ${count}`,
  links: (count: string) => `Shared links, closed immediately: ${count}`,
  kept: "What the law requires us to keep",
  invoices: (count: string) => `Invoices: ${count}`,
  payments: (count: string) => `Payments: ${count}`,
  keptReason: "Tax law requires us to keep invoices and payments for years, with the buyer’s name and address.",
  subscriptionEnds: (day: string) => `You won’t be charged again. Your subscription is paid until ${day}.`,
  creditsRefunded: (sum: string) => `Credits you bought lately and did not use: ${sum} go back to the payment.`,
  creditsLost: (sum: string) => `Credits that are lost: ${sum}`,
  exportFirst: "Export everything first",
  confirm: (phrase: string) => `To confirm, type ${phrase}`,
  confirmLabel: "Confirmation",
  deleteNow: "Delete my account",
  confirmWrong: "The text doesn’t match.",

  deletingTitle: "Your account is being deleted",
  deleting: (day: string) => `Your account is closed. Everything in it is erased on ${day}.`,
  deletingLead:
    "You can restore it until then, but API keys stay revoked. You can still download your data and invoices.",
  restore: "Keep my account",
  restored: "Welcome back. Your account is restored. Your old API keys stay revoked, so create new ones.",
  suspendedTitle: "Your account is suspended",
  suspended: "You can’t use chats or settings until this is resolved. If you think this is a mistake, contact us.",
  suspendedNotice: "Your account is suspended. You can still:",
  stillWorks: "What you can still do",
  invoicesLink: "See invoices and cancel the subscription",
  onlyInvoicesLink: "See invoices",
  exportLink: "Export your data",
  deleteLink: "Delete your account",
  writeTo: (email: string) => `Email ${email}`,
  failedTitle: "Your account couldn’t be loaded",
};

export type Account = typeof english;
export const account = messages(english, { hi: () => import("./hi/account.ts") });
