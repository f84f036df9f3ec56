import { ApiError } from "../api/errors.ts";
import type { Store } from "../state/store.ts";
import type { RefreshResult } from "./refresh_request.ts";
import { isFresh, STORAGE_KEY, type SessionStorage } from "./tokens.ts";

/** How long a request waits for a token while Supabase Auth fails, in milliseconds. */
const PATIENCE = 20_000;
/** The delay before the second attempt, in milliseconds. It doubles each time, up to the maximum. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** The same while there is no connection. Requests then fail at once, and work again as soon as the network is back. */
const LONGEST_PAUSE_OFFLINE = 5_000;

/** The environment of a renewal, which tests replace. */
export interface Surroundings {
  refresh: (refreshToken: string) => Promise<RefreshResult>;
  /** Runs `act` while no other tab does. */
  exclusively: <T>(act: () => Promise<T>) => Promise<T>;
  /** Whether Supabase Auth fails to renew the token and is being asked again. */
  retrying: Store<boolean>;
  /** Milliseconds of a monotonic clock. */
  now: () => number;
  wait: (milliseconds: number) => Promise<void>;
}

/** Renews the access token: one request at a time in all tabs, repeated after a failure. The session ends only if the
 *  server says so. */
export class TokenRenewal {
  readonly retrying: Store<boolean>;
  #storage: SessionStorage;
  #surroundings: Surroundings;
  #running: Promise<string | null | undefined> | undefined;
  #failures = 0;
  #notBefore = 0;
  #reached = true;

  constructor(storage: SessionStorage, surroundings: Surroundings) {
    this.#storage = storage;
    this.#surroundings = surroundings;
    this.retrying = surroundings.retrying;
  }

  /** A new access token; null if the session is over. Throws ApiError `network` without a connection, and
   *  `session_not_renewed` after `patience` milliseconds of other failures; the session stays.
   *
   *  @param stale the access token that expired or was refused
   */
  async renew(stale: string, patience = PATIENCE): Promise<string | null> {
    const { now, wait, exclusively } = this.#surroundings;
    const end = now() + patience;
    for (;;) {
      const pause = this.#notBefore - now();
      if (pause > 0) {
        if (!this.#reached) throw new ApiError(0, {}, null);
        if (now() + pause > end) throw notRenewed(pause);
        await wait(pause);
        continue;
      }
      this.#running ??= exclusively(() => this.#attempt(stale)).finally(() => (this.#running = undefined));
      const token = await this.#running;
      if (token !== undefined) {
        this.#failures = 0;
        this.retrying.set(false);
        return token;
      }
      this.#tryLater(stale);
    }
  }

  /** Stops waiting: the network is back. */
  wake(): void {
    if (!this.#reached) this.#notBefore = 0;
  }

  /** One attempt: a token, null if the session is over, undefined after a failure. */
  async #attempt(stale: string): Promise<string | null | undefined> {
    const before = this.#storage.tokens();
    if (!before) return null; // signed out meanwhile
    if (before.access_token !== stale && isFresh(before)) return before.access_token; // another tab has renewed it
    const result = await this.#surroundings.refresh(before.refresh_token);
    const after = this.#storage.tokens();
    // Another tab signed out, signed in or, in a browser without locks, was faster. Its result counts.
    if (after?.refresh_token !== before.refresh_token) {
      return after?.user.id === before.user.id ? after.access_token : null;
    }
    switch (result.state) {
      case "refreshed":
        this.#reached = true;
        this.#storage.keep({ ...before, ...result.tokens });
        return result.tokens.access_token;
      case "ended":
        this.#storage.removeItem(STORAGE_KEY);
        return null;
      case "failed":
        this.#fail(result.reached, result.retryAfter);
        return undefined;
    }
  }

  #fail(reached: boolean, retryAfter: number | null): void {
    this.#reached = reached;
    const longest = reached ? LONGEST_PAUSE : LONGEST_PAUSE_OFFLINE;
    const backoff = Math.min(FIRST_PAUSE * 2 ** this.#failures++, longest) * (0.75 + Math.random() / 2);
    this.#notBefore = this.#surroundings.now() + Math.max(backoff, (retryAfter ?? 0) * 1000);
  }

  /** Continues in the background after the waiting requests have given up, as the page says. */
  #tryLater(stale: string): void {
    if (!this.#reached)
      this.retrying.set(false); // the page says that it is offline
    else if (!this.retrying.value) {
      this.retrying.set(true);
      void this.#keepTrying(stale);
    }
  }

  async #keepTrying(stale: string): Promise<void> {
    const { now, wait } = this.#surroundings;
    while (this.retrying.value) {
      await wait(Math.max(this.#notBefore - now(), FIRST_PAUSE));
      if (this.retrying.value) await this.renew(stale, 0).catch(() => undefined);
    }
  }
}

function notRenewed(pause: number): ApiError {
  const message = "The session could not be renewed.";
  return new ApiError(503, { code: "session_not_renewed" as never, message }, null, Math.ceil(pause / 1000));
}
