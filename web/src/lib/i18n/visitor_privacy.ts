import { messages } from "./language.ts";

const english = {
  kept: "How long chats are kept",
  keptLead:
    "A visitor’s chat is deleted this number of days after its last message, with the notes in it. Figures and costs stay as numbers.",
  days: "Days",
  daysHint: "1 to 3650. It applies at once, also to chats that are stored already.",
  daysProblem: "Enter a whole number from 1 to 3650.",
  reading: "Reading of visitors’ chats",
  auditReading: "Note in the audit log who reads which visitor’s chat",
  auditReadingHint: "Once a day for each person and chat.",
};

export type VisitorPrivacy = typeof english;
export const visitorPrivacy = messages(english, { hi: () => import("./hi/visitor_privacy.ts") });
