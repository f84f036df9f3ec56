/** Where the visitor's handle is kept: in the frame's own storage, which browsers keep apart for each website; else in
 *  the website's session storage; else in memory. Nothing is stored before the visitor writes. */
export class HandleStore {
  #key: string;
  #memory: string | null = null;
  #keepAtHost: (handle: string | null) => void;

  constructor(chatbot: string, keepAtHost: (handle: string | null) => void) {
    this.#key = `oneai.${chatbot}`;
    this.#keepAtHost = keepAtHost;
  }

  read(): string | null {
    try {
      return localStorage.getItem(this.#key) ?? this.#memory;
    } catch {
      return this.#memory;
    }
  }

  /** What the website's page has kept. The frame's own storage goes before it. */
  offer(handle: string | null): void {
    if (handle !== null && this.read() === null) this.#memory = handle;
  }

  write(handle: string): void {
    this.#memory = handle;
    try {
      localStorage.setItem(this.#key, handle);
    } catch {
      this.#keepAtHost(handle);
    }
  }

  forget(): void {
    this.#memory = null;
    this.#keepAtHost(null);
    try {
      localStorage.removeItem(this.#key);
    } catch {
      // There is no storage, so nothing is in it.
    }
  }
}
