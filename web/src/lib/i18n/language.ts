import { Store, type Readable } from "../state/store.ts";
import { read, write } from "../storage.ts";

export const LANGUAGES = ["en", "hi"] as const;
export type Language = (typeof LANGUAGES)[number];

export const language = new Store<Language>(initial());

/** Changes the language of all messages, of dates and numbers, and of the document. */
export function setLanguage(next: Language): void {
  write("oneai.language", next);
  document.documentElement.lang = next;
  language.set(next);
}

function initial(): Language {
  if (typeof document === "undefined") return "en"; // pages are built in English
  return document.documentElement.lang === "hi" || read("oneai.language") === "hi" ? "hi" : "en";
}

/** Messages of one topic in the current language. English comes with the code; Hindi is loaded on demand.
 *
 *  @param english the messages
 *  @param load the other languages; each `satisfies` the type of the English one, so that the compiler finds a missing
 *  message
 */
export function messages<T>(
  english: T,
  load: { hi: () => Promise<{ default: T }> },
): Readable<T> & { readonly value: T } {
  const store = new Store(english);
  language.subscribe(async (chosen) => {
    const loaded =
      chosen === "en"
        ? english
        : await load[chosen]().then(
            (module) => module.default,
            () => english, // offline: English is better than nothing
          );
    if (language.value === chosen) store.set(loaded);
  });
  return store;
}
