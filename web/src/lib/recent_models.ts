import * as storage from "./storage.ts";

const KEY = "oneai.recent_models";
/** How many are remembered. */
export const MAX_RECENT = 4;

type Storage = Pick<typeof storage, "read" | "write">;

/** The ids of the models that this user chose last on this device, latest first. */
export function recentModels(user: string, use: Storage = storage): string[] {
  try {
    const kept = JSON.parse(use.read(KEY) ?? "null") as { user?: unknown; ids?: unknown } | null;
    if (kept?.user !== user || !Array.isArray(kept.ids)) return [];
    return kept.ids.filter((id): id is string => typeof id === "string").slice(0, MAX_RECENT);
  } catch {
    return []; // not ours
  }
}

/** Remembers a model that was chosen. Without storage nothing is remembered. */
export function rememberModel(user: string, id: string, use: Storage = storage): void {
  const ids = [id, ...recentModels(user, use).filter((each) => each !== id)].slice(0, MAX_RECENT);
  use.write(KEY, JSON.stringify({ user, ids }));
}

/** Removes them from this device. */
export function forgetRecentModels(use: Storage = storage): void {
  use.write(KEY, null);
}
