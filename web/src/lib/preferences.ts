import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { setTheme } from "./appearance.ts";
import { LANGUAGES, language, setLanguage, type Language } from "./i18n/language.ts";
import { me } from "./me.ts";
import { read, write } from "./storage.ts";

export type Preferences = components["schemas"]["Preferences"];
export type PreferenceChanges = components["schemas"]["PreferenceChanges"];

/** Whose preferences this device shows, and in which version. */
const KEY = "oneai.preferences";

/** Changes preferences, and shows them at once. Throws ApiError; 412 where `version` is named and no longer current. */
export async function savePreferences(changes: PreferenceChanges): Promise<void> {
  const preferences = await body((await api()).PATCH("/api/user/preferences", { body: changes }));
  if (!me.value) return;
  // Marked before anything listens: what is chosen on this device is not to be applied to it once more.
  write(KEY, mark(me.value.profile.id, preferences.version));
  me.set({ ...me.value, preferences });
}

/** Gives this device the theme and language of the person's account, each time they were changed elsewhere. Until
 *  anything was chosen there, the language that was chosen on this device becomes the account's, and so that of mails. */
export async function followPreferences(person: string, preferences: Preferences): Promise<void> {
  const current = mark(person, preferences.version);
  if (read(KEY) === current) return;
  if (preferences.version > 0) {
    setTheme(preferences.theme);
    setLanguage(preferences.language);
  } else {
    const chosen = LANGUAGES.find((each): each is Language => each === read("oneai.language"));
    if (chosen && chosen !== preferences.language) return savePreferences({ language: chosen }).catch(() => {});
  }
  write(KEY, current);
}

function mark(person: string, version: number): string {
  return `${person} ${version}`;
}

/** Changes the language here and in the account; where the account cannot be reached, here alone and the error is thrown. */
export async function chooseLanguage(next: Language): Promise<void> {
  if (next !== language.value) setLanguage(next);
  await savePreferences({ language: next });
}
