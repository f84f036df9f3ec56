import { messages } from "./language.ts";

const english = {
  menu: "Change or copy the answer",
  continue: "Continue",
  shorter: "Shorter",
  longer: "Longer",
  simpler: "Simpler",
  translate: "Translate",
  translateInto: "Translate into",
  back: "Back",
  edit: "Edit answer",
  copyRich: "Copy as rich text",
  copiedRich: "Copied with formatting",
  copyFailed: "The answer couldn’t be copied.",
  copiedPlain: "Copied as Markdown, because this browser can’t copy formatting.",
  sources: "Sources",
  made: { continue: "Continued", shorter: "Shorter", longer: "Longer", simpler: "Simpler", translate: "Translated" },
  translated: (language: string) => `Translated into ${language}`,
  editedByYou: "Edited by you",
  edited: "Edited by hand",
  save: "Save",
  saveHint: "Ctrl+Enter saves. The earlier text stays as a version.",
  followingStay: "The messages after this answer stay with the earlier version.",
};

export type AnswerActionsMessages = typeof english;
export const answerActions = messages(english, { hi: () => import("./hi/answer_actions.ts") });
