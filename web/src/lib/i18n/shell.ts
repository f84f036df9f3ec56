import { messages } from "./language.ts";

const english = {
  conversations: "Conversations",
  allConversations: "All chats",
  documents: "Documents",
  chatbots: "Chatbots",
  inbox: "Inbox",
  inboxWaiting: (count: string) => `${count} waiting for people`,
  newChat: "New chat",
  untitled: "Untitled chat",
  openMenu: "Open menu",
  noConversations: "Your chats appear here.",
  loadingMore: "Loading more chats…",
  retry: "Try again",
  closedWithAccount: "Your account is closed, so your chats are too.",
  listFailed: "Your chats couldn’t be loaded.",
  pinned: "Pinned",
  today: "Today",
  yesterday: "Yesterday",
  week: "Last 7 days",
  earlier: "Earlier",
  account: "Account",
  accountOf: (name: string) => `Account of ${name}`,
  usage: "Usage",
  settings: "Settings",
  billing: "Plan and billing",
  credits: "Credits",
  admin: "Administration",
  search: "Search",
  leftTeam: "You’re no longer a member of that team. This is your personal workspace.",
  skip: "Skip to content",
};

export type Shell = typeof english;
export const shell = messages(english, { hi: () => import("./hi/shell.ts") });
