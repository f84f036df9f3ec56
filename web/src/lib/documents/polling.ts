import { sleep, type Wait } from "../state/poll.ts";

/** The delays between requests in milliseconds. The first ones are short, because small files are read at once. */
const FIRST_MS = 1_000;
const LONGEST_MS = 5_000;

/** Whether the page is visible, and when that changes. */
export interface Visibility {
  readonly hidden: boolean;
  /** Calls back at each change until the function it returns is called. */
  listen(changed: () => void): () => void;
}

export const pageVisibility: Visibility = {
  get hidden() {
    return document.hidden;
  },
  listen(changed) {
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  },
};

/** Polls something that changes by itself: only while that is wanted, and never while the page is hidden. */
export class Polling {
  #look: () => Promise<boolean>;
  #visibility: Visibility;
  #wait: Wait;
  #wanted = false;
  #running: AbortController | null = null;
  #unlisten: () => void;

  /** `look` reads it and returns whether it has changed. A rejection is retried later. */
  constructor(look: () => Promise<boolean>, visibility: Visibility = pageVisibility, wait: Wait = sleep) {
    this.#look = look;
    this.#visibility = visibility;
    this.#wait = wait;
    this.#unlisten = visibility.listen(() => this.#update());
  }

  /** Starts or stops polling. */
  want(wanted: boolean): void {
    this.#wanted = wanted;
    this.#update();
  }

  /** Stops for good. */
  leave(): void {
    this.#unlisten();
    this.want(false);
  }

  #update(): void {
    const runs = this.#wanted && !this.#visibility.hidden;
    if (runs && !this.#running) void this.#run((this.#running = new AbortController()));
    if (!runs) {
      this.#running?.abort();
      this.#running = null;
    }
  }

  async #run({ signal }: AbortController): Promise<void> {
    let pause = FIRST_MS;
    while (!signal.aborted) {
      await this.#wait(pause, signal);
      if (signal.aborted) return;
      const changed = await this.#look().catch(() => false);
      pause = changed ? FIRST_MS : Math.min(pause * 1.5, LONGEST_MS);
    }
  }
}
