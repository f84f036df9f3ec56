import { messages } from "./language.ts";

const english = {
  lead: "Your data is yours. Take it with you, or bring chats from elsewhere.",
  exportTitle: "Export everything",
  exportLead:
    "A zip file with your profile, preferences, usage, payments, invoices, and every chat with its files. This can take a few minutes. We’ll email you when it’s ready.",
  exportAll: "Export everything",
  conversationsTitle: "Export chats",
  conversationsLead: "A zip file with each chat as JSON and Markdown.",
  exportConversations: "Export chats",
  chatbotsTitle: "Export chatbots",
  chatbotsLead:
    "A zip file with your chatbots as JSON: their versions, answers and evaluations, and what visitors wrote and left.",
  exportChatbots: "Export chatbots",
  departureTitle: "Your chats in a team you left",
  departureLead:
    "A zip file with your private chats there and their files. Only the account that got the email can download them, until the day in the email.",
  exportDeparture: "Export these chats",
  writing: "Preparing the export…",
  ready: "The export is ready.",
  download: "Download",
  expired: "This export has expired. Start a new one.",
  failed: "The export failed. Start it again.",
  importTitle: "Import chats",
  importLead:
    "An export from OneAI, ChatGPT or Claude: a JSON or zip file up to 100 MB. Chats you already have are skipped.",
  chooseFile: "Choose a file",
  fileKind: "This isn’t a JSON or zip file.",
  fileTooLarge: "This file is larger than 100 MB.",
  sending: "Uploading the file…",
  importing: "Importing the chats…",
  importDone: "The import is finished.",
  importFailed: "The file wasn’t fully imported.",
  imported: (count: string) => `${count} imported`,
  skipped: (count: string) => `${count} already here`,
  notImported: (count: string) => `${count} not imported`,
  leftOut: "What was left out of the chats",
  leftOutOf: {
    hidden: (count: string) => `${count} messages hidden by the other service`,
    thoughts: (count: string) => `${count} passages of model reasoning`,
    tool_calls: (count: string) => `${count} tool calls, such as searches`,
    tool_results: (count: string) => `${count} tool results`,
    unreadable: (count: string) => `${count} parts in an unknown format`,
  },
  whyNot: "Why some weren’t imported",
  untitled: (position: string) => `Chat ${position}`,
  toConversations: "Go to chats",
};

export type Data = typeof english;
export const data = messages(english, { hi: () => import("./hi/data.ts") });
