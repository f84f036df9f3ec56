import { SMALL } from "./view.ts";

/** While the chat is open on a small screen it is modal: the page behind it stands still and cannot be reached, and
 *  the panel is as high as the keyboard leaves it. Only the page's own window knows that height, not the frame's. */
export class FullScreen {
  readonly #host: HTMLElement;
  readonly #panel: HTMLElement;
  readonly #query = matchMedia(SMALL);
  #stop: AbortController | null = null;
  #open = false;

  constructor(host: HTMLElement, panel: HTMLElement) {
    this.#host = host;
    this.#panel = panel;
    this.#query.addEventListener("change", () => this.set(this.#open));
  }

  /** Follows whether the chat is open. */
  set(open: boolean): void {
    this.#open = open;
    const wanted = open && this.#query.matches;
    this.#panel.setAttribute("aria-modal", String(wanted));
    if (wanted === (this.#stop !== null)) return;
    if (wanted) this.#begin();
    else {
      this.#stop?.abort();
      this.#stop = null;
    }
  }

  #begin(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const page = document.documentElement;
    const body = document.body;
    const overflow = page.style.getPropertyValue("overflow");
    const priority = page.style.getPropertyPriority("overflow");
    const inert = body?.inert;
    page.style.setProperty("overflow", "hidden", "important");
    if (body) body.inert = true;
    signal.addEventListener("abort", () => {
      page.style.setProperty("overflow", overflow, priority);
      if (body) body.inert = inert ?? false;
    });
    const seen = window.visualViewport;
    const fit = () => {
      if (!seen) return;
      this.#host.style.setProperty("--height", `${seen.height}px`);
      this.#host.style.setProperty("--top", `${seen.offsetTop}px`);
    };
    for (const event of ["resize", "scroll"]) seen?.addEventListener(event, fit, { signal });
    fit();
  }
}
