import { version } from "$app/environment";
import type { HandleClientError } from "@sveltejs/kit";
import { painted } from "$lib/state/painted";
import { reloadOnce } from "$lib/reload";

/** Runs once, before the app takes over the page. */
export async function init(): Promise<void> {
  // A part of the app that is loaded on demand, under a name that a later deployment removed. Offline the part is only
  // out of reach, and a reload would lose the page.
  window.addEventListener("vite:preloadError", (event) => {
    if (!navigator.onLine) return;
    if (reloadOnce(version, tab)) event.preventDefault();
  });
  // Otherwise the app's first work comes before the first paint.
  await painted();
}

/** The error for the error page. An unknown address is no fault of the app, so it is not logged. */
export const handleError: HandleClientError = ({ error, status, message }) => {
  if (status !== 404) console.error(error);
  return { message };
};

const tab = {
  read(key: string): string | null {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  },
  write(key: string, value: string): boolean {
    try {
      sessionStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  },
  reload: () => location.reload(),
};
