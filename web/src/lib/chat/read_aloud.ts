import { language } from "../i18n/language.ts";
import { speech } from "../i18n/speech.ts";
import { pageReader } from "../speech/reader.ts";
import { spokenPieces } from "../speech/spoken.ts";

/** Reads an answer aloud in place of what is being read. Resolves when it ends or is stopped, with the sentence for the
 *  user if the device could not read it. */
export async function readAloud(id: string, text: string): Promise<string | null> {
  const { spoken, readingProblems } = speech.value;
  const problem = await pageReader().read(id, spokenPieces(text, spoken, language.value), navigator.languages);
  return problem && readingProblems[problem];
}

/** Stops what is being read. */
export function stopReading(): void {
  pageReader().stop();
}
