import { textOn } from "../contrast.ts";
import type { Snippet } from "./snippet.ts";
import { wordsOf } from "./words.ts";

const SVG = "http://www.w3.org/2000/svg";
const BUBBLE = "M4 4h16v12H9l-5 4z";
const CROSS = "M6 6l12 12M18 6 6 18";
/** Where the chat fills the screen. */
export const SMALL = "(max-width: 480px), (max-height: 420px)";

/** A constructed stylesheet: a policy without `'unsafe-inline'` refuses `<style>` and style attributes, not these. */
const STYLES = `
:host { all: initial !important; position: fixed !important; z-index: var(--layer) !important; inset: auto !important; }
:host([data-inline]) { position: static !important; display: block !important;
  block-size: var(--tall, 100%) !important; }
.button { all: initial; position: fixed; inset-block-end: var(--gap); box-sizing: border-box; inline-size: 56px;
  block-size: 56px; border: 2px solid transparent; border-radius: 50%; background: var(--color); color: var(--on);
  cursor: pointer; display: grid; place-items: center; box-shadow: 0 2px 12px rgb(0 0 0 / .3); }
.button:focus-visible { outline: 3px solid var(--on); box-shadow: 0 0 0 6px var(--color); }
svg { inline-size: 26px; block-size: 26px; fill: none; stroke: currentColor; stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round; }
.mark { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-inline-size: 20px;
  box-sizing: border-box; padding: 0 5px; border-radius: 10px; background: #b91c1c; color: #fff;
  font: 600 12px/20px system-ui, sans-serif; text-align: center; }
.panel { position: fixed; inset-block-end: calc(var(--gap) + 68px); inline-size: 400px; block-size: 640px;
  max-inline-size: calc(100vw - 2 * var(--gap)); max-block-size: calc(100dvh - 88px - var(--gap)); border-radius: 14px;
  overflow: hidden; background: Canvas; box-shadow: 0 8px 40px rgb(0 0 0 / .3); }
:host([data-inline]) .panel { position: static; inline-size: 100%; block-size: 100%; max-inline-size: none;
  max-block-size: none; box-shadow: none; }
.left { inset-inline-start: var(--gap); }
.right { inset-inline-end: var(--gap); }
iframe { all: initial; display: block; inline-size: 100%; block-size: 100%; border: 0; color-scheme: normal; }
[hidden] { display: none; }
@media ${SMALL} {
  :host(:not([data-inline])) .panel { inset: var(--top, 0) 0 auto 0; inline-size: 100%; max-inline-size: none;
    block-size: var(--height, 100dvh); max-block-size: none; border-radius: 0; }
  .full { display: none; }
}
@media print { :host { display: none !important; } }
`;

/** The button and the panel, in a closed shadow root that no style of the page reaches. */
export class View {
  readonly host = document.createElement("div");
  readonly button = document.createElement("button");
  readonly panel = document.createElement("div");
  readonly #snippet: Snippet;
  readonly #mark = document.createElement("span");
  readonly #path = document.createElementNS(SVG, "path");
  readonly #words;

  constructor(snippet: Snippet) {
    this.#snippet = snippet;
    this.#words = wordsOf(snippet.language);
    const root = this.host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
    const { style } = this.host;
    style.setProperty("--color", snippet.color);
    style.setProperty("--on", textOn(snippet.color));
    style.setProperty("--layer", String(snippet.layer));
    style.setProperty("--gap", `${snippet.offset}px`);
    this.panel.id = "panel";
    this.panel.hidden = true;
    this.panel.className = `panel ${snippet.position}`;
    if (snippet.inline !== null) {
      this.host.dataset.inline = "";
      root.append(this.panel);
      return;
    }
    const icon = document.createElementNS(SVG, "svg");
    icon.setAttribute("viewBox", "0 0 24 24");
    icon.setAttribute("aria-hidden", "true");
    icon.append(this.#path);
    this.#mark.className = "mark";
    this.#mark.setAttribute("aria-hidden", "true");
    this.button.type = "button";
    this.button.setAttribute("aria-controls", this.panel.id);
    this.button.append(icon, this.#mark);
    this.panel.setAttribute("role", "dialog");
    this.name("");
    root.append(this.button, this.panel);
    this.show(false, 0);
  }

  /** Names the panel for screen readers. */
  name(title: string): void {
    this.panel.setAttribute("aria-label", title || this.#snippet.label || this.#words.open);
  }

  /** Shows or hides the panel, and how many messages are new. */
  show(open: boolean, unread: number): void {
    this.panel.hidden = !open;
    this.#path.setAttribute("d", open ? CROSS : BUBBLE);
    this.#mark.hidden = open || unread === 0;
    this.#mark.textContent = unread > 9 ? "9+" : String(unread);
    const { open: opens, close, unread: inWords } = this.#words;
    const name = open ? close : this.#snippet.label || opens;
    this.button.setAttribute("aria-label", unread > 0 && !open ? `${name} (${inWords(unread)})` : name);
    this.button.setAttribute("aria-expanded", String(open));
    this.button.className = `button ${this.#snippet.position}${open ? " full" : ""}`;
  }
}
