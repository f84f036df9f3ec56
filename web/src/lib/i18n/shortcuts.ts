import { messages } from "./language.ts";

const english = {
  title: "Keyboard shortcuts",
  search: "Search and commands",
  newChat: "Start a new chat",
  sideBar: "Open or close the side bar",
  message: "Write a message",
  send: "Send the message",
  line: "New line in the message",
  questions: "Go to the previous or next question",
  help: "Show these shortcuts",
  close: "Close what is open",
  temporary: "Start a temporary chat",
  organise: "All conversations: folders, tags, archive",
  documents: "Documents",
  prompts: "Prompts",
  usage: "Usage",
  settings: "Settings",
  data: "Export and import",
  billing: "Plan and billing",
  pricing: "Prices and models",
  dark: "Dark colours",
  light: "Light colours",
  english: "English",
  hindi: "हिन्दी",
};

export type Shortcuts = typeof english;
export const shortcuts = messages(english, { hi: () => import("./hi/shortcuts.ts") });
