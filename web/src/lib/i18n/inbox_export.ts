import { messages } from "./language.ts";

const english = {
  export: "Export",
  formats: { pdf: "PDF", html: "HTML", markdown: "Markdown", csv: "CSV", json: "JSON" },
  format: "Format",
  many: (count: number) => (count === 1 ? "Export this chat" : `Export ${count} chats`),
  everything: "Export all chats that match",
  manyLead:
    "A zip file with the messages and who wrote them, without your team’s notes. It holds up to 100,000 chats, or 500 as PDF, those with the newest messages.",
  visitor: "Data of this visitor",
  exportVisitor: "Export this visitor",
  visitorLead: "All that is stored about this visitor, with your team’s notes.",
  saved: "The file is saved.",
  erase: "Erase this visitor",
  eraseTitle: "Erase this visitor?",
  eraseLead:
    "All chats and contact details of this visitor are erased at once, at every chatbot where they are known. They can’t be brought back.",
  eraseStays:
    "Figures and costs stay as numbers. Exported files of visitors’ chats expire, because the visitor could be in them.",
  erased: "The visitor is erased.",
};

export type InboxExport = typeof english;
export const inboxExport = messages(english, { hi: () => import("./hi/inbox_export.ts") });
