import { ApiError, asApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { withCompared } from "./awaited_answers.ts";
import type { Backend } from "./backend.ts";
import { append, change, knowsLive, mergeNewest, prepend, reopened, unlessSame } from "./thread.ts";
import type { ShownMessage } from "./live_answer.ts";
import type { Conversation, ConversationDetail, MessagePage } from "./types.ts";

export type Status =
  { state: "new" } | { state: "loading" } | { state: "ready" } | { state: "failed"; failure: ApiError };

const NOTHING: MessagePage = { items: [], compared: [], next_cursor: null, summarised_until: null };

/** Whether there are more messages beyond the loaded ones. */
type Further = "none" | "more" | "loading" | "failed";

/** One conversation: its details, and a stretch of its visible branch without gaps. The stretch usually ends at the
 *  newest message. It can also lie around a message far back, or start at the first one. */
export class ConversationStore {
  readonly status: Store<Status>;
  readonly details = new Store<Conversation | null>(null);
  readonly messages = new Store<readonly ShownMessage[]>([]);
  /** The id of the last message in whose place models may read a summary; null if there is none. */
  readonly summarisedUntil = new Store<string | null>(null);
  readonly older = new Store<Further>("none");
  /** Unless it is "none", the newest message is not loaded. */
  readonly newer = new Store<Further>("none");
  id: string | null;
  #backend: Backend;
  #olderCursor: string | null = null;
  #newerCursor: string | null = null;
  /** Reads are numbered as they begin. Those up to `#outdated` do not know what the page shows by now. */
  #begun = 0;
  #outdated = 0;

  constructor(backend: Backend, id: string | null) {
    this.#backend = backend;
    this.id = id;
    this.status = new Store<Status>(id ? { state: "loading" } : { state: "new" });
  }

  /** Reads the conversation and its newest messages. The status has the result. */
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

  /** Reads changes from another tab or the API. A question that was sent in the meantime stays. Throws ApiError. */
  async refresh(): Promise<void> {
    if (!this.id) return;
    const number = ++this.#begun;
    const read = await this.#backend.conversation(this.id);
    if (number > this.#outdated && knowsLive(this.messages.value, read.messages)) {
      this.#outdated = number;
      this.#take(read, false);
    }
    this.status.set({ state: "ready" });
  }

  /** Loads one page of older messages. */
  async loadOlder(): Promise<void> {
    const cursor = this.#olderCursor;
    if (!this.id || !cursor || this.older.value === "loading") return;
    this.older.set("loading");
    try {
      const page = await this.#backend.messages(this.id, cursor);
      if (cursor !== this.#olderCursor) return;
      this.messages.update((thread) => prepend(thread, withCompared(page)));
      this.#noteSummary(page);
      this.#setOlder(page.next_cursor);
    } catch {
      if (cursor === this.#olderCursor) this.older.set("failed");
    }
  }

  /** Loads one page of later messages. */
  async loadNewer(): Promise<void> {
    const cursor = this.#newerCursor;
    if (!this.id || !cursor || this.newer.value === "loading") return;
    this.newer.set("loading");
    try {
      const page = await this.#backend.messages(this.id, cursor, { direction: "newer" });
      if (cursor !== this.#newerCursor) return;
      this.messages.update((thread) => append(thread, withCompared(page)));
      this.#noteSummary(page);
      this.#setNewer(page.next_cursor);
    } catch {
      if (cursor === this.#newerCursor) this.newer.set("failed");
    }
  }

  /** Loading older messages failed. The next request tries again. */
  retryOlder(): void {
    if (this.older.value === "failed") this.#setOlder(this.#olderCursor);
  }

  /** The same for later ones. */
  retryNewer(): void {
    if (this.newer.value === "failed") this.#setNewer(this.#newerCursor);
  }

  /** Loads this message with its neighbours, unless it is loaded. Returns false if it is not on the visible branch.
   *  Throws ApiError if it cannot be read. */
  async reach(messageId: string): Promise<boolean> {
    if (this.messages.value.some((message) => message.id === messageId)) return true;
    const whole = this.older.value === "none" && this.newer.value === "none";
    if (!this.id || whole) return false;
    try {
      await this.#openAfter(await this.#backend.messages(this.id, null, { starting_after: messageId }));
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) return false;
      throw failure;
    }
    return this.messages.value.some((message) => message.id === messageId);
  }

  /** Shows the conversation from its first message. Throws ApiError. */
  async openFirst(): Promise<void> {
    if (this.older.value !== "none") await this.#openAfter(NOTHING);
  }

  /** Shows the newest messages again if the reader is far back. Throws ApiError. */
  async openNewest(): Promise<void> {
    if (!this.id || this.newer.value === "none") return;
    this.#take(await this.#backend.conversation(this.id), true);
  }

  /** Shows the branch of this version. Throws ApiError. */
  async activate(messageId: string): Promise<void> {
    if (!this.id) return;
    const version = await this.#backend.activate(this.id, messageId);
    const { messages: _, ...details } = await this.#backend.conversation(this.id);
    const thread = this.messages.value;
    const at = thread.findIndex(({ sequence_number }) => sequence_number === version.sequence_number);
    const above = thread[at - 1];
    if (above) {
      const after = await this.#backend.messages(this.id, null, { direction: "newer", starting_after: above.id });
      this.messages.set([...thread.slice(0, at), ...reopened(thread, withCompared(after))]);
      this.#setNewer(after.next_cursor);
      this.#noteSummary(after);
    } else {
      const isFirst = at === 0 && this.older.value === "none";
      await this.#openAfter(
        isFirst ? NOTHING : await this.#backend.messages(this.id, null, { starting_after: version.id }),
      );
    }
    this.details.set(details);
  }

  /** Shows a thread that ends with a question and its answer. Returns a function that restores the thread before. */
  extend(thread: readonly ShownMessage[]): () => void {
    const show = (messages: readonly ShownMessage[], newer: string | null) => {
      this.messages.set(messages);
      this.#setNewer(newer);
    };
    const [before, cursor] = [this.messages.value, this.#newerCursor];
    this.outdateReads();
    show(thread, null);
    return () => show(before, cursor);
  }

  /** The page knows more than each read that has begun: what these find is not shown. */
  outdateReads(): void {
    this.#outdated = this.#begun;
  }

  /** Changes one message by its key. */
  change(key: string, changes: Partial<ShownMessage>): void {
    this.messages.update((thread) => change(thread, key, changes));
  }

  /** Shows a page and the next one, and the loaded messages if they follow. */
  async #openAfter(before: MessagePage): Promise<void> {
    const last = before.items.at(-1);
    const after = await this.#backend.messages(this.id!, null, {
      direction: "newer",
      ...(last && { starting_after: last.id }),
    });
    const thread = this.messages.value;
    const opened = [...withCompared(before), ...withCompared(after)];
    const joint = thread.findIndex((message) => message.id === opened.at(-1)?.id);
    this.messages.set([...reopened(thread, opened), ...(joint < 0 ? [] : thread.slice(joint + 1))]);
    this.#setOlder(before.next_cursor);
    this.#noteSummary(after);
    if (joint < 0) this.#setNewer(after.next_cursor);
  }

  #take({ messages, ...details }: ConversationDetail, replaced: boolean): void {
    this.details.set(details);
    this.#noteSummary(messages);
    // The reader is far back, and the newest messages are not shown.
    if (!replaced && this.newer.value !== "none") return;
    const before = this.messages.value;
    const { thread, connects } = replaced
      ? { thread: reopened(before, withCompared(messages)), connects: false }
      : mergeNewest(before, withCompared(messages));
    const kept = connects && thread.length > messages.items.length;
    this.messages.set(unlessSame(before, thread));
    this.#setNewer(null);
    if (!kept) this.#setOlder(messages.next_cursor); // otherwise the earlier cursor is still right
  }

  /** Every page but an empty one has the summary of the visible branch. */
  #noteSummary({ items, summarised_until }: MessagePage): void {
    if (items.length > 0) this.summarisedUntil.set(summarised_until);
  }

  #setOlder(cursor: string | null): void {
    this.#olderCursor = cursor;
    this.older.set(cursor ? "more" : "none");
  }

  #setNewer(cursor: string | null): void {
    this.#newerCursor = cursor;
    this.newer.set(cursor ? "more" : "none");
  }
}
