import { messages } from "./language.ts";

const english = {
  lead: "Your data is yours. Take it with you, or bring conversations from elsewhere.",
  exportTitle: "Export everything",
  exportLead:
    "A zip file with your profile, preferences, usage, payments, invoices and every conversation with its files. This can take a few minutes. We send you a mail when it is ready.",
  exportAll: "Export everything",
  conversationsTitle: "Export conversations",
  conversationsLead: "A zip file with each conversation as JSON and Markdown.",
  exportConversations: "Export conversations",
  writing: "Preparing the export…",
  ready: "The export is ready.",
  download: "Download",
  expired: "This export has expired. Start a new one.",
  failed: "The export failed. Start it again.",
  importTitle: "Import conversations",
  importLead:
    "An export of OneAI, ChatGPT or Claude: a JSON or zip file up to 100 MB. Conversations that are already here are skipped.",
  chooseFile: "Choose a file",
  fileKind: "This is neither a JSON nor a zip file.",
  fileTooLarge: "This file is larger than 100 MB.",
  sending: "Uploading the file…",
  importing: "Importing the conversations…",
  importDone: "The import is finished.",
  importFailed: "The file was not imported completely.",
  imported: (count: string) => `${count} imported`,
  skipped: (count: string) => `${count} already here`,
  notImported: (count: string) => `${count} not imported`,
  leftOut: "What was left out of the conversations",
  leftOutOf: {
    hidden: (count: string) => `${count} messages that the other service hides`,
    thoughts: (count: string) => `${count} thoughts of models before their answers`,
    tool_calls: (count: string) => `${count} calls of tools, such as searches`,
    tool_results: (count: string) => `${count} results of tools`,
    unreadable: (count: string) => `${count} parts in an unknown format`,
  },
  whyNot: "Why some were not imported",
  untitled: (position: string) => `Conversation ${position}`,
  toConversations: "Go to the conversations",
};

export type Data = typeof english;
export const data = messages(english, { hi: () => import("./hi/data.ts") });
