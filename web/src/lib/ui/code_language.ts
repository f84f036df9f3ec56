import { Store } from "../state/store.ts";
import { read, write } from "../storage.ts";

const KEY = "oneai.code_language";

/** The language in which examples are shown, where they are in it. Kept on the device. */
export const codeLanguage = new Store<string>(typeof localStorage === "undefined" ? "sh" : (read(KEY) ?? "sh"));

/** Shows all examples in this language. */
export function chooseCodeLanguage(language: string): void {
  write(KEY, language);
  codeLanguage.set(language);
}
