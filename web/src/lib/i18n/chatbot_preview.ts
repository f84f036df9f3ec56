import { messages } from "./language.ts";

const english = {
  hint: "It answers from the saved draft. An answer counts as your own question.",
  afterSaving: "Save your changes to try them here.",
  thinking: "Thinking…",
  sources: (names: string) => `Source: ${names}`,
  send: "Send",
  stop: "Stop",
  restart: "Start again",
  answers: "Answers of the draft",
};

export type ChatbotPreview = typeof english;
export const chatbotPreview = messages(english, { hi: () => import("./hi/chatbot_preview.ts") });
