/** What is written to the page in animation frames. */
export interface FrameJob {
  /** Writes; bulk work stops at `deadline` (of `performance.now()`). True where something is left for the next frame. */
  write(deadline: number): boolean;
}

/** Milliseconds of a frame that bulk work may take, so that no frame of it becomes a long task on a slow phone. */
const BUDGET = 16;

/** One animation frame for all answers of a page: each job writes at most once in it. */
export class FrameLoop {
  #jobs = new Set<FrameJob>();
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
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#request(() => this.#run());
  }

  remove(job: FrameJob): void {
    this.#jobs.delete(job);
  }

  /** The newest first: conversations open at their end. */
  #run(): void {
    this.#scheduled = false;
    const jobs = [...this.#jobs].reverse();
    this.#jobs.clear();
    const deadline = this.#now() + BUDGET;
    const left = jobs.filter((job) => job.write(deadline));
    for (const job of left.reverse()) this.add(job);
  }
}

export const frames = new FrameLoop();
