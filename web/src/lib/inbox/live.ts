import { asApiError } from "../api/errors.ts";
import { sleep, type Wait } from "../state/poll.ts";
import { Store } from "../state/store.ts";
import type { InboxChanges, Present } from "./backend.ts";

/** Milliseconds until the next question: short while a conversation is read, long while nobody looks. */
export function pause(hidden: boolean, reading: boolean): number {
  return hidden ? 60_000 : reading ? 3_000 : 15_000;
}

/** Whether a request was not answered, so that it is worth repeating. */
export function isBroken(failure: unknown): boolean {
  const { status } = asApiError(failure);
  return status === 0 || status >= 500;
}

/** Follows what changes in the inbox of a workspace. */
export class Live {
  /** Resolves once changes are followed, or cannot be for now. What is read afterwards misses nothing. */
  readonly begun: Promise<void>;
  /** The other members who have conversations open. */
  readonly present = new Store<readonly Present[]>([]);
  #begin!: () => void;
  #pausing = new AbortController();

  readonly #read: (after: number | null) => Promise<InboxChanges>;
  readonly #changed: (ids: ReadonlySet<string> | null) => Promise<boolean>;
  readonly #pause: () => number;
  readonly #wait: Wait;

  /** `changed` gets the ids of the conversations that changed; null: any may have. It says whether they were read: what was
   *  not is read after the next answer. `pause` are milliseconds. */
  constructor(
    read: (after: number | null) => Promise<InboxChanges>,
    changed: (ids: ReadonlySet<string> | null) => Promise<boolean>,
    pause: () => number,
    wait: Wait = sleep,
  ) {
    this.#read = read;
    this.#changed = changed;
    this.#pause = pause;
    this.#wait = wait;
    this.begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /** Asks again and again, until `signal` aborts or the user may not read the inbox. */
  async follow(signal: AbortSignal): Promise<void> {
    let after: number | null = null;
    let missed = false;
    signal.addEventListener("abort", () => this.ask(), { once: true });
    while (!signal.aborted) {
      const pausing = (this.#pausing = new AbortController());
      try {
        const { items, next, present } = await this.#read(after);
        if (signal.aborted) return;
        this.present.set(present);
        after = next;
        const changed: ReadonlySet<string> | null = missed ? null : new Set(items.map((each) => each.conversation_id));
        missed = changed?.size !== 0 && !(await this.#changed(changed));
      } catch (failure) {
        const { status } = asApiError(failure);
        if (status === 403 || status === 404) return this.#begin();
        // Without a number to go on from, the next answer says only where to go on: all is read again then.
        missed ||= after === null || status === 410;
        if (status === 410) {
          after = null;
          continue;
        }
      }
      this.#begin();
      if (!pausing.signal.aborted) await this.#wait(this.#pause(), pausing.signal);
    }
  }

  /** Asks at once. */
  ask(): void {
    this.#pausing.abort();
  }
}
