import type { components } from "$types/api";
import { api, body } from "../api/client.ts";
import { publicGet, publicPost } from "../api/public.ts";
import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";

type Schemas = components["schemas"];
export type Shared = Schemas["SharedConversation"];
export type SharedMessage = Schemas["SharedMessage"];
export type ReportKind = NonNullable<Schemas["ReportRequest"]["kind"]>;

export interface SharedState {
  /** `gone`: revoked, ended, taken down or nonexistent; the API does not say which. */
  state: "loading" | "ready" | "gone" | "failed";
  about?: Omit<Shared, "messages">;
  messages: readonly SharedMessage[];
  /** Answers that were asked together with the last message and are shown beside it. */
  compared: readonly SharedMessage[];
  /** Whether there are more messages, and whether they are being read. */
  more: boolean;
  reading: boolean;
  failure?: ApiError;
}

type ReadPage = (token: string, cursor: string | null) => Promise<Shared>;
const readPage: ReadPage = (token, cursor) =>
  publicGet(`/api/shared/${encodeURIComponent(token)}${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`);

/** The conversation of a link, from its first message, in pages. */
export class SharedConversation {
  readonly store = new Store<SharedState>({
    state: "loading",
    messages: [],
    compared: [],
    more: false,
    reading: false,
  });
  readonly token: string;
  #cursor: string | null = null;
  #read: ReadPage;
  // One copy per page, even if the button is pressed often or a response is lost.
  #forkKey = crypto.randomUUID();

  constructor(token: string, read: ReadPage = readPage) {
    this.token = token;
    this.#read = read;
  }

  /** Reads it from the start; for a live link, with new messages. The shown content stays until then. */
  async load(): Promise<void> {
    await this.#page(null);
  }

  /** Reads the next page, unless one is being read. */
  async more(): Promise<void> {
    if (this.#cursor && !this.store.value.reading) await this.#page(this.#cursor);
  }

  /** Copies it into the signed-in user's account. Returns the id of the copy. Throws ApiError. */
  async fork(): Promise<string> {
    const params = { path: { token: this.token }, header: { "Idempotency-Key": this.#forkKey } };
    return (await body((await api()).POST("/api/shared/{token}/fork", { params }))).conversation_id;
  }

  /** Reports it to the operators. Throws ApiError. */
  async report(kind: ReportKind, reason: string): Promise<void> {
    await publicPost(`/api/shared/${encodeURIComponent(this.token)}/report`, { kind, reason });
  }

  async #page(cursor: string | null): Promise<void> {
    this.store.update((value) => ({ ...value, reading: true }));
    try {
      const { messages, ...about } = await this.#read(this.token, cursor);
      this.#cursor = messages.next_cursor;
      this.store.update((value) => ({
        state: "ready",
        about,
        messages: cursor ? [...value.messages, ...messages.items] : messages.items,
        compared: messages.compared,
        more: messages.next_cursor !== null,
        reading: false,
      }));
    } catch (failure) {
      const error = asApiError(failure);
      const state = error.status === 404 ? "gone" : "failed";
      this.store.update((value) => ({ ...value, state, failure: error, reading: false }));
    }
  }
}
