import { messages } from "./language.ts";

const english = {
  readingProblems: {
    no_voice: "This device has no voice for the language of this answer. You can add one in its settings.",
    failed: "The voice of this device stopped. Try again.",
  },
  /** Said aloud in place of what cannot be followed by ear. */
  spoken: {
    code: (language: string): string => (language ? `Code in ${language}.` : "Code."),
    diagram: "A diagram.",
    formula: "A formula.",
    table: "A table.",
    picture: (description: string): string => (description ? `Image: ${description}.` : "An image."),
  },
  stopDictating: "Stop dictating",
  startDictating: "Start dictating",
  listening: "Listening. What you say appears in the message.",
  noticeTitle: "Your browser turns your speech into text",
  notice:
    "Depending on your browser, its maker (such as Google, Apple or Microsoft) may hear what you say. We receive only the text in the message box, never the sound.",
  dictationProblems: {
    not_allowed:
      "This site isn’t allowed to use your microphone. Allow it in your browser’s site settings, next to the address, and try again.",
    no_microphone: "No microphone was found. Connect one and try again.",
    no_service: "This browser has no speech recognition. Chrome, Edge and Safari have one.",
    no_network: "Your browser’s speech recognition can’t be reached. Check that you’re online and try again.",
    language: "Your browser’s speech recognition doesn’t know this language.",
    silence: "Nothing was heard. Check your microphone and try again.",
    reload: "Reload this page to use the microphone. Your message stays.",
  },
  reload: "Reload",
};

export type SpeechMessages = typeof english;
export const speech = messages(english, { hi: () => import("./hi/speech.ts") });
