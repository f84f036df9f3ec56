import type { components } from "$types/api";
import { api, body } from "./api/client.ts";
import { asApiError, type ApiError } from "./api/errors.ts";
import { offline } from "./offline.ts";
import { Store } from "./state/store.ts";

export type ListedConversation = components["schemas"]["Conversation"];
export type ConversationFilter = NonNullable<
  import("$types/api").paths["/api/conversations"]["get"]["parameters"]["query"]
>;

export interface ConversationList {
  items: readonly ListedConversation[];
  state: "loading" | "ready" | "failed";
  more: boolean;
  failure?: ApiError;
}

type ReadPage = (query: ConversationFilter) => Promise<components["schemas"]["ConversationPage"]>;

const readPage: ReadPage = (query) =>
  offline.read(`conversations ${JSON.stringify(query)}`, async () =>
    body((await api()).GET("/api/conversations", { params: { query } })),
  );

/** The user's conversations in pages, the most recent first. */
export class Conversations {
  readonly store = new Store<ConversationList>({ items: [], state: "loading", more: false });
  readonly filter: ConversationFilter;
  #cursor: string | null = null;
  #read: ReadPage;
  #last = 0;
  #changes = 0;

  constructor(filter: ConversationFilter = {}, read: ReadPage = readPage) {
    this.filter = filter;
    this.#read = read;
  }

  /** Reads the first page, and keeps further pages that are loaded. A read overtaken by a later one changes nothing. */
  async refresh(): Promise<void> {
    await this.#page(null, (page, isLast) => {
      if (isLast) return page; // what it lacks is gone
      const fresh = new Set(page.map((each) => each.id));
      const oldest = page.at(-1)?.last_message_at ?? "";
      const rest = this.store.value.items.filter((each) => !fresh.has(each.id) && each.last_message_at <= oldest);
      return [...page, ...rest];
    });
  }

  /** Reads one more page, unless one is being read. */
  async more(): Promise<void> {
    if (this.store.value.state === "loading" || !this.#cursor) return;
    await this.#page(this.#cursor, (page) => {
      const fresh = new Set(page.map((each) => each.id));
      return [...this.store.value.items.filter((each) => !fresh.has(each.id)), ...page];
    });
  }

  /** Shows a change at once, before the API is asked again. */
  change(id: string, changes: Partial<ListedConversation>): void {
    this.#changes++;
    const items = this.store.value.items.map((each) => (each.id === id ? { ...each, ...changes } : each));
    this.store.set({ ...this.store.value, items });
  }

  /** Removes deleted or moved conversations from the list. */
  remove(ids: readonly string[]): void {
    this.#changes++;
    const items = this.store.value.items.filter((each) => !ids.includes(each.id));
    this.store.set({ ...this.store.value, items });
  }

  async #page(
    cursor: string | null,
    merge: (page: ListedConversation[], isLast: boolean) => readonly ListedConversation[],
  ): Promise<void> {
    const number = ++this.#last;
    this.store.set({ ...this.store.value, state: "loading" });
    try {
      let page: components["schemas"]["ConversationPage"];
      let changes: number;
      do {
        changes = this.#changes;
        page = await this.#read({ limit: 50, ...this.filter, ...(cursor ? { cursor } : {}) });
        if (number !== this.#last) return;
      } while (changes !== this.#changes); // it was read before a change that is shown
      // The first page's cursor applies only if no further page is loaded.
      if (cursor !== null || this.#cursor === null || this.store.value.items.length <= page.items.length)
        this.#cursor = page.next_cursor;
      this.store.set({
        items: merge(page.items, page.next_cursor === null),
        state: "ready",
        more: this.#cursor !== null,
      });
    } catch (failure) {
      if (number !== this.#last) return;
      const error = asApiError(failure);
      this.store.set({ ...this.store.value, state: "failed", failure: error });
    }
  }
}

/** The conversations in the side bar. */
export const conversations = new Conversations();

/** Folders and tags of these conversations, each in alphabetical order. */
export function labelsOf(conversations: readonly ListedConversation[]): { folders: string[]; tags: string[] } {
  const sorted = (names: Iterable<string>) => [...new Set(names)].sort((one, other) => one.localeCompare(other));
  return {
    folders: sorted(conversations.flatMap(({ folder }) => (folder === null ? [] : [folder]))),
    tags: sorted(conversations.flatMap(({ tags }) => tags)),
  };
}
