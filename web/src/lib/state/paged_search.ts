import { asApiError } from "./resource.ts";
import type { ApiError } from "../api/errors.ts";
import { Store } from "./store.ts";
import { cleanLine } from "../typed/clean.ts";

type ReadPage<Hit, Filter> = (
  query: Filter & { q: string; cursor?: string },
  signal: AbortSignal,
) => Promise<{ items: Hit[]; next_cursor: string | null }>;

export interface SearchState<Hit> {
  /** `idle`: there are no words to look for. While `loading` the hits before are shown. */
  state: "idle" | "loading" | "ready" | "failed";
  /** The words that the hits are for. */
  words: string;
  hits: readonly Hit[];
  more: boolean;
  failure?: ApiError;
}

/** Milliseconds after the last key before the API is asked. */
const PAUSE = 200;
const IDLE = { state: "idle", words: "", hits: [], more: false } as const;

/** A search as it is typed. An answer that a later search has overtaken is dropped. */
export class PagedSearch<Hit, Filter extends object = object> {
  readonly store = new Store<SearchState<Hit>>(IDLE);
  #read: ReadPage<Hit, Filter>;
  #filter: Filter;
  #cursor: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = new AbortController();
  /** What was asked last: the words and where their page begins. */
  #last: [string, string | null] = ["", null];

  constructor(filter: Filter, read: ReadPage<Hit, Filter>) {
    this.#filter = filter;
    this.#read = read;
  }

  /** Looks for these words, shortly after the last call. */
  type(words: string): void {
    clearTimeout(this.#timer);
    if (!cleanLine(words)) return this.#reset();
    this.#timer = setTimeout(() => void this.find(words), PAUSE);
  }

  /** Looks for these words now. The store says how that went. */
  async find(words: string, filter: Filter = this.#filter): Promise<void> {
    clearTimeout(this.#timer);
    this.#filter = filter;
    if (!cleanLine(words)) return this.#reset();
    await this.#page(cleanLine(words), null);
  }

  /** The next hits for the same words. */
  async more(): Promise<void> {
    const { state, words } = this.store.value;
    if (state === "ready" && this.#cursor) await this.#page(words, this.#cursor);
  }

  /** Asks again for what failed. */
  async retry(): Promise<void> {
    await this.#page(...this.#last);
  }

  /** Ends what is under way. */
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
