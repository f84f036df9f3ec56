/** What a reload needs of the browser. */
export interface Page {
  read(key: string): string | null;
  write(key: string, value: string): boolean;
  reload(): void;
}

const KEY = "oneai.reloaded";

/** Reloads the page once for each version of the app, because a part of it is not there any more after a deployment.
 *  False where that was tried before, or cannot be remembered: reloading for ever would be worse than an error. */
export function reloadOnce(version: string, page: Page): boolean {
  if (page.read(KEY) === version || !page.write(KEY, version)) return false;
  page.reload();
  return true;
}
