import type { components } from "$types/api";
import { asApiError, type ApiError } from "../api/errors.ts";
import { publicGet, publicPost } from "../api/public.ts";
import { language } from "../i18n/language.ts";
import { Store } from "../state/store.ts";
import { cleanLine } from "../typed/clean.ts";

/** A section in the results. `highlights` are pairs, which the generated types do not express. */
export type DocsHit = Omit<components["schemas"]["DocsHit"], "highlights"> & { highlights: number[][] };
export interface DocsResults {
  items: DocsHit[];
  suggestions: string[];
}

export interface DocsSearchState {
  /** `idle`: there are no words to search for. `loading` still shows the previous results. */
  state: "idle" | "loading" | "ready" | "failed";
  /** The words of these results. */
  words: string;
  results: DocsResults;
  failure?: ApiError;
}

/** The delays in milliseconds after the last key press: before a request, and before words without results are
 *  reported. */
const PAUSE = 150;
const MEANT = 2_000;
const LIMIT = 8;
const NOTHING: DocsResults = { items: [], suggestions: [] };
const IDLE: DocsSearchState = { state: "idle", words: "", results: NOTHING };

interface Api {
  find(words: string): Promise<DocsResults>;
  miss(words: string): Promise<void>;
}

const api: Api = {
  find: (words) =>
    publicGet(`/api/docs/search?${new URLSearchParams({ q: words, limit: String(LIMIT), language: language.value })}`),
  miss: (words) => publicPost("/api/docs/feedback", { query: words }),
};

/** A search of the documentation as the user types. Words that find nothing, and stay, are reported once. */
export class DocsSearch {
  readonly store = new Store<DocsSearchState>(IDLE);
  #api: Api;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  #missed = new Set<string>();

  constructor(reach: Api = api) {
    this.#api = reach;
  }

  /** Searches for these words shortly after the last call. */
  type(words: string): void {
    clearTimeout(this.#timer);
    this.#last++; // overtakes a running request
    if (!cleanLine(words)) return this.store.set(IDLE);
    this.#timer = setTimeout(() => void this.find(words), PAUSE);
  }

  /** Searches for these words now. The store has the result. */
  async find(words: string): Promise<void> {
    clearTimeout(this.#timer);
    const number = ++this.#last;
    this.store.update((value) => ({ ...value, state: "loading" }));
    try {
      const results = await this.#api.find(words);
      if (number !== this.#last) return;
      this.store.set({ state: "ready", words: cleanLine(words), results });
      if (results.items.length === 0) this.#timer = setTimeout(() => this.#report(cleanLine(words)), MEANT);
    } catch (failure) {
      if (number === this.#last)
        this.store.update((value) => ({ ...value, state: "failed", failure: asApiError(failure) }));
    }
  }

  /** Stops running requests. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#last++;
  }

  #report(words: string): void {
    const key = words.toLowerCase();
    if (this.#missed.has(key)) return;
    this.#missed.add(key);
    this.#api.miss(words).catch(() => undefined); // the result does not matter
  }
}

/** The address of a section. */
export function sectionAddress({ slug, anchor }: Pick<DocsHit, "slug" | "anchor">): string {
  return anchor ? `/docs/${slug}#${anchor}` : `/docs/${slug}`;
}
