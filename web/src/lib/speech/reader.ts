import { Store } from "../state/store.ts";
import { voiceFor } from "./languages.ts";
import type { SpokenPiece } from "./spoken.ts";

/** Why reading ended early: the device has no voice for the language, or its voice failed. */
export type ReadingProblem = "no_voice" | "failed";

/** The parts of `speechSynthesis` that are used. */
export type Synthesis = Pick<
  SpeechSynthesis,
  "speak" | "cancel" | "resume" | "getVoices" | "addEventListener" | "removeEventListener"
>;

/** Voices arrive some time after the page, in Chromium and on Android. A device without any never gets them, so the
 *  wait ends after this many milliseconds. */
const VOICES_WAIT = 1_500;

/** Reads one text aloud at a time, a piece per utterance. */
export class Reader {
  /** The key of the text that is being read. */
  readonly reading = new Store<string | null>(null);
  #synthesis: Synthesis;
  #utteranceOf: (text: string) => SpeechSynthesisUtterance;
  /** What is being said: Chromium loses the events of an utterance that nothing refers to. */
  utterance: SpeechSynthesisUtterance | null = null;
  #finish: ((said: boolean) => void) | null = null;
  #run = 0;

  constructor(
    synthesis: Synthesis = speechSynthesis,
    utteranceOf: (text: string) => SpeechSynthesisUtterance = (text) => new SpeechSynthesisUtterance(text),
  ) {
    this.#synthesis = synthesis;
    this.#utteranceOf = utteranceOf;
  }

  /** Reads the pieces in place of what is being read. Resolves when they are read or stopped, with the problem if there
   *  was one.
   *
   *  @param languages the user's languages, the most wanted first
   */
  async read(
    key: string,
    pieces: readonly SpokenPiece[],
    languages: readonly string[],
  ): Promise<ReadingProblem | null> {
    this.stop();
    const run = this.#run;
    this.reading.set(key);
    const voices = await this.#voices();
    let problem: ReadingProblem | null = null;
    if (!pieces.some(({ language }) => voiceFor(voices, language, languages))) problem = "no_voice";
    for (const { text, language } of problem ? [] : pieces) {
      if (run !== this.#run) return null;
      const voice = voiceFor(voices, language, languages);
      if (voice && !(await this.#say(text, voice))) problem = "failed";
      if (problem) break;
    }
    if (run !== this.#run) return null;
    this.stop();
    return problem;
  }

  /** Stops reading. */
  stop(): void {
    this.#run++;
    if (this.reading.value !== null) this.#synthesis.cancel();
    this.utterance = null;
    this.#finish?.(true); // some browsers report no end
    this.reading.set(null);
  }

  /** Resolves to false if the voice failed. A stopped utterance does not count as failed. */
  #say(text: string, voice: SpeechSynthesisVoice): Promise<boolean> {
    const utterance = this.#utteranceOf(text);
    this.utterance = utterance;
    utterance.voice = voice;
    utterance.lang = voice.lang.replaceAll("_", "-"); // Android reads by this alone
    return new Promise((resolve) => {
      this.#finish = resolve;
      utterance.onend = () => resolve(true);
      utterance.onerror = ({ error }) => resolve(error === "interrupted" || error === "canceled");
      this.#synthesis.resume(); // another page may have left it paused
      this.#synthesis.speak(utterance);
    });
  }

  #voices(): Promise<SpeechSynthesisVoice[]> {
    const synthesis = this.#synthesis;
    const found = synthesis.getVoices();
    if (found.length > 0) return Promise.resolve(found);
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        synthesis.removeEventListener("voiceschanged", end);
        resolve(synthesis.getVoices());
      };
      const timer = setTimeout(end, VOICES_WAIT);
      synthesis.addEventListener("voiceschanged", end);
    });
  }
}

let shared: Reader | undefined;

/** The page's reader. It stops when the page is left: Chromium would read on. */
export function pageReader(): Reader {
  if (!shared) {
    const reader = new Reader();
    addEventListener("pagehide", () => reader.stop());
    shared = reader;
  }
  return shared;
}
