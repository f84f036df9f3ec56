import { messages } from "./language.ts";

const english = {
  title: "Keyboard shortcuts",
  search: "Search and commands",
  newChat: "Start a new chat",
  sideBar: "Open or close the sidebar",
  message: "Write a message",
  send: "Send the message",
  line: "New line in the message",
  questions: "Go to the previous or next question",
  help: "Show these shortcuts",
  close: "Close the open dialog or menu",
  temporary: "Start a temporary chat",
  organise: "All chats: folders, tags, archive",
  documents: "Documents",
  chatbots: "Chatbots",
  prompts: "Prompts",
  usage: "Usage",
  settings: "Settings",
  data: "Export and import",
  billing: "Plan and billing",
  credits: "Credits",
  pricing: "Prices and models",
  dark: "Dark theme",
  light: "Light theme",
  english: "English",
  hindi: "हिन्दी",
};

export type Shortcuts = typeof english;
export const shortcuts = messages(english, { hi: () => import("./hi/shortcuts.ts") });
