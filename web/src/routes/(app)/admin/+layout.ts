import { error } from "@sveltejs/kit";
import { session } from "$lib/auth/session";
import { loadMe, me } from "$lib/me";

// No frame of the app is built for addresses that to most people are not there.
export const prerender = false;

/** To everyone but admins and support these addresses are not there, as in the API. A visitor is led to sign-in first. */
export async function load(): Promise<void> {
  if (!session.userId) return;
  if (me.value === null) await loadMe();
  if (me.value === null) error(503);
  if (!me.value.permissions.includes("admin:read")) error(404);
}
