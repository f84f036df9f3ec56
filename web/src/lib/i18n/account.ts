import { messages } from "./language.ts";

const english = {
  sessionsLead: "Where you are signed in. If you do not recognize a session, end it and change your password.",
  thisDevice: "This device",
  unknownDevice: "Unknown device",
  on: (browser: string, system: string) => `${browser} on ${system}`,
  signedIn: (day: string) => `Signed in ${day}`,
  lastUsed: (when: string) => `last used ${when}`,
  end: "End",
  endOf: (device: string) => `End ${device}`,
  ended: "Session ended.",
  endOthers: "End all other sessions",
  othersEnded: "All other sessions ended.",
  signOutEverywhere: "Sign out everywhere",
  onlyThis: "You are signed in only on this device.",

  deleteLead: (day: string) =>
    `Your account closes now, and everything in it is erased on ${day}. Until then you can restore it.`,
  erased: "What is erased",
  profile: "Your profile, preferences and sessions",
  conversations: (count: string, messages: string) => `Conversations: ${count}, with messages: ${messages}`,
  stored: (size: string) => `Texts and files: ${size}`,
  keys: (count: string) => `API keys, revoked at once and for good: ${count}`,
  links: (count: string) => `Shared links, closed at once: ${count}`,
  kept: "What we must keep by law",
  invoices: (count: string) => `Invoices: ${count}`,
  payments: (count: string) => `Payments: ${count}`,
  keptReason: "Tax law requires us to keep invoices and payments for years, with the buyer’s name and address.",
  subscriptionEnds: (day: string) => `You are not charged again. Your subscription is paid until ${day}.`,
  exportFirst: "Export everything first",
  confirm: (phrase: string) => `To confirm, type ${phrase}`,
  confirmLabel: "Confirmation",
  deleteNow: "Delete my account",
  confirmWrong: "The text does not match.",

  deletingTitle: "Your account is being deleted",
  deleting: (day: string) => `Your account is closed. Everything in it is erased on ${day}.`,
  deletingLead:
    "Until then you can restore it. Only API keys stay revoked. You can still download your data and your invoices.",
  restore: "Keep my account",
  restored: "Welcome back. Your account is restored. Create new API keys: the old ones stay revoked.",
  suspendedTitle: "Your account is suspended",
  suspended: "Chats and settings are closed until this is resolved. Write to us if you think this is a mistake.",
  suspendedNotice: "Your account is suspended. This still works:",
  stillWorks: "What still works",
  invoicesLink: "See invoices, and cancel the subscription",
  onlyInvoicesLink: "See invoices",
  exportLink: "Export your data",
  deleteLink: "Delete the account",
  writeTo: (email: string) => `Write to ${email}`,
  failedTitle: "Your account could not be loaded",
};

export type Account = typeof english;
export const account = messages(english, { hi: () => import("./hi/account.ts") });
