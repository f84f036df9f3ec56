import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { setTheme, theme } from "./appearance.ts";
import { LANGUAGES, setLanguage } from "./i18n/language.ts";
import { me } from "./me.ts";
import { read, write } from "./storage.ts";

export type Preferences = components["schemas"]["Preferences"];
export type PreferenceChanges = components["schemas"]["PreferenceChanges"];

/** The user and the version of the preferences that this device shows. */
const KEY = "oneai.preferences";

/** Changes preferences, and shows them at once. Throws ApiError; 412 if `version` is no longer current. */
export async function savePreferences(changes: PreferenceChanges): Promise<void> {
  const preferences = await body((await api()).PATCH("/api/user/preferences", { body: changes }));
  if (!me.value) return;
  // Marked before any listener runs: a choice on this device must not be applied to it again.
  write(KEY, mark(me.value.profile.id, preferences.version));
  me.set({ ...me.value, preferences });
}

/** Applies the account's theme and language to this device each time they change elsewhere. If the account has none
 *  yet, it gets this device's, because mails use the language too. */
export async function followPreferences(user: string, preferences: Preferences): Promise<void> {
  const current = mark(user, preferences.version);
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

function mark(user: string, version: number): string {
  return `${user} ${version}`;
}
