import { error } from "@sveltejs/kit";
import { session } from "$lib/auth/session";
import { loadMe, me } from "$lib/me";

// No frame is built for addresses that do not exist for most people.
export const prerender = false;

/** These addresses exist only for admins and support, as in the API. A visitor goes to sign-in first. */
export async function load(): Promise<Pick<App.PageData, "sideBar">> {
  if (!session.userId) return {};
  const sideBar = import("$lib/shell/AdminSidebar.svelte");
  if (me.value === null) await loadMe();
  if (me.value === null) error(503);
  if (!me.value.permissions.includes("admin:read")) error(404);
  return { sideBar: (await sideBar).default };
}
