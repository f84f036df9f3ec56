/** Reading again what changed elsewhere, which waits while the person writes into what would be drawn anew. */
export class HeldRefresh {
  #refresh: () => void;
  #holds = 0;
  #waiting = false;

  constructor(refresh: () => void) {
    this.#refresh = refresh;
  }

  /** Reads again now, or when nothing holds it any more. */
  request(): void {
    this.#waiting = this.#holds > 0;
    if (!this.#waiting) this.#refresh();
  }

  /** Holds it until the function that this returns is called. */
  hold(): () => void {
    this.#holds++;
    return () => {
      this.#holds--;
      if (this.#waiting) this.request();
    };
  }
}
