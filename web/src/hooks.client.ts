import { version } from "$app/environment";
import type { HandleClientError } from "@sveltejs/kit";
import { painted } from "$lib/state/frames";
import { reloadOnce } from "$lib/reload";

/** Runs once, before the app takes the page over. */
export async function init(): Promise<void> {
  // A part of the app that is loaded when it is needed, under a name that a deployment since has removed. Offline it is
  // only out of reach, and a reload would lose the page.
  window.addEventListener("vite:preloadError", (event) => {
    if (!navigator.onLine) return;
    if (reloadOnce(version, tab)) event.preventDefault();
  });
  // The app's first work would otherwise come before the first paint.
  await painted();
}

/** What the error page is told. An address without a page is no fault of the app, so nothing is written of it. */
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
