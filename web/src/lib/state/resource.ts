import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "./store.ts";

export type ResourceState<T> =
  { state: "loading" } | { state: "ready"; value: T } | { state: "failed"; failure: ApiError };

/** Data that a page reads when it opens: loading, ready or failed. */
export class Resource<T> {
  readonly store = new Store<ResourceState<T>>({ state: "loading" });
  #read: () => Promise<T>;
  #last = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads it, or reads it again. The shown value stays until the new one arrives. A read overtaken by a later one
   *  changes nothing. */
  async load(): Promise<void> {
    const number = ++this.#last;
    if (this.store.value.state === "failed") this.store.set({ state: "loading" });
    try {
      const value = await this.#read();
      if (number === this.#last) this.store.set({ state: "ready", value });
    } catch (failure) {
      if (number !== this.#last) return;
      this.store.set({ state: "failed", failure: asApiError(failure) });
    }
  }

  /** Sets the value from the response to a change. */
  set(value: T): void {
    this.#last++;
    this.store.set({ state: "ready", value });
  }
}
