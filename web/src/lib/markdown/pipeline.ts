/** One block for the worker, and its HTML. */
export interface RenderRequest {
  id: number;
  text: string;
}
export interface RenderResult {
  id: number;
  html: string;
}

/** The parts of a `Worker` that the pipeline uses. */
export type RenderWorker = Pick<Worker, "onmessage" | "onerror" | "postMessage" | "terminate">;

interface Waiting extends RenderRequest {
  resolve(html: string | null): void;
}

/** The maximum time for one block in milliseconds, after which the worker is stopped. */
const PATIENCE = 5_000;

/** Renders finished blocks fully, in one worker for all answers of a page. A worker that fails to load or breaks is not
 *  kept: the next block starts another one, which after a deployment is the new version's. */
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

  /** Whether the worker has responded before, so that waiting for it takes only milliseconds. */
  get warm(): boolean {
    return this.#warm;
  }

  /** The HTML of a block, not sanitized yet; null if the worker failed. */
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

  /** The worker is gone, and its waiting blocks are shown as they are. */
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

  /** Blocks are rendered in order, so the oldest one takes too long, and only that one is dropped. A worker that has
   *  not responded yet may still be loading, on a slow line. */
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
