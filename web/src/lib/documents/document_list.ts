import { asApiError, type ApiError } from "../api/errors.ts";
import type { Wait } from "../state/poll.ts";
import { offline } from "../offline.ts";
import { Store } from "../state/store.ts";
import { backend, type Tagged } from "./backend.ts";
import { Polling, type Visibility } from "./polling.ts";
import { isUnderWay, type Document, type DocumentFilter, type DocumentPage } from "./types.ts";

/** Documents per page; the API's maximum is a hundred. */
const PAGE = 50;
const LARGEST_PAGE = 100;

export interface DocumentListState {
  state: "loading" | "ready" | "failed";
  items: readonly Document[];
  more: boolean;
  stats: DocumentPage["stats"] | null;
  failure?: ApiError;
}

type Query = DocumentFilter & { limit: number; cursor?: string };
type ReadPage = (query: Query, etag: string | null) => Promise<Tagged<DocumentPage> | null>;

/** Without a network, the list as last read. */
const readPage: ReadPage = (query, etag) =>
  etag
    ? backend.list(query, etag)
    : offline.read(`documents ${JSON.stringify(query)}`, () => backend.list(query, null));

/** A user's documents that match a filter, in pages. Polls documents in progress until they are ready. */
export class DocumentList {
  readonly store = new Store<DocumentListState>({ state: "loading", items: [], more: false, stats: null });
  readonly filter: DocumentFilter;
  #read: ReadPage;
  #polling: Polling;
  #cursor: string | null = null;
  /** The last full read, so that the same data need not be sent again. */
  #tag: { limit: number; etag: string | null } = { limit: 0, etag: null };
  #last = 0;

  constructor(filter: DocumentFilter = {}, read: ReadPage = readPage, visibility?: Visibility, wait?: Wait) {
    this.filter = filter;
    this.#read = read;
    this.#polling = new Polling(() => this.#first(true), visibility, wait);
  }

  /** Reads everything that is shown from the beginning. The store has the result. */
  async refresh(): Promise<void> {
    this.store.update((value) => ({ ...value, state: "loading" }));
    await this.#first(false).catch((failure: unknown) => this.#fail(failure));
  }

  /** Reads one more page, unless one is being read. */
  async more(): Promise<void> {
    if (this.store.value.state === "loading" || !this.#cursor) return;
    const number = ++this.#last;
    this.store.update((value) => ({ ...value, state: "loading" }));
    try {
      const page = await this.#read({ ...this.filter, limit: PAGE, cursor: this.#cursor }, null);
      if (number !== this.#last || !page) return;
      const known = new Set(this.store.value.items.map(({ id }) => id));
      this.#cursor = page.value.next_cursor;
      this.#show([...this.store.value.items, ...page.value.items.filter(({ id }) => !known.has(id))], page.value.stats);
    } catch (failure) {
      if (number === this.#last) this.#fail(failure);
    }
  }

  /** Removes deleted documents before the API is asked again. */
  remove(ids: readonly string[]): void {
    this.store.update((value) => ({ ...value, items: value.items.filter(({ id }) => !ids.includes(id)) }));
  }

  /** Stops polling. */
  leave(): void {
    this.#last++;
    this.#polling.leave();
  }

  /** Whether something has changed. Throws ApiError. */
  async #first(tagged: boolean): Promise<boolean> {
    const number = ++this.#last;
    const limit = Math.min(LARGEST_PAGE, Math.max(PAGE, this.store.value.items.length));
    const etag = tagged && this.#tag.limit === limit ? this.#tag.etag : null;
    const page = await this.#read({ ...this.filter, limit }, etag);
    if (number !== this.#last || !page) return false;
    this.#tag = { limit, etag: page.etag };
    const { items, next_cursor, stats } = page.value;
    const rest = this.store.value.items.slice(limit);
    if (rest.length === 0) this.#cursor = next_cursor;
    const fresh = new Set(items.map(({ id }) => id));
    this.#show([...items, ...rest.filter(({ id }) => !fresh.has(id))], stats);
    return true;
  }

  #show(items: readonly Document[], stats: DocumentPage["stats"]): void {
    this.store.set({ state: "ready", items, more: this.#cursor !== null, stats });
    this.#polling.want(items.slice(0, LARGEST_PAGE).some(isUnderWay));
  }

  #fail(failure: unknown): void {
    this.store.update((value) => ({ ...value, state: "failed", failure: asApiError(failure) }));
  }
}
