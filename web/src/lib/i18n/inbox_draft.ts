import { messages } from "./language.ts";

const english = {
  draft: "Draft a reply",
  title: "Draft a reply",
  lead: "The chatbot answers the visitor’s last message from its documents. You can change the text before you send it.",
  quote: (most: string) => `This takes one answer of your plan, which costs ${most} at most.`,
  write: "Write the draft",
  sources: "The draft uses",
  errors: {
    quota_exceeded: "Your plan has no answers left for this.",
    chatbot_spent: "What this chatbot may cost is used up for now. Try again later, or raise its limits.",
    no_answer: "The chatbot’s documents have no answer to this. Nothing was put into your reply.",
    chatbot_not_found: "This chatbot isn’t available, so it can’t write a draft.",
  } as Record<string, string>,
};

export type InboxDraft = typeof english;
export const inboxDraft = messages(english, { hi: () => import("./hi/inbox_draft.ts") });
