import type { Session as Tokens } from "@supabase/auth-js";
import { read, write } from "../storage.ts";

export type { Tokens };

export const STORAGE_KEY = "oneai.session";

/** Seconds before its end from which an access token is renewed rather than sent; of a short-lived one a quarter. */
const MARGIN = 90;
/** Seconds that Supabase Auth's access tokens are valid unless the project says otherwise. */
const DEFAULT_LIFETIME = 3600;
/** Seconds that a clock may be set back while a token is valid, without a reason to doubt the token. */
const SMALL_CORRECTION = 60;

/** Seconds that an access token is still valid, below zero after its end. `expires_at` counts by this device's clock
 *  (`SessionStorage.keep`), so a clock that is hours wrong changes nothing. A token that seems to live longer than any
 *  token does is worth 0: the clock was set back since, or the times are another clock's. */
export function secondsLeft(tokens: Tokens): number {
  const left = (tokens.expires_at ?? 0) - Date.now() / 1000;
  return left > lifetimeOf(tokens) + SMALL_CORRECTION ? 0 : left;
}

/** Whether an access token can be sent without renewing it first. */
export function isFresh(tokens: Tokens): boolean {
  return secondsLeft(tokens) > Math.min(MARGIN, lifetimeOf(tokens) / 4);
}

function lifetimeOf({ expires_in }: Tokens): number {
  return expires_in > 0 ? expires_in : DEFAULT_LIFETIME;
}

/** Where the session is kept: the browser's storage, and the page itself for what that does not take, so that a full
 *  storage does not sign the person out. It is also the storage of Supabase's client, which never sees a token that has
 *  ended: `TokenRenewal` renews tokens, because the client gives up a session after failures that say nothing of it. */
export class SessionStorage {
  #unwritten = new Map<string, string>();

  /** The tokens; null if there are none, or something else. */
  tokens(): Tokens | null {
    try {
      const tokens = JSON.parse(this.#read(STORAGE_KEY) ?? "null") as Tokens | null;
      return tokens?.user?.id && tokens.access_token ? tokens : null;
    } catch {
      return null;
    }
  }

  /** Keeps tokens that have just arrived. The server's `expires_at` is replaced by this device's time. */
  keep(tokens: Tokens): void {
    const expires_at = Date.now() / 1000 + lifetimeOf(tokens);
    this.#write(STORAGE_KEY, JSON.stringify({ ...tokens, expires_at }));
  }

  /** Another tab has written or removed the session: what this page alone had is outdated. */
  changedElsewhere(): void {
    this.#unwritten.delete(STORAGE_KEY);
  }

  /** For Supabase's client. */
  getItem(key: string): string | null {
    const tokens = key === STORAGE_KEY ? this.tokens() : null;
    if (!tokens) return this.#read(key);
    return JSON.stringify({ ...tokens, expires_at: Math.ceil(Date.now() / 1000) + DEFAULT_LIFETIME });
  }

  /** For Supabase's client, which writes the session after a sign-in and after a change of the user. */
  setItem(key: string, value: string): void {
    if (key !== STORAGE_KEY) return this.#write(key, value);
    const tokens = JSON.parse(value) as Tokens;
    const before = this.tokens();
    if (before?.access_token !== tokens.access_token) return this.keep(tokens);
    this.#write(key, JSON.stringify({ ...tokens, expires_at: before.expires_at }));
  }

  removeItem(key: string): void {
    this.#unwritten.delete(key);
    write(key, null);
  }

  #read(key: string): string | null {
    return this.#unwritten.get(key) ?? read(key);
  }

  #write(key: string, value: string): void {
    if (write(key, value)) this.#unwritten.delete(key);
    else this.#unwritten.set(key, value);
  }
}
