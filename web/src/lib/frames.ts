/** What is written to the page in animation frames. */
export interface FrameJob {
  /** Writes; bulk work stops at `deadline` (of `performance.now()`). True where something is left for the next frame. */
  write(deadline: number): boolean;
}

/** Milliseconds of a frame that bulk work may take, so that no frame of it becomes a long task on a slow phone. */
const BUDGET = 16;

/** One animation frame for everything that streams onto a page: each job writes at most once in it. */
export class FrameLoop {
  #jobs = new Set<FrameJob>();
  #early: (() => void)[] = [];
  #scheduled = false;
  #request: (run: () => void) => void;
  #now: () => number;

  constructor(
    request: (run: () => void) => void = (run) => void requestAnimationFrame(run),
    now: () => number = () => performance.now(),
  ) {
    this.#request = request;
    this.#now = now;
  }

  add(job: FrameJob): void {
    this.#jobs.add(job);
    this.#schedule();
  }

  /** Calls back at the beginning of the next frame; jobs that are added because of it write in the same one. */
  before(callback: () => void): void {
    this.#early.push(callback);
    this.#schedule();
  }

  remove(job: FrameJob): void {
    this.#jobs.delete(job);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#request(() => this.#run());
  }

  #run(): void {
    const early = this.#early.splice(0);
    for (const callback of early) callback();
    // What they changed reaches components, and through them jobs, in microtasks.
    if (early.length > 0) queueMicrotask(() => queueMicrotask(() => this.#write()));
    else this.#write();
  }

  /** The newest first: conversations open at their end. */
  #write(): void {
    this.#scheduled = false;
    const jobs = [...this.#jobs].reverse();
    this.#jobs.clear();
    const deadline = this.#now() + BUDGET;
    const left = jobs.filter((job) => job.write(deadline));
    for (const job of left.reverse()) this.add(job);
  }
}

export const frames = new FrameLoop();
