import { Store } from "../state/store.ts";
import { transcriptOf } from "./transcript.ts";

/** The parts of `SpeechRecognition` that are used (https://wicg.github.io/speech-api/#speechreco-section). */
export interface Recognition {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  onstart: (() => void) | null;
  onresult: ((event: { results: ArrayLike<SpeechRecognitionResult> }) => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  onend: (() => void) | null;
  start(): void;
  stop(): void;
  abort(): void;
}

/** Why dictation ended: the microphone is not allowed, there is none, the browser has no service for speech or cannot
 *  reach it, it does not know the language, or nothing was heard. */
export type DictationProblem = "not_allowed" | "no_microphone" | "no_service" | "no_network" | "language" | "silence";

const PROBLEMS: Record<string, DictationProblem> = {
  "not-allowed": "not_allowed",
  "audio-capture": "no_microphone",
  "service-not-allowed": "no_service",
  network: "no_network",
  "language-not-supported": "language",
  "no-speech": "silence",
};

/** The browser's recognition of speech; null in browsers without one. Safari and Chromium have the older name. */
export function recognitionOf(scope: object = globalThis): (new () => Recognition) | null {
  const { SpeechRecognition, webkitSpeechRecognition } = scope as Record<string, (new () => Recognition) | undefined>;
  return SpeechRecognition ?? webkitSpeechRecognition ?? null;
}

/** Whether the page's own headers allow the microphone. Browsers that cannot say so ask the user. */
export function pageAllowsMicrophone(): boolean {
  const { featurePolicy } = document as { featurePolicy?: { allowsFeature(name: string): boolean } };
  return featurePolicy?.allowsFeature("microphone") ?? true;
}

/** The language to listen for, with a region: the user's own form of the page's language. */
export function spokenLanguage(page: string, languages: readonly string[]): string {
  const own = languages.find((each) => each.toLowerCase().startsWith(`${page}-`));
  return own ?? { en: "en-IN", hi: "hi-IN" }[page] ?? page;
}

interface Listeners {
  /** What was said so far. The end of it may still change. */
  onText: (said: string) => void;
  /** Why it ended, if not because it was stopped. */
  onProblem: (problem: DictationProblem) => void;
}

/** One dictation at a time, from its start until it is stopped or the browser ends it. */
export class Dictation {
  /** "starting": the browser asks for the microphone. */
  readonly state = new Store<"off" | "starting" | "listening">("off");
  #create: () => Recognition;
  #recognition: Recognition | null = null;

  constructor(create: () => Recognition) {
    this.#create = create;
  }

  /** Starts to listen. What is said reaches `onText` until `stop` or `abort`. */
  start(language: string, { onText, onProblem }: Listeners): void {
    this.abort();
    const recognition = this.#create();
    this.#recognition = recognition;
    recognition.lang = language;
    recognition.continuous = true;
    recognition.interimResults = true;
    const isCurrent = () => this.#recognition === recognition;
    let problem: DictationProblem | null = null;
    recognition.onstart = () => isCurrent() && this.state.set("listening");
    recognition.onresult = ({ results }) => {
      if (isCurrent()) onText(transcriptOf(Array.from(results, heard)));
    };
    recognition.onerror = ({ error }) => {
      if (error !== "aborted") problem = PROBLEMS[error] ?? "no_service";
    };
    recognition.onend = () => {
      if (!isCurrent()) return;
      this.#recognition = null;
      this.state.set("off");
      if (problem) onProblem(problem);
    };
    this.state.set("starting");
    try {
      recognition.start();
    } catch {
      this.abort();
      onProblem("no_service");
    }
  }

  /** Ends listening. What was said last still arrives. */
  stop(): void {
    this.#recognition?.stop();
  }

  /** Ends listening at once. Nothing arrives any more. */
  abort(): void {
    const recognition = this.#recognition;
    this.#recognition = null;
    this.state.set("off");
    recognition?.abort();
  }
}

function heard(result: SpeechRecognitionResult): { transcript: string; isFinal: boolean } {
  return { transcript: result[0]?.transcript ?? "", isFinal: result.isFinal };
}
