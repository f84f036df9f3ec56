import { type EventName, placeOf, type ToPage } from "../messages.ts";
import { Frame } from "./frame.ts";
import { FullScreen } from "./full_screen.ts";
import type { Snippet } from "./snippet.ts";
import { View } from "./view.ts";

/** Times that the widget returns to a page that removes it: a page that insists shall win. */
const RETURNS = 50;
/** The least height of an element that the chat fills, in pixels. */
const LOWEST = 100;

type Emit = (name: EventName, detail?: unknown) => void;

/** The button on a website's page, and the frame once a visitor wants it. */
export class Widget {
  readonly #snippet: Snippet;
  readonly #emit: Emit;
  readonly #view: View;
  readonly #fullScreen: FullScreen;
  #frame: Frame | null = null;
  #open = false;
  #unread = 0;
  #returns = 0;
  #identity: string | null = null;
  #gone = false;
  readonly #press = () => this.toggle();
  /** The button has the focus until the chat is there. */
  readonly #key = ({ key }: KeyboardEvent) => key === "Escape" && this.close();
  /** In a task of its own: a frame and what else the event causes may stop a slow phone for too long. */
  readonly #intend = () => void setTimeout(() => this.#gone || this.#load());
  /** Routers change the address without another page. The page loses the focus when a visitor begins to type. */
  readonly #leave = () => this.#frame?.send({ type: "place", place: here() });
  /** Routers replace the body, morph the whole page or write a new document. Only the document stays. */
  readonly #observer = new MutationObserver(() => this.#attach());

  constructor(snippet: Snippet, emit: Emit) {
    this.#snippet = snippet;
    this.#emit = emit;
    this.#view = new View(snippet);
    const { host, panel } = this.#view;
    this.#fullScreen = new FullScreen(host, panel);
    this.#observer.observe(document, { childList: true, subtree: snippet.inline !== null });
    this.#attach();
    if (snippet.inline !== null) this.open();
  }

  open(): void {
    if (this.#open || this.#gone) return;
    this.#open = true;
    this.#unread = 0;
    this.#opened(this.#load());
    this.#show();
    this.#emit("open");
  }

  close(): void {
    if (!this.#open || this.#snippet.inline !== null) return;
    this.#open = false;
    this.#frame?.send({ type: "close" });
    this.#show();
    this.#view.button.focus();
    this.#emit("close");
  }

  toggle(): void {
    if (this.#open) this.close();
    else this.open();
  }

  /** Says who the visitor is, by a token that the website's own server has signed. */
  identify(token: unknown): void {
    if (typeof token !== "string" || token.length > 4000) return;
    this.#identity = token;
    this.#frame?.send({ type: "identify", token });
  }

  /** Begins another conversation, as the same visitor. */
  reset(): void {
    this.#frame?.send({ type: "reset" });
  }

  /** Forgets the visitor on this device, as after signing out of the website. */
  shutdown(): void {
    this.#identity = null;
    this.#unread = 0;
    this.#keep(null);
    this.close();
    // What the frame has stored can be removed by the frame alone.
    this.#load().send({ type: "shutdown" });
  }

  #load(): Frame {
    if (this.#frame) return this.#frame;
    const init = () => ({ type: "init" as const, handle: this.#kept(), place: here(), ...this.#settings() });
    const frame = new Frame(
      this.#snippet,
      init,
      (message) => this.#receive(message),
      (...why) => this.#fail(...why),
    );
    this.#frame = frame;
    if (this.#identity !== null) frame.send({ type: "identify", token: this.#identity });
    frame.element.title = this.#snippet.label || "Chat";
    this.#view.panel.append(frame.element);
    return frame;
  }

  #settings() {
    return { language: this.#snippet.language || null, inline: this.#snippet.inline !== null };
  }

  #receive(message: ToPage): void {
    if (message.type === "ready") {
      this.#view.name(message.title);
      if (this.#frame) this.#frame.element.title = message.title;
      this.#focus();
      this.#emit("ready");
    } else if (message.type === "close") this.close();
    else if (message.type === "keep") this.#keep(message.handle);
    else if (message.type === "forgotten") this.#drop();
    else if (message.type === "event") this.#emit(message.name, message.detail);
    else if (message.type === "unread") {
      this.#unread = this.#open ? 0 : message.count;
      this.#show();
      this.#emit("unread", { count: this.#unread });
    }
  }

  #fail(reason: string, forGood: boolean): void {
    console.warn(`OneAI: ${reason}`);
    this.#open = false;
    this.#drop();
    this.#show();
    if (forGood) {
      this.#gone = true;
      this.#view.host.remove();
    }
    this.#emit("error", { reason });
  }

  #drop(): void {
    this.#frame?.close();
    this.#frame?.element.remove();
    this.#frame = null;
    if (this.#open) this.#opened(this.#load());
  }

  /** The chat takes the focus when a visitor opens it, and never where it stands in the page and is always open. */
  #opened(frame: Frame): void {
    if (this.#snippet.inline === null) frame.send({ type: "open" });
  }

  #focus(): void {
    if (this.#open && this.#snippet.inline === null) this.#frame?.element.focus();
  }

  #show(): void {
    this.#view.show(this.#open, this.#unread);
    this.#fullScreen.set(this.#open && this.#snippet.inline === null);
    // In a task of its own: it lays the page out.
    setTimeout(() => this.#focus());
  }

  #attach(): void {
    const { host } = this.#view;
    if (host.isConnected || this.#gone || this.#returns > RETURNS) return;
    const place = this.#snippet.inline === null ? document.documentElement : this.#placeInText();
    if (!place) return;
    if (this.#snippet.inline === null) this.#observer.observe(place, { childList: true });
    // An element without a height of its own would show two lines of the chat.
    else host.style.setProperty("--tall", parseFloat(getComputedStyle(place).height) >= LOWEST ? "100%" : "640px");
    this.#returns += 1;
    // A frame that leaves the document loads again, and its line ends.
    if (this.#frame) this.#drop();
    this.#listen();
    place.append(host);
  }

  /** Each time, because a page that writes itself again (`document.open`) takes all listeners away. None is added twice. */
  #listen(): void {
    const { button } = this.#view;
    button.addEventListener("click", this.#press);
    button.addEventListener("keydown", this.#key);
    addEventListener("blur", this.#leave);
    for (const intent of ["pointerenter", "focus", "touchstart"])
      button.addEventListener(intent, this.#intend, { passive: true });
  }

  #placeInText(): Element | null {
    try {
      return document.querySelector(this.#snippet.inline || "[data-oneai-chat]");
    } catch {
      return null; // it is no selector
    }
  }

  get #keptAs(): string {
    return `oneai.${this.#snippet.chatbot}`;
  }

  #kept(): string | null {
    try {
      return sessionStorage.getItem(this.#keptAs);
    } catch {
      return null; // the page has no storage
    }
  }

  #keep(handle: string | null): void {
    try {
      if (handle === null) sessionStorage.removeItem(this.#keptAs);
      else sessionStorage.setItem(this.#keptAs, handle);
    } catch {
      // The page has no storage: the frame remembers the visitor until it is closed.
    }
  }
}

const here = () => placeOf(location, document.referrer);
