import { messages } from "./language.ts";

const english = {
  list: "Visitors’ chats",
  one: "Chat",
  back: "All chats",
  untitled: "Without a title",
  visitor: "Visitor",
  messages: (count: number) => (count === 1 ? "1 message" : `${count} messages`),
  cost: (amount: string) => `Cost: ${amount}`,
  questionOf: "Visitor",
  answerOf: "Chatbot",
  states: { stopped: "Stopped", truncated: "Cut off", failed: "Failed" },
  good: "Rated good",
  bad: "Rated bad",
  answerIt: "Write an answer",
  answerSaved: "Visitors who ask this get your answer from now on.",
  emptyTitle: "No chats yet",
  empty: "Put the chatbot into your website. What visitors ask then appears here, with what it cost.",
  emptyDraft: "Publish the chatbot first. What visitors ask then appears here, with what it cost.",
  finish: "Finish the chatbot",
  embed: "Put it into a website",
  recent: "Recent chats",
  all: "Show all",
};

export type ChatbotConversations = typeof english;
export const chatbotConversations = messages(english, { hi: () => import("./hi/chatbot_conversations.ts") });
