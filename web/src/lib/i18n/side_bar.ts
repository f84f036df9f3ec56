import { messages } from "./language.ts";

const english = {
  fold: "Close side bar",
  unfold: "Open side bar",
  closeMenu: "Close menu",
  folders: "Folders",
  folder: (name: string, count: string) => `${name}, ${count}`,
  folderLoading: "Loading…",
  folderEmpty: "Nothing is left in this folder.",
  newFolder: "New folder…",
  dropOutside: "Drop here for no folder",
  unread: "New answer",
  answering: "Answering",
  tags: "Tags",
  moveTo: "Move to folder…",
  moveTitle: (count: number) => (count === 1 ? "Move to folder" : `Move ${count} conversations`),
  newName: "New folder",
  move: "Move",
  movedTo: (folder: string | null, count: number) =>
    `${count === 1 ? "Moved" : `${count} conversations moved`} ${folder === null ? "out of the folder" : `to “${folder}”`}.`,
  moveMany: "Move…",
  tagMany: "Add tags…",
  tagTitle: (count: number) => (count === 1 ? "Add tags" : `Add tags to ${count} conversations`),
  addTags: "Add",
  tagged: (count: number) => (count === 1 ? "Tags added." : `Tags added to ${count} conversations.`),
  pinned: (count: number) => (count === 1 ? "Pinned." : `${count} conversations pinned.`),
  unpinned: (count: number) => (count === 1 ? "Unpinned." : `${count} conversations unpinned.`),
  exportMany: "Export",
  exporting: (done: number, all: number) => `Exporting ${done} of ${all}…`,
  exported: (count: number) => (count === 1 ? "Exported." : `${count} conversations exported.`),
  notExported: (titles: string) => `These could not be exported: ${titles}`,
  gone: (count: number) =>
    count === 1 ? "One conversation no longer exists." : `${count} conversations no longer exist.`,
  theme: "Theme",
  themes: { system: "System", light: "Light", dark: "Dark" },
  language: "Language",
  help: "Help",
  shortcuts: "Keyboard shortcuts",
  upgrade: "Upgrade",
};

export type SideBar = typeof english;
export const sideBar = messages(english, { hi: () => import("./hi/side_bar.ts") });
