import { ApiError } from "./api/errors.ts";
import { IndexedRows, type KeptRows } from "./state/kept_rows.ts";
import { session } from "./auth/session.ts";
import { Store } from "./state/store.ts";

/** About thirty conversations with a page of messages each. */
const LIMIT = 60;

/** Codes with which nothing can be read for now, whatever is asked for. */
const UNAVAILABLE = ["maintenance", "session_not_renewed"];

/** How often the page looks whether it is back, in milliseconds: the browser says so only for its own network. */
const LOOK_AGAIN = 5_000;

/** Whether requests arrive, as far as the browser or the last request knows. */
export const online = new Store(!knownAway());

/** Keeps what a signed-in person reads, so that it can be read offline, and forgets it at sign-out. */
export class Offline {
  #rows: KeptRows;
  #person: () => string | null;
  #away: () => boolean;

  constructor(rows: KeptRows, person: () => string | null, away: () => boolean = knownAway) {
    this.#rows = rows;
    this.#person = person;
    this.#away = away;
  }

  /** The value of `read`, which is kept under `key`; what was kept last while the network is away, during maintenance
   *  and while the session cannot be renewed. Throws what `read` throws if nothing was kept, and for every other refusal
   *  of the API. */
  async read<T>(key: string, read: () => Promise<T>): Promise<T> {
    if (this.#away()) {
      const kept = await this.#kept<T>(key);
      if (kept !== undefined) return kept;
    }
    try {
      const value = await read();
      online.set(true);
      void this.#keep(key, value);
      return value;
    } catch (failure) {
      if (!(failure instanceof ApiError) || !(failure.status === 0 || UNAVAILABLE.includes(failure.code)))
        throw failure;
      if (failure.status === 0) online.set(false);
      const kept = await this.#kept<T>(key);
      if (kept === undefined) throw failure;
      return kept;
    }
  }

  /** Forgets everything of everybody on this device. */
  async forget(): Promise<void> {
    await this.#rows.clear().catch(() => undefined);
  }

  async #kept<T>(key: string): Promise<T | undefined> {
    const person = this.#person();
    if (person === null) return undefined;
    return (await this.#rows.get(person, key).catch(() => undefined)) as T | undefined;
  }

  async #keep(key: string, value: unknown): Promise<void> {
    const person = this.#person();
    if (person === null) return;
    // A full or forbidden store takes nothing away from reading online.
    await this.#rows.put(person, key, value, LIMIT).catch(() => undefined);
  }
}

export const offline = new Offline(new IndexedRows(), () => session.userId);

/** Follows the network, and forgets what was kept when the person signs out, until the function it returns is called. */
export function watchOffline(): () => void {
  const changed = () => online.set(!knownAway());
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  changed();
  const looking = setInterval(() => {
    if (!online.value && !knownAway()) void lookAgain();
  }, LOOK_AGAIN);
  const leave = session.store.subscribe(({ state }) => {
    if (state === "signed_out") void offline.forget();
  });
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
    clearInterval(looking);
    leave();
  };
}

/** Whether the browser knows that there is no network. That it knows of one says little. */
function knownAway(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}

async function lookAgain(): Promise<void> {
  try {
    await fetch("/_app/version.json", { method: "HEAD", cache: "no-store" });
    online.set(true);
  } catch {
    return;
  }
}
