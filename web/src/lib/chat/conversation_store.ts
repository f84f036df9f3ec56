import { ApiError } from "../api/errors.ts";
import { Store } from "../store.ts";
import type { Backend } from "./backend.ts";
import { change, mergeNewest, prepend, shown } from "./thread.ts";
import type { Conversation, ConversationDetail, Message, ShownMessage } from "./types.ts";

export type Status =
  { state: "new" } | { state: "loading" } | { state: "ready" } | { state: "failed"; failure: ApiError };

/** One conversation: what is known about it, and the messages of its visible branch, loaded from the newest backwards. */
export class ConversationStore {
  readonly status: Store<Status>;
  readonly details = new Store<Conversation | null>(null);
  readonly messages = new Store<readonly ShownMessage[]>([]);
  /** Whether there are older messages than those loaded. */
  readonly older = new Store<"none" | "more" | "loading" | "failed">("none");
  id: string | null;
  #backend: Backend;
  #cursor: string | null = null;

  constructor(backend: Backend, id: string | null) {
    this.#backend = backend;
    this.id = id;
    this.status = new Store<Status>(id ? { state: "loading" } : { state: "new" });
  }

  /** Reads the conversation and its newest messages. The status says how that went. */
  async load(): Promise<void> {
    if (!this.id) return;
    this.status.set({ state: "loading" });
    try {
      this.#take(await this.#backend.conversation(this.id), true);
      this.status.set({ state: "ready" });
    } catch (failure) {
      this.status.set({ state: "failed", failure: asApiError(failure) });
    }
  }

  /** Reads again what another tab, or the API, may have changed. Throws ApiError. */
  async refresh(): Promise<void> {
    if (!this.id) return;
    this.#take(await this.#backend.conversation(this.id), false);
    this.status.set({ state: "ready" });
  }

  /** One page of older messages before those that are there. */
  async loadOlder(): Promise<void> {
    if (!this.id || !this.#cursor || this.older.value === "loading") return;
    this.older.set("loading");
    const cursor = this.#cursor;
    try {
      const page = await this.#backend.messages(this.id, cursor);
      if (cursor !== this.#cursor) return;
      this.messages.update((thread) => prepend(thread, page.items));
      this.#cursor = page.next_cursor;
      this.older.set(page.next_cursor ? "more" : "none");
    } catch {
      this.older.set("failed");
    }
  }

  /** Older messages could not be loaded: the next attempt begins when they are wanted again. */
  retryOlder(): void {
    if (this.older.value === "failed") this.older.set(this.#cursor ? "more" : "none");
  }

  /** Loads older messages until this one is there. False if it is not on the visible branch, or could not be read. */
  async reach(messageId: string): Promise<boolean> {
    const there = () => this.messages.value.some((message) => message.id === messageId);
    while (!there() && (this.older.value === "more" || this.older.value === "loading")) {
      await this.loadOlder();
      if (this.older.value === "loading") await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return there();
  }

  /** Shows the branch that hangs on this version, whole. Throws ApiError. */
  async activate(messageId: string): Promise<void> {
    if (!this.id) return;
    const version = await this.#backend.activate(this.id, messageId);
    const before = this.messages.value;
    const at = before.findIndex(
      (each) => each.sequence_number === version.sequence_number && each.role === version.role,
    );
    const detail = await this.#backend.conversation(this.id);
    let { items, next_cursor } = detail.messages;
    const kept = at < 0 ? [] : before.slice(0, at);
    const joins = (first: Message | undefined) =>
      !first ||
      first.sequence_number <= version.sequence_number ||
      kept.some((each) => each.id === first.parent_message_id);
    while (next_cursor && !joins(items[0])) {
      const page = await this.#backend.messages(this.id, next_cursor);
      items = [...page.items, ...items];
      next_cursor = page.next_cursor;
    }
    this.messages.set(kept);
    this.#take({ ...detail, messages: { items, next_cursor } }, false);
  }

  /** Changes one message that is shown, by its key. */
  change(key: string, changes: Partial<ShownMessage>): void {
    this.messages.update((thread) => change(thread, key, changes));
  }

  #take({ messages, ...details }: ConversationDetail, anew: boolean): void {
    this.details.set(details);
    const before = this.messages.value;
    const { thread, connects } = anew
      ? { thread: messages.items.map(shown), connects: false }
      : mergeNewest(before, messages.items);
    const kept = connects && thread.length > messages.items.length;
    this.messages.set(thread);
    if (kept) return; // the cursor of what was loaded before still leads on
    this.#cursor = messages.next_cursor;
    this.older.set(messages.next_cursor ? "more" : "none");
  }
}

/** Whatever was thrown as an ApiError; what is none is our own mistake, with the code "unexpected". */
export function asApiError(failure: unknown): ApiError {
  return failure instanceof ApiError ? failure : new ApiError(500, {}, null);
}
