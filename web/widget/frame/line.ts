import type { EventName, ToFrame } from "../messages.ts";
import type { Api } from "./api.ts";
import type { Conversation } from "./conversation.ts";
import type { Host } from "./host.ts";
import type { HandleStore } from "./storage.ts";

/** What the website's page wants of the chat, and what it learns: never a text of the conversation. */
export class Line {
  /** Closes the chat; null where there is nothing to close. */
  onClose: (() => void) | null = null;
  #host: Host;
  #api: Api;
  #conversation: Conversation;
  #handles: HandleStore;
  #focus: () => void = () => {};
  #open = false;
  #unread = 0;

  constructor(host: Host, api: Api, conversation: Conversation, handles: HandleStore) {
    this.#host = host;
    this.#api = api;
    this.#conversation = conversation;
    this.#handles = handles;
    api.onIdentityRefused = () => this.event("error", { reason: "identity_invalid" });
  }

  /** Calls back when the chat opens. Returns a function that unsubscribes. */
  onFocus(focus: () => void): () => void {
    this.#focus = focus;
    if (this.#open) focus();
    return () => (this.#focus = () => {});
  }

  event(name: EventName, detail?: Record<string, string | number>): void {
    this.#host.send({ type: "event", name, ...(detail && { detail }) });
  }

  /** An answer has ended. While the chat is closed it is counted as new. */
  answered(): void {
    this.event("message_received");
    if (this.#open || !this.onClose) return;
    this.#unread += 1;
    this.#host.send({ type: "unread", count: this.#unread });
  }

  /** Deletes what the API and this device know of the visitor. Throws ApiError. */
  async forget(): Promise<void> {
    if (this.#api.isKnown) await this.#api.forget();
    else this.#api.end();
    this.#handles.forget();
  }

  async receive(message: ToFrame): Promise<void> {
    if (message.type === "open") {
      this.#open = true;
      this.#unread = 0;
      this.#focus();
    } else if (message.type === "close") this.#open = false;
    else if (message.type === "place") this.#api.place = message.place;
    else if (message.type === "identify") {
      if (!this.#api.identify(message.token)) return;
      this.#conversation.reset();
      await this.#conversation.load();
    } else if (message.type === "reset") this.#conversation.reset();
    else if (message.type === "shutdown") {
      // The visitor's conversations stay theirs; this device forgets who they are.
      this.#conversation.reset();
      this.#api.end();
      this.#handles.forget();
      this.#host.send({ type: "forgotten" });
    }
  }
}
