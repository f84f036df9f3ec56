import { messages } from "./language.ts";

const english = {
  title: "Delete the team",
  lead: "For everyone in it. Until it’s erased, an owner can restore it.",
  open: "Delete this team…",
  day: (day: string) =>
    `Members lose access immediately, and everything in the team is erased on ${day}. Owners can restore it until then.`,
  erased: "What is erased",
  members: (count: string) => `Memberships: ${count}`,
  content: (chats: string, documents: string, size: string) =>
    `Chats of all members: ${chats}, documents: ${documents}, together ${size}`,
  keys: (count: string) => `API keys, revoked permanently: ${count}`,
  kept: (invoices: string, payments: string) =>
    `Tax law requires us to keep invoices (${invoices}) and payments (${payments}) for years.`,
  subscriptionEnds: (day: string) => `The plan isn’t charged again. It’s paid until ${day}.`,
  creditsRefunded: (sum: string) => `Credits you bought lately and did not use: ${sum} go back to the payment.`,
  creditsLost: (sum: string) => `Credits that are lost: ${sum}`,
  confirmLabel: "Confirmation",
  confirm: (slug: string) => `To confirm, type ${slug}`,
  deleteNow: "Delete the team",
  deleted: "The team is closed.",
  signInOld: "You signed in more than an hour ago. Sign in again to delete the team.",
  signInAgain: "Sign in again",

  deleting: "This team is being deleted",
  deletingLead: (day: string) =>
    `It’s closed for its members. Everything in it is erased on ${day}. API keys and invitations stay ended if you restore it.`,
  restore: "Restore the team",
  restored: "The team is restored.",
};

export type TeamDeletion = typeof english;
export const teamDeletion = messages(english, { hi: () => import("./hi/team_deletion.ts") });
