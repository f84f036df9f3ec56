import { messages } from "./language.ts";

const english = {
  title: "Invitation to a team",
  heading: (team: string) => `Join “${team}”`,
  by: (inviter: string) => `${inviter} invites you.`,
  role: "Your role",
  roles: {
    owner: "Owner: everything, with the plan and its money",
    admin: "Admin: manages members and settings",
    member: "Member: asks, and creates chats and documents",
    viewer: "Viewer: reads what is shared with the team",
  },
  address: "For",
  expires: "Valid until",
  seenTitle: "What the team’s owners and admins see of you",
  seen: [
    "Your name, your email address and your role",
    "How much of the team’s plan you use, and when you change something in the team",
    "Chats and documents that you share with the team",
  ],
  unseen: "They don’t see your private chats, or anything in your personal account.",
  downloads: "If you leave the team, you can download your private chats there for 30 days.",
  noDownloads: "If you leave the team, you can’t download your private chats there.",
  join: "Join the team",
  signedInAs: (email: string) => `You’re signed in as ${email}.`,
  otherAccount: "Use another account",
  signUp: "Create account",
  signIn: "Sign in",
  visitor: (address: string) => `Use the invited address, ${address}. You return here afterwards.`,
  openTeam: "Open the team",
  home: "Go to OneAI",
  again: "Check again",
  /** What ends here, and the next step. */
  obstacles: {
    accepted: [
      "This invitation was used",
      "If you accepted it, open the team. If someone else did, ask for another invitation.",
    ],
    usedByAnother: [
      "This invitation was used by someone else",
      "Ask the person who invited you for an invitation of your own.",
    ],
    revoked: ["This invitation was withdrawn", "Ask the person who invited you to send another one."],
    expired: [
      "This invitation has expired",
      "It was valid for seven days. Ask the person who invited you to resend it.",
    ],
    ended: [
      "This invitation doesn’t work any more",
      "It was used, withdrawn or replaced by a newer email. Open the newest one, or ask for another invitation.",
    ],
    full: [
      "The team has no free seat",
      "Ask the person who invited you to add a seat or to free one. Then check again here.",
    ],
    anotherAddress: [
      "This invitation is for another address",
      "Sign in with the account of the invited address, or ask for an invitation to yours.",
    ],
    unconfirmed: [
      "Confirm your email address first",
      "Open the link in the email that we sent when you signed up. Then check again here.",
    ],
  } as Record<string, readonly [string, string]>,
};

export type Invite = typeof english;
export const invite = messages(english, { hi: () => import("./hi/invite.ts") });
