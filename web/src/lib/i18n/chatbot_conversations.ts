import { messages } from "./language.ts";

const english = {
  list: "Visitors’ chats",
  one: "Chat",
  back: "All chats",
  untitled: "Without a title",
  visitor: "Visitor",
  messages: (count: number) => (count === 1 ? "1 message" : `${count} messages`),
  cost: (amount: string, paid: string) => `Cost: ${amount}, you pay ${paid} of it`,
  questionOf: "Visitor",
  answerOf: "Chatbot",
  states: { stopped: "Stopped", truncated: "Cut off", failed: "Failed" },
  good: "Rated good",
  bad: "Rated bad",
  answerIt: "Write an answer",
  answerSaved: "Visitors who ask this get your answer from now on.",
  introduced: (who: string) => `Given by the visitor: ${who}`,
  consented: (time: string, text: string) => `Agreed on ${time}: ${text}`,
  csat: (score: string) => `Visitor’s score: ${score} of 5`,
  leads: "Visitors who want an answer from you",
  leadsLead: "They left an address in the widget. It is kept as long as their chats.",
  removeLead: (email: string) => `Delete: ${email}`,
  removeLeadTitle: "Delete this address?",
  removeLeadText: "The name, the address and the message are erased immediately. The visitor’s chats stay.",
  leadRemoved: "The address is deleted.",
  csv: "Save as CSV",
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
