import { messages } from "./language.ts";

const english = {
  fold: "Close sidebar",
  unfold: "Open sidebar",
  closeMenu: "Close menu",
  folders: "Folders",
  folder: (name: string, count: string) => `${name}, ${count}`,
  folderLoading: "Loading…",
  folderEmpty: "This folder is empty.",
  newFolder: "New folder…",
  dropOutside: "Drop here to remove from the folder",
  unread: "New answer",
  answering: "Answering",
  tags: "Tags",
  moveTo: "Move to folder…",
  moveTitle: (count: number) => (count === 1 ? "Move to folder" : `Move ${count} chats`),
  newName: "New folder",
  move: "Move",
  movedTo: (folder: string | null, count: number) =>
    `${count === 1 ? "Moved" : `${count} chats moved`} ${folder === null ? "out of the folder" : `to “${folder}”`}.`,
  moveMany: "Move…",
  tagMany: "Add tags…",
  tagTitle: (count: number) => (count === 1 ? "Add tags" : `Add tags to ${count} chats`),
  addTags: "Add",
  tagged: (count: number) => (count === 1 ? "Tags added." : `Tags added to ${count} chats.`),
  pinned: (count: number) => (count === 1 ? "Pinned." : `${count} chats pinned.`),
  unpinned: (count: number) => (count === 1 ? "Unpinned." : `${count} chats unpinned.`),
  exportMany: "Export",
  exporting: (done: number, all: number) => `Exporting ${done} of ${all}…`,
  exported: (count: number) => (count === 1 ? "Exported." : `${count} chats exported.`),
  notExported: (titles: string) => `These couldn’t be exported: ${titles}`,
  gone: (count: number) => (count === 1 ? "One chat no longer exists." : `${count} chats no longer exist.`),
  theme: "Theme",
  themes: { system: "System", light: "Light", dark: "Dark" },
  language: "Language",
  help: "Help",
  shortcuts: "Keyboard shortcuts",
  upgrade: "Upgrade",
};

export type SideBar = typeof english;
export const sideBar = messages(english, { hi: () => import("./hi/side_bar.ts") });
