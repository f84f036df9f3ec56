/** One block for the worker, and its HTML. */
export interface RenderRequest {
  id: number;
  text: string;
}
export interface RenderResult {
  id: number;
  html: string;
}

/** What the pipeline needs of a `Worker`. */
export type RenderWorker = Pick<Worker, "onmessage" | "onerror" | "postMessage" | "terminate">;

interface Waiting extends RenderRequest {
  resolve(html: string | null): void;
}

/** One block may take this long before the worker is given up with it, in milliseconds. */
const PATIENCE = 5_000;

/** The full rendering of finished blocks, in one worker that all answers of a page share. A worker that cannot be loaded
 *  or breaks is never kept: the next block starts another, which after a deploy is the new version's. */
export class Pipeline {
  #create: () => RenderWorker;
  #worker: RenderWorker | undefined;
  #warm = false;
  #waiting = new Map<number, Waiting>();
  #last = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(create: () => RenderWorker) {
    this.#create = create;
  }

  /** Whether the worker has answered before, so that waiting for it is a matter of milliseconds. */
  get warm(): boolean {
    return this.#warm;
  }

  /** The HTML of a block, not yet sanitized; null where the worker failed. */
  render(text: string): Promise<string | null> {
    return new Promise((resolve) => {
      const waiting = { id: ++this.#last, text, resolve };
      this.#waiting.set(waiting.id, waiting);
      this.#send(waiting);
      if (this.#waiting.size === 1) this.#watch();
    });
  }

  #send({ id, text }: Waiting): void {
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, text } satisfies RenderRequest);
    } catch {
      this.#fail();
    }
  }

  #start(): RenderWorker {
    const worker = this.#create();
    worker.onmessage = ({ data }: MessageEvent<RenderResult>) => {
      this.#warm = true;
      this.#waiting.get(data.id)?.resolve(data.html);
      this.#waiting.delete(data.id);
      this.#watch();
    };
    worker.onerror = () => {
      if (worker === this.#worker) this.#fail();
    };
    return worker;
  }

  /** The worker is gone, and what waited for it is shown as it stands. */
  #fail(): void {
    this.#drop();
    for (const { resolve } of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
    clearTimeout(this.#timer);
  }

  #drop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#warm = false;
  }

  /** Blocks are rendered in order, so the eldest is the one that takes too long: it alone is given up. A worker that
   *  has not answered anything may still be loading, on a slow line. */
  #watch(): void {
    clearTimeout(this.#timer);
    const eldest = this.#waiting.values().next().value;
    if (!eldest) return;
    this.#timer = setTimeout(
      () => {
        this.#waiting.delete(eldest.id);
        eldest.resolve(null);
        this.#drop();
        for (const waiting of this.#waiting.values()) this.#send(waiting);
        this.#watch();
      },
      this.#warm ? PATIENCE : 4 * PATIENCE,
    );
  }
}
