import { ApiError } from "./api/errors.ts";
import { IndexedRows, type KeptRows } from "./state/kept_rows.ts";
import { session } from "./auth/session.ts";
import { Store } from "./state/store.ts";
import { scope } from "./workspace.ts";

/** About thirty conversations with a page of messages each. */
const LIMIT = 60;

/** Codes for which nothing can be read for now. */
const UNAVAILABLE = ["maintenance", "session_not_renewed"];

/** Statuses that say that this is not, or no longer, the user's to read. */
const REFUSED = [403, 404, 410];

/** How often the page checks whether it is online again, in milliseconds. The browser reports only its own network. */
const LOOK_AGAIN = 5_000;

/** Whether requests arrive, by the browser or the last request. */
export const online = new Store(!knownAway());

/** Keeps what a signed-in user reads, for reading it offline, and erases it at sign-out. */
export class Offline {
  #rows: KeptRows;
  #user: () => string | null;
  #away: () => boolean;

  constructor(rows: KeptRows, user: () => string | null, away: () => boolean = knownAway) {
    this.#rows = rows;
    this.#user = user;
    this.#away = away;
  }

  /** The value of `read`, which is kept under `key`. Returns the kept value while the network is away, during
   *  maintenance and while the session cannot be renewed. Throws what `read` throws if nothing is kept, and for every
   *  other refusal of the API; what was kept of something that is gone or forbidden is erased. */
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
      if (!(failure instanceof ApiError) || !(failure.status === 0 || UNAVAILABLE.includes(failure.code))) {
        const who = this.#user();
        if (failure instanceof ApiError && REFUSED.includes(failure.status))
          await this.forget((user, kept) => user === who && kept === key);
        throw failure;
      }
      if (failure.status === 0) online.set(false);
      const kept = await this.#kept<T>(key);
      if (kept === undefined) throw failure;
      return kept;
    }
  }

  /** Erases what is kept on this device, for all people, or the rows for which `which` is true. */
  async forget(which: (user: string, key: string) => boolean = () => true): Promise<void> {
    await this.#rows.drop(which).catch(() => undefined);
  }

  /** Erases what is kept of all workspaces of this user but the personal one and those with these ids and slugs. */
  async forgetOtherWorkspaces(user: string, workspaces: (string | null)[]): Promise<void> {
    await this.forget((kept) => kept.startsWith(`${user} `) && !workspaces.includes(kept.slice(user.length + 1)));
  }

  async #kept<T>(key: string): Promise<T | undefined> {
    const user = this.#user();
    if (user === null) return undefined;
    return (await this.#rows.get(user, key).catch(() => undefined)) as T | undefined;
  }

  async #keep(key: string, value: unknown): Promise<void> {
    const user = this.#user();
    if (user === null) return;
    // Reading online works even if storage is full or forbidden.
    await this.#rows.put(user, key, value, LIMIT).catch(() => undefined);
  }
}

export const offline = new Offline(new IndexedRows(), scope);

/** Follows the network, and erases what is kept when the user signs out. Returns a function that stops. */
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

/** Whether the browser knows that there is no network. If it reports a network, that means little. */
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
