import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "./store.ts";
import { cleanLine } from "../typed/clean.ts";

type ReadPage<Hit, Filter> = (
  query: Filter & { q: string; cursor?: string },
  signal: AbortSignal,
) => Promise<{ items: Hit[]; next_cursor: string | null }>;

export interface SearchState<Hit> {
  /** `idle`: there are no words to search for. `loading` still shows the previous results. */
  state: "idle" | "loading" | "ready" | "failed";
  /** The words of these results. */
  words: string;
  hits: readonly Hit[];
  more: boolean;
  failure?: ApiError;
}

/** The delay after the last key press, in milliseconds. */
const PAUSE = 200;
const IDLE = { state: "idle", words: "", hits: [], more: false } as const;

/** A search as the user types. Drops responses that a later search has overtaken. */
export class PagedSearch<Hit, Filter extends object = object> {
  readonly store = new Store<SearchState<Hit>>(IDLE);
  #read: ReadPage<Hit, Filter>;
  #filter: Filter;
  #cursor: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = new AbortController();
  /** The last request: the words, and the cursor of their page. */
  #last: [string, string | null] = ["", null];

  constructor(filter: Filter, read: ReadPage<Hit, Filter>) {
    this.#filter = filter;
    this.#read = read;
  }

  /** Searches for these words shortly after the last call. */
  type(words: string): void {
    clearTimeout(this.#timer);
    if (!cleanLine(words)) return this.#reset();
    this.#timer = setTimeout(() => void this.find(words), PAUSE);
  }

  /** Searches for these words now. The store has the result. */
  async find(words: string, filter: Filter = this.#filter): Promise<void> {
    clearTimeout(this.#timer);
    this.#filter = filter;
    if (!cleanLine(words)) return this.#reset();
    await this.#page(cleanLine(words), null);
  }

  /** Reads the next results for the same words. */
  async more(): Promise<void> {
    const { state, words } = this.store.value;
    if (state === "ready" && this.#cursor) await this.#page(words, this.#cursor);
  }

  /** Repeats the failed request. */
  async retry(): Promise<void> {
    await this.#page(...this.#last);
  }

  /** Stops running requests. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#running.abort();
  }

  #reset(): void {
    this.#running.abort();
    this.store.set(IDLE);
  }

  async #page(words: string, cursor: string | null): Promise<void> {
    this.#running.abort();
    const running = (this.#running = new AbortController());
    this.#last = [words, cursor];
    this.store.update((value) => ({ ...value, state: "loading" }));
    try {
      const page = await this.#read({ ...this.#filter, q: words, ...(cursor && { cursor }) }, running.signal);
      if (running.signal.aborted) return;
      this.#cursor = page.next_cursor;
      const hits = cursor ? [...this.store.value.hits, ...page.items] : page.items;
      this.store.set({ state: "ready", words, hits, more: page.next_cursor !== null });
    } catch (failure) {
      if (running.signal.aborted) return;
      this.store.update((value) => ({ ...value, state: "failed", failure: asApiError(failure) }));
    }
  }
}
