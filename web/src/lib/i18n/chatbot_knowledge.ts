import { messages } from "./language.ts";

const english = {
  title: "What it answers from",
  lead: "Documents and collections of the draft and of the published version.",
  states: {
    ready: "Ready",
    processing: "Being read",
    failed: "Not readable",
    private: "Left out",
    gone: "Deleted",
  },
  reasons: {
    ready: "",
    processing: "The chatbot uses it as soon as its text is read.",
    failed: "Its text could not be read. Open it to see why, or upload it again.",
    private: "It is private now, or its author has left. Only its author can add it again.",
    gone: "The chatbot is not asked from it any more. Choose another one.",
  },
  unreadable: { document: "A document that you can’t read", collection: "A collection that you can’t read" },
  deleted: { document: "A deleted document", collection: "A deleted collection" },
  draftAlone: "Only in the draft",
  publishedAlone: "Only in the published version",
};

export type ChatbotKnowledge = typeof english;
export const chatbotKnowledge = messages(english, { hi: () => import("./hi/chatbot_knowledge.ts") });
