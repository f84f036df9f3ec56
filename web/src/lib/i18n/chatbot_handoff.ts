import { messages } from "./language.ts";

const english = {
  title: "People who answer",
  lead: "When a person answers instead of the chatbot. It applies to visitors once you publish.",
  enabled: "Visitors can ask for a person",
  enabledHint: "They get a button, and the chat waits in your inbox. Without it, people only answer by taking over.",
  after: "Also pass a chat to people",
  unanswered: "after two answers in a row that found nothing",
  badRating: "after an answer that the visitor found bad",
  languages: "when the visitor writes in one of these languages",
  addLanguage: "Add a language",
  removeLanguage: (name: string) => `Remove ${name}`,
  hours: "When people answer",
  always: "Always. If people answer only at some times, add hours. At other times, visitors read when people are back.",
  zone: (zone: string) =>
    `Times are in the time zone ${zone}. If they end before they start, they end on the next day.`,
  addHours: "Add hours",
  removeHours: "Remove these hours",
  starts: "From",
  ends: "To",
  days: "Days",
  returns: "Back to the chatbot after",
  returnsHint: "If no one takes over a chat in this time, the chatbot answers again.",
  never: "Never",
  noDays: "Choose at least one day for each of these hours, and both times.",
};

export type ChatbotHandoff = typeof english;
export const chatbotHandoff = messages(english, { hi: () => import("./hi/chatbot_handoff.ts") });
