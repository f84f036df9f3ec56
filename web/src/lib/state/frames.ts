import { afterDrawing } from "./painted.ts";

/** A job that writes to the page in animation frames. */
export interface FrameJob {
  /** Writes. Bulk work stops at `deadline` (of `performance.now()`). Returns true if work is left for the next frame. */
  write(deadline: number): boolean;
}

/** The time for bulk work in a frame, in milliseconds, so that no frame becomes a long task on a slow phone. */
const BUDGET = 8;

/** In milliseconds. A stream's frame that took longer than `QUICK`, drawing included, is followed by an equally long
 *  pause of at most `PAUSE`, for the page's other work. A key press waits for the frame being drawn, and has the next
 *  one for itself. Words that arrive in a pause wait for its end, so frames that a slow phone draws for every word must
 *  be quick enough to go without a pause. */
const QUICK = 32;
const PAUSE = 50;

/** One animation frame for everything that streams onto a page. Each job writes at most once in it. */
export class FrameLoop {
  #jobs = new Set<FrameJob>();
  #early: (() => void)[] = [];
  #scheduled = false;
  /** "asked": a key was pressed, and the next frame is left to it. "given": the last frame was. */
  #way: "free" | "asked" | "given" = "free";
  #pauseUntil = 0;
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

  /** Calls back at the beginning of the next frame. Jobs added by the callback write in the same frame. */
  before(callback: () => void): void {
    this.#early.push(callback);
    this.#schedule();
  }

  remove(job: FrameJob): void {
    this.#jobs.delete(job);
  }

  /** Leaves the next frame to the user's input; never two in a row. */
  giveWay(): void {
    if (this.#way === "free") this.#way = "asked";
  }

  /** Reports that a frame that started at `begin` is on the screen. */
  drawn(begin: number): void {
    const took = this.#now() - begin;
    if (took > QUICK) this.#pauseUntil = this.#now() + Math.min(took, PAUSE);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#request(() => this.#run());
  }

  #run(): void {
    const begin = this.#now();
    if (this.#way === "asked" || begin < this.#pauseUntil) {
      this.#way = this.#way === "asked" ? "given" : this.#way;
      this.#request(() => this.#run());
      return;
    }
    this.#way = "free";
    const early = this.#early.splice(0);
    for (const callback of early) callback();
    // Their changes reach components, and through them jobs, in microtasks.
    if (early.length > 0) queueMicrotask(() => queueMicrotask(() => this.#write()));
    else this.#write();
    if (early.length > 0) afterDrawing(() => this.drawn(begin));
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

if (typeof document !== "undefined") {
  document.addEventListener("keydown", () => frames.giveWay(), { capture: true, passive: true });
}
