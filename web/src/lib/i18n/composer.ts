import { messages } from "./language.ts";

const english = {
  attach: "Attach files",
  attached: "Attached files",
  remove: (name: string) => `Remove ${name}`,
  sending: "Uploading…",
  uploadFailed: "upload failed",
  drop: "Drop the files here",
  pasted: "pasted-text.txt",
  pastedAsFile: "The long text is now a file.",
  rejected: {
    kind: (name: string) => `${name} cannot be sent. Send pictures (PNG, JPEG, WebP, GIF), text, PDF or Office files.`,
    too_large: (name: string) => `${name} is too large. The limit is 10 MB for pictures and 1 MB for text.`,
    too_many: (name: string) => `${name} was left out. You can send up to twenty files.`,
  },
  temporary: "Temporary chat",
  temporaryOn:
    "This chat is temporary. It is not listed or searchable, and it is erased ten minutes after its last answer.",
  temporaryHint: "It is not saved. It is erased ten minutes after its last answer.",
  instructions: "Instructions",
  instructionsHint: "What every answer in this conversation should follow. The instructions count with each question.",
  instructionsLabel: "Instructions for this conversation",
  save: "Save",
  saved: "Saved.",
  saveFailed: "The instructions could not be saved.",
  changedElsewhere: "The instructions were changed in another tab. You see the newer text now.",
  questions: "Questions",
  toFirst: "Go to the beginning",
  noQuestions: "There are no questions yet.",
  confirmTitle: "Send this question?",
  confirmText: (cost: string) => `The answer may cost up to ${cost}.`,
  confirmUnits: (units: string) => `It uses ${units} of your plan.`,
  send: "Send",
  cancel: "Cancel",
  documents: "Documents",
  documentsAsked: "About",
  documentRead: "Being read. You can ask about it in a moment.",
  findDocument: "Find a document",
  noDocuments: "You have no documents yet. Upload some to ask about them in any chat.",
  maxDocuments: (count: number) => `A question can be about up to ${count} documents and collections.`,
  manageDocuments: "All documents",
  draftFiles: (names: string) => `Attach these files again: ${names}`,
};

export type ComposerMessages = typeof english;
export const composer = messages(english, { hi: () => import("./hi/composer.ts") });
