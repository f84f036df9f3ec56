import type { Session as Tokens } from "@supabase/auth-js";
import { read, write } from "../storage.ts";

export type { Tokens };

export const STORAGE_KEY = "oneai.session";

/** A token is renewed instead of sent this many seconds before its end; for a short-lived token, a quarter of its
 *  lifetime. */
const MARGIN = 90;
/** The default lifetime of Supabase Auth's access tokens, in seconds. */
const DEFAULT_LIFETIME = 3600;
/** How far the clock may be set back while a token is valid, in seconds, without doubt about the token. */
const SMALL_CORRECTION = 60;

/** The seconds until an access token expires, negative afterwards. `expires_at` is in this device's time
 *  (`SessionStorage.keep`), so a clock that is hours wrong makes no difference. 0 for a token that seems to live longer
 *  than any token does: the clock was set back since, or the times come from another clock. */
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

/** Keeps the session in the browser's storage, and in the page for what storage refuses, so that full storage does not
 *  sign the user out. Also the storage of Supabase's client, which never sees an expired token: `TokenRenewal` renews
 *  tokens, because the client gives up a session after failures that say nothing about it. */
export class SessionStorage {
  #unwritten = new Map<string, string>();

  /** The tokens; null if storage has none or something else. */
  tokens(): Tokens | null {
    try {
      const tokens = JSON.parse(this.#read(STORAGE_KEY) ?? "null") as Tokens | null;
      return tokens?.user?.id && tokens.access_token ? tokens : null;
    } catch {
      return null;
    }
  }

  /** Whether another page, too, can read the session. */
  get written(): boolean {
    return !this.#unwritten.has(STORAGE_KEY);
  }

  /** Keeps tokens that just arrived. Replaces the server's `expires_at` with this device's time. */
  keep(tokens: Tokens): void {
    const expires_at = Date.now() / 1000 + lifetimeOf(tokens);
    this.#write(STORAGE_KEY, JSON.stringify({ ...tokens, expires_at }));
  }

  /** Another tab wrote or removed the session: this page's own copy is outdated. */
  changedElsewhere(): void {
    this.#unwritten.delete(STORAGE_KEY);
  }

  /** For Supabase's client. */
  getItem(key: string): string | null {
    const tokens = key === STORAGE_KEY ? this.tokens() : null;
    if (!tokens) return this.#read(key);
    return JSON.stringify({ ...tokens, expires_at: Math.ceil(Date.now() / 1000) + DEFAULT_LIFETIME });
  }

  /** For Supabase's client, which writes the session after a sign-in and after a change to the user. */
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
