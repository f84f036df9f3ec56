import type { components, paths } from "$types/api";
import { api, body } from "../api/client.ts";
import type { ApiError } from "../api/errors.ts";
import { asApiError } from "../resource.ts";
import { Store } from "../store.ts";

/** A place that was found. `highlights` are pairs, which the generated client does not say. */
export type SearchHit = Omit<components["schemas"]["SearchHit"], "highlights"> & { highlights: number[][] };
export type SearchFilter = Omit<NonNullable<paths["/api/search"]["get"]["parameters"]["query"]>, "q" | "cursor">;
type SearchPage = { items: SearchHit[]; next_cursor: string | null };
type ReadPage = (query: SearchFilter & { q: string; cursor?: string }, signal: AbortSignal) => Promise<SearchPage>;

export interface SearchState {
  /** `idle`: there are no words to look for. While `loading` the hits before are shown. */
  state: "idle" | "loading" | "ready" | "failed";
  /** The words that the hits are for. */
  words: string;
  hits: readonly SearchHit[];
  more: boolean;
  failure?: ApiError;
}

/** Milliseconds after the last key before the API is asked. */
const PAUSE = 200;
const IDLE: SearchState = { state: "idle", words: "", hits: [], more: false };

const readPage: ReadPage = async (query, signal) =>
  body((await api()).GET("/api/search", { params: { query }, signal }));

/** A search as it is typed. An answer that a later search has overtaken is dropped. */
export class Search {
  readonly store = new Store<SearchState>(IDLE);
  #read: ReadPage;
  #filter: SearchFilter;
  #cursor: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = new AbortController();
  /** What was asked last: the words and where their page begins. */
  #last: [string, string | null] = ["", null];

  constructor(filter: SearchFilter = {}, read: ReadPage = readPage) {
    this.#filter = filter;
    this.#read = read;
  }

  /** Looks for these words, shortly after the last call. */
  type(words: string): void {
    clearTimeout(this.#timer);
    if (!words.trim()) return this.#reset();
    this.#timer = setTimeout(() => void this.find(words), PAUSE);
  }

  /** Looks for these words now. The store says how that went. */
  async find(words: string, filter: SearchFilter = this.#filter): Promise<void> {
    clearTimeout(this.#timer);
    this.#filter = filter;
    if (!words.trim()) return this.#reset();
    await this.#page(words.trim(), null);
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

/** The page of a hit: its conversation, opened at the message. */
export function hitAddress({ conversation_id, message_id }: SearchHit): string {
  return message_id ? `/c/${conversation_id}?message=${message_id}` : `/c/${conversation_id}`;
}
