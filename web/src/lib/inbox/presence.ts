import { sleep, type Wait } from "../state/poll.ts";

/** Milliseconds after which a member says again that they are there, and that they write. The API forgets both soon after. */
const AGAIN = 20_000;
const TYPES = 4_000;

/** Says that the user has a conversation open, while its page is seen, and that they write in it. */
export class Presence {
  readonly #say: (typing: boolean) => Promise<void>;
  readonly #hidden: () => boolean;
  readonly #now: () => number;
  readonly #wait: Wait;
  #saidTyping = -Infinity;

  constructor(
    say: (typing: boolean) => Promise<void>,
    hidden: () => boolean = () => document.hidden,
    now: () => number = () => performance.now(),
    wait: Wait = sleep,
  ) {
    this.#say = (typing) => say(typing).catch(() => {}); // others see it a moment later
    this.#hidden = hidden;
    this.#now = now;
    this.#wait = wait;
  }

  /** Says it again and again, until `signal` aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#hidden()) await this.#say(this.#types());
      await this.#wait(AGAIN, signal);
    }
  }

  /** The user has typed something of a reply. */
  type(): void {
    if (this.#types()) return;
    this.#saidTyping = this.#now();
    void this.#say(true);
  }

  /** The reply is sent, or is none any more. */
  stop(): void {
    if (!this.#types()) return;
    this.#saidTyping = -Infinity;
    void this.#say(false);
  }

  #types(): boolean {
    return this.#now() - this.#saidTyping < TYPES;
  }
}
