import { Resource } from "./resource.ts";
import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "./store.ts";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** A list read in pages, the newest first. */
export class PagedList<T> {
  readonly resource: Resource<Page<T>>;
  /** Whether another page is being read, and why the last one failed. */
  readonly more = new Store<{ busy: boolean; failure: ApiError | null }>({ busy: false, failure: null });
  readonly #read: (cursor: string | null) => Promise<Page<T>>;

  constructor(read: (cursor: string | null) => Promise<Page<T>>) {
    this.#read = read;
    this.resource = new Resource(() => read(null));
  }

  /** Reads the first page, or reads it again. */
  async load(): Promise<void> {
    this.more.set({ busy: false, failure: null });
    await this.resource.load();
  }

  /** Adds the next page. */
  async loadMore(): Promise<void> {
    const shown = this.resource.store.value;
    if (shown.state !== "ready" || shown.value.next_cursor === null || this.more.value.busy) return;
    this.more.set({ busy: true, failure: null });
    try {
      const page = await this.#read(shown.value.next_cursor);
      if (this.resource.store.value !== shown) return; // it was read again in the meantime
      this.resource.set({ items: [...shown.value.items, ...page.items], next_cursor: page.next_cursor });
      this.more.set({ busy: false, failure: null });
    } catch (failure) {
      this.more.set({ busy: false, failure: asApiError(failure) });
    }
  }
}
