import { messages } from "./language.ts";

const english = {
  used: (count: number): string =>
    count === 1
      ? "A chatbot answers from what you delete, and loses it:"
      : "Chatbots answer from what you delete, and lose it:",
  usedCollection: (count: number): string =>
    count === 1
      ? "A chatbot answers from this collection, and loses its documents:"
      : "Chatbots answer from this collection, and lose its documents:",
};

export type DocumentChatbots = typeof english;
export const documentChatbots = messages(english, { hi: () => import("./hi/document_chatbots.ts") });
