/** The parts of the browser that a reload uses. */
export interface Page {
  read(key: string): string | null;
  write(key: string, value: string): boolean;
  reload(): void;
}

const KEY = "oneai.reloaded";

/** Reloads the page once for each version of the app, because a deployment removed a part of it. Returns false if that
 *  was tried before or cannot be remembered: an endless reload would be worse than an error. */
export function reloadOnce(version: string, page: Page): boolean {
  if (page.read(KEY) === version || !page.write(KEY, version)) return false;
  page.reload();
  return true;
}
