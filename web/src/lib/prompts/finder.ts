import { asApiError, type ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import { cleanLine } from "../typed/clean.ts";
import type { Prompt, PromptPage } from "./library.ts";
import { matching } from "./menu.ts";

type Read = (query: { q?: string; limit: number }, signal: AbortSignal) => Promise<PromptPage>;

export interface Found {
  prompts: readonly Prompt[];
  /** Whether the API may still add some. */
  busy: boolean;
  failure: ApiError | null;
}

/** The delay after the last key press, in milliseconds. */
const PAUSE = 150;
const LIMIT = 50;

/** The user's prompts that match what is typed. The first page is read once; it is all that most people have. If there
 *  is more, what is known appears with the key press, and the API adds others. */
export class PromptFinder {
  readonly store = new Store<Found>({ prompts: [], busy: true, failure: null });
  #read: Read;
  #known = new Map<string, Prompt>();
  #first: "unread" | "reading" | "read" = "unread";
  #complete = false;
  #query = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #left = new AbortController();
  #searching = new AbortController();

  constructor(read: Read) {
    this.#read = read;
  }

  /** Looks for these words. */
  find(query: string): void {
    this.#query = query;
    clearTimeout(this.#timer);
    this.#searching.abort();
    if (this.#first === "unread") void this.#readFirst();
    else if (this.#first === "read" && this.#more()) this.#timer = setTimeout(() => void this.#search(), PAUSE);
    this.#show(this.#first === "reading" || this.#more());
  }

  /** Stops running requests. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#left.abort();
    this.#searching.abort();
  }

  async #readFirst(): Promise<void> {
    this.#first = "reading";
    const page = await this.#ask({ limit: LIMIT }, this.#left.signal);
    this.#first = page ? "read" : "unread";
    if (!page) return;
    this.#complete = page.next_cursor === null;
    if (this.#more()) await this.#search();
    else this.#show(false);
  }

  async #search(): Promise<void> {
    const { signal } = (this.#searching = new AbortController());
    if (await this.#ask({ limit: LIMIT, q: cleanLine(this.#query) }, signal)) this.#show(false);
  }

  /** Whether the API may have prompts for these words that are not known. */
  #more(): boolean {
    return !this.#complete && cleanLine(this.#query) !== "";
  }

  /** A page, whose prompts are known from then on. Null if it failed, which is shown, or was stopped. */
  async #ask(query: { q?: string; limit: number }, signal: AbortSignal): Promise<PromptPage | null> {
    try {
      const page = await this.#read(query, signal);
      if (signal.aborted) return null;
      for (const prompt of page.items) this.#known.set(prompt.id, prompt);
      return page;
    } catch (failure) {
      if (!signal.aborted) this.#show(false, asApiError(failure));
      return null;
    }
  }

  #show(busy: boolean, failure: ApiError | null = null): void {
    const prompts = matching([...this.#known.values()], this.#query).slice(0, LIMIT);
    this.store.set({ prompts, busy, failure });
  }
}
