import { unreadKey } from "./side_bar_keys.ts";
import { Store } from "./state/store.ts";
import * as storage from "./storage.ts";

/** The most conversations that are remembered; the oldest go first. */
const MOST = 200;

type Storage = Pick<typeof storage, "read" | "write">;
type Listed = { readonly id: string; readonly answering: boolean };

/** Answers that ended while their conversation was not open, as one user's device saw it. If storage is full or
 *  forbidden, they last as long as the page. */
export class UnreadAnswers {
  /** The conversations with an unread answer. */
  readonly store = new Store<ReadonlySet<string>>(new Set());
  #key: string;
  #storage: Storage;
  /** Conversations that were being answered when they were last listed. */
  #awaited = new Set<string>();

  constructor(user: string, use: Storage = storage) {
    this.#key = unreadKey(user);
    this.#storage = use;
    this.readAgain();
  }

  /** Compares a list with the one before: an answer that has ended since is unread, unless its conversation is
   *  `open`. */
  saw(listed: readonly Listed[], open: string | null): void {
    const unread = new Set(this.store.value);
    const awaited = new Set(this.#awaited);
    for (const { id, answering } of listed) {
      if (answering) awaited.add(id);
      else if (awaited.delete(id) && id !== open) unread.add(id);
      if (answering || id === open) unread.delete(id);
    }
    this.#keep(unread, awaited);
  }

  /** The conversation was opened, or deleted. */
  clear(id: string): void {
    if (!this.store.value.has(id)) return;
    const unread = new Set(this.store.value);
    unread.delete(id);
    this.#keep(unread, this.#awaited);
  }

  /** Reads what another tab has written. A damaged value counts as empty. */
  readAgain(): void {
    const { unread, awaited } = parse(this.#storage.read(this.#key));
    this.#awaited = new Set(awaited);
    if (!same(this.store.value, new Set(unread))) this.store.set(new Set(unread));
  }

  #keep(unread: Set<string>, awaited: Set<string>): void {
    if (same(unread, this.store.value) && same(awaited, this.#awaited)) return;
    const kept = [...unread].slice(-MOST);
    this.#awaited = new Set([...awaited].slice(-MOST));
    const empty = kept.length === 0 && this.#awaited.size === 0;
    this.#storage.write(this.#key, empty ? null : JSON.stringify({ unread: kept, awaited: [...this.#awaited] }));
    if (!same(this.store.value, new Set(kept))) this.store.set(new Set(kept));
  }
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}

function parse(text: string | null): { unread: string[]; awaited: string[] } {
  try {
    const { unread, awaited } = JSON.parse(text ?? "{}") as Record<string, unknown>;
    return { unread: texts(unread), awaited: texts(awaited) };
  } catch {
    return { unread: [], awaited: [] };
  }
}

function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
}
