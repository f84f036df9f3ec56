import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { setTheme, theme } from "./appearance.ts";
import { LANGUAGES, setLanguage } from "./i18n/language.ts";
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
 *  anything was chosen there, what was chosen on this device becomes the account's: mails are in its language, too. */
export async function followPreferences(person: string, preferences: Preferences): Promise<void> {
  const current = mark(person, preferences.version);
  if (read(KEY) === current) return;
  if (preferences.version > 0) {
    setTheme(preferences.theme);
    setLanguage(preferences.language);
  } else {
    const changes = chosenHere(preferences);
    if (Object.keys(changes).length > 0) return savePreferences(changes).catch(() => {});
  }
  write(KEY, current);
}

function chosenHere(preferences: Preferences): PreferenceChanges {
  const chosen = LANGUAGES.find((each) => each === read("oneai.language"));
  return {
    ...(chosen && chosen !== preferences.language && { language: chosen }),
    ...(theme.value !== preferences.theme && { theme: theme.value }),
  };
}

function mark(person: string, version: number): string {
  return `${person} ${version}`;
}
