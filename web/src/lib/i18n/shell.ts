import { messages } from "./language.ts";

const english = {
  conversations: "Conversations",
  allConversations: "All conversations",
  documents: "Documents",
  newChat: "New chat",
  untitled: "New conversation",
  openMenu: "Open menu",
  noConversations: "Your conversations appear here.",
  loadingMore: "Loading more conversations…",
  retry: "Try again",
  closedWithAccount: "Your account is closed, and so are your conversations.",
  listFailed: "The conversations could not be loaded.",
  pinned: "Pinned",
  today: "Today",
  yesterday: "Yesterday",
  week: "Last seven days",
  earlier: "Earlier",
  account: "Account",
  accountOf: (name: string) => `Account of ${name}`,
  usage: "Usage",
  settings: "Settings",
  billing: "Plan and billing",
  admin: "Administration",
  search: "Search",
  skip: "Skip to the content",
};

export type Shell = typeof english;
export const shell = messages(english, { hi: () => import("./hi/shell.ts") });
