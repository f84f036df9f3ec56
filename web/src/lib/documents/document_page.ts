import type { Wait } from "../state/poll.ts";
import { offline } from "../offline.ts";
import { PagedList, type Page } from "../state/paged_list.ts";
import { Resource } from "../state/resource.ts";
import { Store } from "../state/store.ts";
import { backend, type Backend } from "./backend.ts";
import { Polling, type Visibility } from "./polling.ts";
import { isBeingSummarised, isUnderWay, type Chunk, type DocumentDetail } from "./types.ts";

/** The passage of a link: a chunk by its number, the first of a page, or the first under a heading. */
export interface Place {
  chunk?: number;
  page?: number;
  heading?: string;
}

/** The place in an address: `?chunk=4`, `#4`, `?page=3` or `?heading=Term`; null: the beginning. */
export function placeOf({ searchParams, hash }: Pick<URL, "searchParams" | "hash">): Place | null {
  const number = (text: string | null) => (/^[1-9]\d{0,6}$/.test(text ?? "") ? Number(text) : undefined);
  const chunk = number(searchParams.get("chunk")) ?? number(hash.slice(1));
  const page = number(searchParams.get("page"));
  const heading = searchParams.get("heading");
  if (chunk !== undefined) return { chunk };
  if (page !== undefined) return { page };
  return heading ? { heading } : null;
}

/** The chunk at a place. For a page on which no chunk begins, the last chunk before it. Null if it is not among these.
 *
 *  @param complete whether these are all chunks of the document
 */
export function chunkAt(chunks: readonly Chunk[], { chunk, page, heading }: Place, complete: boolean): Chunk | null {
  if (chunk !== undefined) return chunks.find(({ ordinal }) => ordinal === chunk) ?? null;
  if (heading !== undefined) return chunks.find((each) => each.heading === heading) ?? null;
  const wanted = page ?? 0;
  const first = chunks.find((each) => each.page === wanted);
  if (first) return first;
  const beyond = chunks.findIndex((each) => (each.page ?? 0) > wanted);
  if (beyond < 0 && !complete) return null;
  return chunks.findLast((each) => (each.page ?? Infinity) < wanted) ?? null;
}

type Reads = Pick<Backend, "read" | "chunks">;

/** One document: its details, its text in chunks, and its progress while it is processed. */
export class DocumentView {
  readonly id: string;
  readonly detail: Resource<DocumentDetail>;
  readonly chunks: PagedList<Chunk>;
  /** The chunk in the address, once it is found. */
  readonly marked = new Store<number | null>(null);
  #backend: Reads;
  #etag: string | null = null;
  #polling: Polling;

  constructor(id: string, use: Reads = backend, visibility?: Visibility, wait?: Wait) {
    this.id = id;
    this.#backend = use;
    this.detail = new Resource(() => offline.read(`document ${id}`, () => this.#read()));
    this.chunks = new PagedList((cursor) =>
      offline.read(`chunks ${id} ${cursor}`, (): Promise<Page<Chunk>> => use.chunks(id, cursor)),
    );
    this.#polling = new Polling(() => this.#look(), visibility, wait);
    this.detail.store.subscribe((now) =>
      this.#polling.want(now.state === "ready" && (isUnderWay(now.value) || isBeingSummarised(now.value))),
    );
  }

  /** Reads the document, and its chunks up to `place`, which is marked. */
  async open(place: Place | null): Promise<void> {
    await Promise.all([this.detail.load(), this.chunks.load()]);
    if (place) await this.find(place);
  }

  /** Marks the chunk at a place, and reads chunks until it is there. */
  async find(place: Place): Promise<void> {
    for (;;) {
      const now = this.chunks.resource.store.value;
      if (now.state !== "ready") return;
      const { items, next_cursor } = now.value;
      const chunk = chunkAt(items, place, next_cursor === null);
      if (chunk || next_cursor === null) return this.marked.set(chunk?.ordinal ?? null);
      await this.chunks.loadMore();
      if (this.chunks.more.value.failure || this.chunks.resource.store.value === now) return;
    }
  }

  /** Shows the response to a change, and polls while the document is processed. */
  async changed(): Promise<void> {
    this.#etag = null;
    await this.detail.load();
  }

  /** Stops polling. */
  leave(): void {
    this.#polling.leave();
  }

  async #read(): Promise<DocumentDetail> {
    const read = await this.#backend.read(this.id, null);
    this.#etag = read!.etag; // without a tag the response is never null
    return read!.value;
  }

  async #look(): Promise<boolean> {
    const read = await this.#backend.read(this.id, this.#etag);
    if (!read) return false;
    this.#etag = read.etag;
    const before = this.detail.store.value;
    this.detail.set(read.value);
    const grown = before.state !== "ready" || before.value.chunks !== read.value.chunks;
    if (grown) await this.chunks.load();
    return true;
  }
}
