import { messages } from "./language.ts";

const english = {
  title: "Shared with the team",
  none: "Chats that others share with the team appear here.",
  failed: "The team’s chats couldn’t be loaded.",
  more: "Show more",
  by: (name: string) => `by ${name}`,
  share: "Share with the team",
  unshare: "Make private",
  shared: "All members of the team can read this chat now.",
  unshared: "Only you can read this chat now.",
  continued: (name: string) => `This is ${name}’s chat. If you ask here, you continue in your own copy.`,
  read: (name: string) => `This is ${name}’s chat. As a viewer you can read it.`,
  moveTo: "Move to another workspace…",
  moveTitle: "Move to another workspace",
  moveLead: "Choose where this chat goes, with its attached files.",
  personal: "Personal",
  pays: (before: string, after: string) =>
    `So far ${before} has paid. From now on ${after} pays for answers in this chat and for its storage.`,
  move: "Move",
  moved: (name: string) => `Moved to ${name}.`,
  nowhere: "There is no other workspace in which you may write.",
  owner: (name: string) => `Uploaded by ${name}`,
  former: "Former member",
  private: "Private",
  who: "Who can read it",
  onlyMe: "Only me",
  wholeTeam: "All members of the team",
  whoHint: "Answers and searches of others leave out what only you can read.",
};

export type TeamChats = typeof english;
export const teamChats = messages(english, { hi: () => import("./hi/team_chats.ts") });
