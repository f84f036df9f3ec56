import type { GoTrueClient, Session as Tokens } from "@supabase/auth-js";
import { Store } from "../store.ts";
import { read } from "../storage.ts";
import { SessionStorage } from "./session_storage.ts";

const STORAGE_KEY = "oneai.session";
/** Milliseconds before its end from which a token is renewed rather than sent: as the client of Supabase does. */
const MARGIN_MS = 90_000;

export type SessionState = { state: "signed_in"; id: string; email: string | null } | { state: "signed_out" };

/** Who is signed in. The client of Supabase Auth is loaded when it is first needed, to sign a person in or out or to renew
 *  a token: who is signed in, and a token that has not ended, are read from storage. */
class Session {
  readonly store = new Store<SessionState>(stateOf(storedTokens()));
  #client: Promise<GoTrueClient> | undefined;
  #storage = new SessionStorage();

  constructor() {
    // Signing in or out in another tab: this one may have no client yet that would say so.
    if (typeof window === "undefined") return;
    window.addEventListener("storage", ({ key }) => {
      if (key === STORAGE_KEY || key === null) this.#set(stateOf(storedTokens()));
    });
  }

  get signedIn(): boolean {
    return this.store.value.state === "signed_in";
  }

  /** The id of the person, or null for a visitor. */
  get userId(): string | null {
    return this.store.value.state === "signed_in" ? this.store.value.id : null;
  }

  /** The address that the person signed in with, or null for a visitor. */
  get email(): string | null {
    return this.store.value.state === "signed_in" ? this.store.value.email : null;
  }

  /** The official client. A failure to load it is not remembered. */
  client(): Promise<GoTrueClient> {
    this.#client ??= this.#load().catch((failure: unknown) => {
      this.#client = undefined;
      throw failure;
    });
    return this.#client;
  }

  /** An access token that has not ended, or null for a visitor. */
  async token(): Promise<string | null> {
    if (!this.signedIn) return null;
    // A client that is there may have newer tokens than a full storage could take.
    const tokens = this.#client ? null : storedTokens();
    if (tokens && (tokens.expires_at ?? 0) * 1000 - Date.now() > MARGIN_MS) return tokens.access_token;
    const { data } = await (await this.client()).getSession();
    return data.session?.access_token ?? null;
  }

  /** A new access token, or null where the session is over: it is forgotten then, here and in storage. */
  async refresh(): Promise<string | null> {
    const { data, error } = await (await this.client()).refreshSession();
    // The client forgets it as well, but later: a page that leaves now would find it in storage again.
    if (error && error.name !== "AuthRetryableFetchError") this.forget();
    return data.session?.access_token ?? null;
  }

  /** Forgets the session on this device, whether or not anything can be reached. */
  forget(): void {
    this.#storage.removeItem(STORAGE_KEY);
    this.#set({ state: "signed_out" });
  }

  async #load(): Promise<GoTrueClient> {
    const [{ AuthClient }, { loadConfig }] = await Promise.all([import("@supabase/auth-js"), import("../config.ts")]);
    const config = await loadConfig();
    const client = new AuthClient({
      url: `${config.supabase_url}/auth/v1`,
      headers: { apikey: config.supabase_publishable_key },
      storageKey: STORAGE_KEY,
      storage: this.#storage,
      flowType: "pkce",
      detectSessionInUrl: false, // `/auth/callback` exchanges the code itself, once
    });
    // Nothing of the client may be awaited in here: it waits for its listeners.
    client.onAuthStateChange((_event, tokens) => this.#set(stateOf(tokens)));
    return client;
  }

  #set(next: SessionState): void {
    const before = this.store.value;
    const same = next.state === "signed_in" && before.state === "signed_in" && sameAccount(next, before);
    if (!same && !(next.state === "signed_out" && before.state === "signed_out")) this.store.set(next);
  }
}

function sameAccount(one: { id: string; email: string | null }, other: { id: string; email: string | null }): boolean {
  return one.id === other.id && one.email === other.email;
}

function stateOf(tokens: Tokens | null): SessionState {
  return tokens
    ? { state: "signed_in", id: tokens.user.id, email: tokens.user.email ?? null }
    : { state: "signed_out" };
}

/** The tokens in storage; null where there are none, or something else. */
function storedTokens(): Tokens | null {
  try {
    const tokens = JSON.parse(read(STORAGE_KEY) ?? "null") as Tokens | null;
    return tokens?.user?.id ? tokens : null;
  } catch {
    return null;
  }
}

export const session = new Session();
