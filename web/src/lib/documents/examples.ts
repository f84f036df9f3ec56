import type { Chunk, Document } from "./types.ts";

/** A document as the API has it, for tests. */
export function documentOf(id: string, changes: Partial<Document> = {}): Document {
  return {
    id,
    workspace_id: "w",
    visibility: "workspace",
    author: { user_id: "u", name: "Asha" },
    name: `${id}.pdf`,
    type: "application/pdf",
    size: 1_000,
    status: "ready",
    progress: 1,
    problem: null,
    problem_code: null,
    text_share: null,
    picture_pages: 0,
    words_only: null,
    pages: 2,
    tags: [],
    collection_id: null,
    chunks: 2,
    description: "",
    created_at: "2026-11-23T00:00:00Z",
    ...changes,
  };
}

/** A chunk of one. */
export function chunkOf(ordinal: number, page: number | null, heading: string | null = null): Chunk {
  return { ordinal, page, heading, content: `text ${ordinal}`, tokens: 2 };
}

/** A page that is seen or hidden as a test says, and whose waits end as soon as the test lets them. */
export class Watched {
  hidden = false;
  waits: (() => void)[] = [];
  #listeners = new Set<() => void>();

  listen = (changed: () => void): (() => void) => {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  };

  wait = (_ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      this.waits.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });

  show(seen: boolean): void {
    this.hidden = !seen;
    for (const changed of this.#listeners) changed();
  }

  /** Lets one wait end, and what follows of it happen. */
  async tick(): Promise<void> {
    this.waits.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
