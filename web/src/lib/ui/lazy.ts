import { Store } from "../state/store.ts";

/** A module that is loaded when it is first needed. A load that failed is tried anew at the next call. */
export class Lazy<T> {
  readonly store = new Store<T | null>(null);
  #load: () => Promise<{ default: T }>;
  #loading = false;

  constructor(load: () => Promise<{ default: T }>) {
    this.#load = load;
  }

  /** Begins to load, unless that is done or under way. False where it failed. */
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
