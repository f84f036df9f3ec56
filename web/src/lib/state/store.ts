/** An observable value. It follows Svelte's store contract, so components read it as `$store`, and uses no framework,
 *  so Node's tests read it too. */
export interface Readable<T> {
  subscribe(listen: (value: T) => void): () => void;
}

export class Store<T> implements Readable<T> {
  #value: T;
  #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Calls `listen` with the current value and after each change. Returns a function that unsubscribes. */
  subscribe(listen: (value: T) => void): () => void {
    this.#listeners.add(listen);
    listen(this.#value);
    return () => this.#listeners.delete(listen);
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    // A listener may change the value again: those after it get the newest one, and get it last.
    for (const listen of this.#listeners) listen(this.#value);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }
}
