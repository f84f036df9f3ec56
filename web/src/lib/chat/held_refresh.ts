/** A refresh that waits while the user types into something that it would redraw. */
export class HeldRefresh {
  #refresh: () => void;
  #holds = 0;
  #waiting = false;

  constructor(refresh: () => void) {
    this.#refresh = refresh;
  }

  /** Refreshes now, or when it is no longer held. */
  request(): void {
    this.#waiting = this.#holds > 0;
    if (!this.#waiting) this.#refresh();
  }

  /** Holds the refresh until the returned function is called. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      if (this.#waiting) this.request();
    };
  }
}
