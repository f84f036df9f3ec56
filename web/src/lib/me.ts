import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { ApiError } from "./api/errors.ts";
import { offline } from "./offline.ts";
import { Store } from "./store.ts";

export type Me = components["schemas"]["Me"];

/** The signed-in person's profile, preferences, plan and quotas, read once at the app's start; null until then. */
export const me = new Store<Me | null>(null);
/** Why they could not be read, until they could. */
export const meFailure = new Store<ApiError | null>(null);

/** Reads `me` again, after something of it changed. */
export async function loadMe(): Promise<void> {
  try {
    me.set(await offline.read("me", async () => body((await api()).GET("/api/me"))));
    meFailure.set(null);
  } catch (failure) {
    meFailure.set(failure instanceof ApiError ? failure : new ApiError(500, {}, null));
  }
}
