import { ApiError } from "../api/errors.ts";
import { Store } from "./store.ts";

export type ResourceState<T> =
  { state: "loading" } | { state: "ready"; value: T } | { state: "failed"; failure: ApiError };

/** One thing that a page reads when it opens: loading, there, or why not. */
export class Resource<T> {
  readonly store = new Store<ResourceState<T>>({ state: "loading" });
  #read: () => Promise<T>;
  #last = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** Reads it, or reads it again: what is shown stays until the new value is there. A read that was overtaken by a later
   *  one changes nothing. */
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

  /** The value, as an answer to a change has it. */
  set(value: T): void {
    this.#last++;
    this.store.set({ state: "ready", value });
  }
}

/** Any failure as one of the API: what is none of its own is a fault of the page. */
export function asApiError(failure: unknown): ApiError {
  return failure instanceof ApiError ? failure : new ApiError(500, {}, null);
}
