import { messages } from "./language.ts";

const english = {
  lead: "What you have here is yours: take it with you, or bring what you have elsewhere.",
  exportTitle: "Export everything",
  exportLead:
    "A zip file with your profile, preferences, usage, payments, invoices and every conversation with its files. It may take a few minutes; a mail tells you when it is ready.",
  exportAll: "Export everything",
  conversationsTitle: "Export conversations",
  conversationsLead: "A zip file with each conversation as JSON and Markdown.",
  exportConversations: "Export conversations",
  writing: "The export is being written…",
  ready: "The export is ready.",
  download: "Download",
  expired: "This export is no longer there. Begin another.",
  failed: "The export failed. Begin it again.",
  importTitle: "Import conversations",
  importLead:
    "An export of OneAI, ChatGPT or Claude: a JSON or zip file up to 100 MB. What is here already is skipped.",
  chooseFile: "Choose a file",
  fileKind: "This is neither a JSON nor a zip file.",
  fileTooLarge: "This file is larger than 100 MB.",
  sending: "The file is being sent…",
  importing: "The conversations are being imported…",
  importDone: "The import is finished.",
  importFailed: "The file could not be imported to its end.",
  imported: (count: string) => `${count} imported`,
  skipped: (count: string) => `${count} here already`,
  notImported: (count: string) => `${count} not imported`,
  leftOut: "What was left out of the conversations",
  leftOutOf: {
    hidden: (count: string) => `${count} messages that the other service does not show`,
    thoughts: (count: string) => `${count} thoughts of models before their answers`,
    tool_calls: (count: string) => `${count} calls of tools, such as searches`,
    tool_results: (count: string) => `${count} results of tools`,
    unreadable: (count: string) => `${count} parts in a form that is not known here`,
  },
  whyNot: "Why some were not imported",
  untitled: (position: string) => `Conversation ${position}`,
  toConversations: "Go to the conversations",
};

export type Data = typeof english;
export const data = messages(english, { hi: () => import("./hi/data.ts") });
