import { read, write } from "../storage.ts";

/** Where the session is kept: the browser's storage, and the page itself for what that does not take, so that a full
 *  storage signs nobody out. */
export class SessionStorage {
  #unwritten = new Map<string, string>();

  getItem(key: string): string | null {
    return this.#unwritten.get(key) ?? read(key);
  }

  setItem(key: string, value: string): void {
    if (write(key, value)) this.#unwritten.delete(key);
    else this.#unwritten.set(key, value);
  }

  removeItem(key: string): void {
    this.#unwritten.delete(key);
    write(key, null);
  }
}
