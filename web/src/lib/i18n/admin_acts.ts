import { messages } from "./language.ts";

/** The words of an act that asks for its reason alone. */
export interface ActWords {
  /** The button. */
  label: string;
  /** The dialog; `label` without one. */
  title?: string;
  /** What it does; missing where it depends on what it is done to. */
  lead?: string;
  /** After it is done. */
  done: string;
}

const english = {
  suspend: { label: "Suspend", done: "The account is suspended." },
  unsuspend: { label: "End the suspension", done: "The suspension has ended." },
  signOut: { label: "Sign out", done: "All sessions have ended." },
  suspendWorkspace: { label: "Suspend", title: "Suspend the team", done: "The team is suspended." },
  unsuspendWorkspace: { label: "End the suspension", done: "The suspension has ended." },
  revokeCredits: {
    label: "Take back",
    title: "Take the credits back?",
    lead: "What is left of them ends now, with the bonus of a purchase. What was used stays used, and no money goes back: for that, refund the payment.",
    done: "The credits are taken back.",
  },
  releaseCredits: {
    label: "Release",
    title: "Release the block?",
    lead: "The workspace can use its credits again, and its owners can buy again.",
    done: "The block is released.",
  },
  markAnswered: {
    label: "Mark as answered",
    lead: "Removes the request from the queue. The answer itself is an email.",
    done: "The request is answered.",
  },
  withdrawOffer: {
    label: "Withdraw",
    title: "Withdraw the offer",
    lead: "It can’t be accepted any more. A checkout that is paid later is refunded.",
    done: "The offer is withdrawn.",
  },
  revokeOverride: {
    label: "Revoke",
    title: "Revoke the override",
    lead: "The plan’s limit applies again.",
    done: "The override is revoked.",
  },
  revokeGrant: {
    label: "Revoke",
    title: "Revoke the grant",
    lead: "The user returns to the plan they pay for immediately.",
    done: "The grant is revoked.",
  },
  sync: {
    label: "Sync with the provider",
    lead: "Fetches the subscription from the provider with its payments and refunds, and applies what has changed.",
    done: "The subscription matches the provider’s.",
  },
  release: { label: "Release", title: "Release from quarantine", done: "The payment counts." },
  replay: {
    label: "Replay",
    title: "Replay the event",
    lead: "Processes the event again. Nothing is granted or refunded twice.",
    done: "The event was processed again.",
  },
  retryOperation: {
    label: "Try again",
    title: "Try again now",
    lead: "The provider sees one idempotency key, so the operation can’t happen twice.",
    done: "The operation was tried again.",
  },
  takeDown: {
    label: "Take down",
    title: "Take the link down?",
    lead: "The links stop working with the next request. This can’t be undone.",
    done: "The link is taken down.",
  },
  dismissReports: {
    label: "Dismiss the reports",
    title: "Dismiss the reports?",
    lead: "The link stays active and leaves this list until another reader reports it.",
    done: "The reports are dismissed.",
  },
  suspendChatbot: {
    label: "Suspend",
    title: "Suspend the chatbot?",
    lead: "Visitors don’t find it from the next request on, and running answers end.",
    done: "The chatbot is suspended.",
  },
  suspendChatbotsOfWorkspace: {
    label: "Suspend all of the workspace",
    title: "Suspend all chatbots of the workspace?",
    lead: "Visitors find none of them from the next request on. That includes chatbots that are made later.",
    done: "All chatbots of the workspace are suspended.",
  },
  unsuspendChatbot: {
    label: "End the suspension",
    title: "End the suspension of the chatbot?",
    lead: "Visitors find it again from the next request on.",
    done: "The suspension has ended.",
  },
  unsuspendChatbotsOfWorkspace: {
    label: "End it for all of the workspace",
    title: "End the suspension of all chatbots of the workspace?",
    lead: "Visitors find all of them again from the next request on, also those that were suspended before by themselves.",
    done: "The suspension has ended for all of them.",
  },
  dismissChatbotReports: {
    label: "Dismiss the reports",
    title: "Dismiss the reports?",
    lead: "The chatbot stays as it is and leaves this list until another visitor reports it.",
    done: "The reports are dismissed.",
  },
} satisfies Record<string, ActWords>;

export type AdminActs = Record<keyof typeof english, ActWords>;
export const adminActs = messages(english as AdminActs, { hi: () => import("./hi/admin_acts.ts") });
