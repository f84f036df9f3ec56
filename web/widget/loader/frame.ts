import { HELLO, type Init, PORT, type ToFrame, type ToPage } from "../messages.ts";
import type { Snippet } from "./snippet.ts";

/** How long a document may take to say hello after it has loaded, in milliseconds. A refused one never does. */
const PATIENCE = 5000;

/** The frame in the page and the line to it. */
export class Frame {
  readonly element: HTMLIFrameElement;
  readonly #snippet: Snippet;
  readonly #init: () => Init;
  readonly #onMessage: (message: ToPage) => void;
  readonly #onFailure: (reason: string, forGood: boolean) => void;
  #port: MessagePort | null = null;
  #waiting: ToFrame[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop = new AbortController();

  /** `onFailure` gets the line that the console shows. */
  constructor(
    snippet: Snippet,
    init: () => Init,
    onMessage: (message: ToPage) => void,
    onFailure: (reason: string, forGood: boolean) => void,
  ) {
    this.#snippet = snippet;
    this.#init = init;
    this.#onMessage = onMessage;
    this.#onFailure = onFailure;
    this.element = document.createElement("iframe");
    this.element.allow = "clipboard-write";
    // A host's page without a referrer would leave the frame without one as well; the origin is enough for it.
    this.element.referrerPolicy = "origin";
    const { signal } = this.#stop;
    addEventListener("message", (event) => this.#greet(event), { signal });
    document.addEventListener("securitypolicyviolation", (event) => this.#onViolation(event), { signal });
    this.element.addEventListener("load", () => this.#expectHello());
    this.element.src = `${snippet.origin}/widget/${snippet.chatbot}`;
  }

  /** Sends now, or when the frame is there. */
  send(message: ToFrame): void {
    if (this.#port) this.#port.postMessage(message);
    else this.#waiting.push(message);
  }

  /** Ends the line. The element is the caller's to remove. */
  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.#port?.close();
  }

  #expectHello(): void {
    clearTimeout(this.#timer);
    if (this.#port) return;
    const { origin } = this.#snippet;
    const reason =
      window.origin === "null"
        ? "a page in a sandbox shows no chat, unless the sandbox has allow-same-origin."
        : `the chat did not load. Add this website to the chatbot's domains, and "frame-src ${origin}" to the page's Content-Security-Policy if it has one.`;
    this.#timer = setTimeout(() => this.#onFailure(reason, false), PATIENCE);
  }

  #greet({ source, origin, data }: MessageEvent): void {
    if (source !== this.element.contentWindow || origin !== this.#snippet.origin || data?.type !== HELLO) return;
    clearTimeout(this.#timer);
    // A frame that was loaded again says hello again, to which a new line belongs.
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (event: MessageEvent<ToPage>) => this.#onMessage(event.data);
    (source as Window).postMessage({ type: PORT }, origin, [port2]);
    port1.postMessage(this.#init());
    for (const message of this.#waiting.splice(0)) port1.postMessage(message);
  }

  #onViolation({ blockedURI, effectiveDirective, disposition }: SecurityPolicyViolationEvent): void {
    if (disposition !== "enforce" || !blockedURI.startsWith(this.#snippet.origin)) return;
    const directive = effectiveDirective.startsWith("frame") || effectiveDirective.startsWith("child");
    if (directive)
      this.#onFailure(`the page's Content-Security-Policy lacks "frame-src ${this.#snippet.origin}".`, true);
  }
}
