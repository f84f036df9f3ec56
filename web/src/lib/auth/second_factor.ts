import { Store } from "../state/store.ts";

/** The question for the code of an authenticator app. Requests that need it wait for one answer. */
export class SecondFactor {
  /** Whether a request waits, so that the page asks. */
  readonly asked = new Store(false);
  #answer: Promise<boolean> | null = null;
  #resolve: (verified: boolean) => void = () => undefined;

  /** Asks the user, or joins a question that is open. Returns whether the session now has the second factor. */
  ask(): Promise<boolean> {
    this.#answer ??= new Promise<boolean>((resolve) => {
      this.#resolve = resolve;
    });
    const answer = this.#answer;
    this.asked.set(true);
    return answer;
  }

  /** Ends the question. Does nothing if none is open. */
  answer(verified: boolean): void {
    this.#resolve(verified);
    this.#answer = null;
    this.#resolve = () => undefined;
    this.asked.set(false);
  }
}

export const secondFactor = new SecondFactor();
