import { ApiError } from "../api/errors.ts";
import { loadMe, me } from "../me.ts";
import { savePreferences } from "../preferences.ts";

/** How many the API keeps. */
const MAX_FAVOURITES = 50;

/** The list with this model added at its start, or without it. */
export function withFavourite(favourites: readonly string[], id: string, on: boolean): string[] {
  const others = favourites.filter((each) => each !== id);
  return on ? [id, ...others].slice(0, MAX_FAVOURITES) : others;
}

let last: Promise<void> = Promise.resolve();

/** Adds a model to the favourites of the account, or removes it. It is shown at once, and again as it was if it cannot be
 *  stored. Another device's change is kept: only this model's place changes. Throws ApiError. */
export function setFavourite(id: string, on: boolean): Promise<void> {
  show(id, on);
  // One after another, so that none overwrites the one before.
  const saving = last.then(() => save(id, on));
  last = saving.catch(() => {});
  return saving;
}

async function save(id: string, on: boolean): Promise<void> {
  try {
    await store(id, on);
  } catch (failure) {
    if (failure instanceof ApiError && failure.status === 412) {
      await loadMe();
      await store(id, on);
      return;
    }
    show(id, !on);
    throw failure;
  }
}

async function store(id: string, on: boolean): Promise<void> {
  const preferences = me.value?.preferences;
  if (!preferences) return;
  const favourite_models = withFavourite(preferences.favourite_models, id, on);
  await savePreferences({ favourite_models, version: preferences.version });
}

function show(id: string, on: boolean): void {
  if (!me.value) return;
  const { preferences } = me.value;
  const favourite_models = withFavourite(preferences.favourite_models, id, on);
  me.set({ ...me.value, preferences: { ...preferences, favourite_models } });
}
