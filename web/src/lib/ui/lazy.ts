import { Store } from "../state/store.ts";

/** A module that is loaded on demand. A failed load is repeated at the next call. */
export class Lazy<T> {
  readonly store = new Store<T | null>(null);
  #load: () => Promise<{ default: T }>;
  #loading = false;

  constructor(load: () => Promise<{ default: T }>) {
    this.#load = load;
  }

  /** Starts to load, unless it is loaded or loading. Returns false on failure. */
  async load(): Promise<boolean> {
    if (this.store.value !== null || this.#loading) return true;
    this.#loading = true;
    try {
      this.store.set((await this.#load()).default);
      return true;
    } catch {
      return false;
    } finally {
      this.#loading = false;
    }
  }
}
