import { version } from "$app/environment";
import { reloadOnce } from "$lib/reload";

/** Runs once, before the first page is shown. */
export function init(): void {
  // A part of the app that is loaded when it is needed, under a name that a deployment since has removed. Offline it is
  // only out of reach, and a reload would lose the page.
  window.addEventListener("vite:preloadError", (event) => {
    if (!navigator.onLine) return;
    if (reloadOnce(version, tab)) event.preventDefault();
  });
}

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
