import type { GoTrueClient } from "@supabase/auth-js";
import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { TokenRenewal } from "./token_renewal.ts";
import { isFresh, secondsLeft, SessionStorage, STORAGE_KEY, type Tokens } from "./tokens.ts";

/** Seconds within which a token may end on its way to the API. */
const ABOUT_TO_END = 5;

export type SessionState = { state: "signed_in"; id: string; email: string | null } | { state: "signed_out" };

/** Who is signed in. The client of Supabase Auth is loaded when it is first needed, to sign a person in or out or to change
 *  the account: who is signed in, and the token, are read from storage, and tokens are renewed without it. */
class Session {
  #storage = new SessionStorage();
  #renewal: Promise<TokenRenewal> | undefined;
  #client: Promise<GoTrueClient> | undefined;
  readonly store = new Store<SessionState>(stateOf(this.#storage.tokens()));
  /** Whether the token cannot be renewed for now, and that is tried again. */
  readonly retrying = new Store(false);

  constructor() {
    if (typeof window === "undefined") return;
    // Signing in or out in another tab: this one may have no client yet that would say so.
    window.addEventListener("storage", ({ key }) => {
      if (key !== STORAGE_KEY && key !== null) return;
      this.#storage.changedElsewhere();
      this.#follow();
    });
    // A page that comes back from the back-forward cache has not heard of what other tabs did meanwhile.
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#follow());
    window.addEventListener("online", () => void this.#renewal?.then((renewal) => renewal.wake()));
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

  /** An access token that has not ended, or null for a visitor. Throws ApiError `network` or `session_not_renewed` if
   *  it cannot be renewed for now; the person stays signed in. */
  async token(): Promise<string | null> {
    const tokens = this.#storage.tokens();
    if (!tokens) return this.#follow();
    if (isFresh(tokens)) return tokens.access_token;
    const renewed = this.refresh(tokens.access_token);
    if (secondsLeft(tokens) <= ABOUT_TO_END) return renewed;
    renewed.catch(() => undefined); // the token is still good, and the next request tries again
    return tokens.access_token;
  }

  /** A new access token, or null if the session is over: it is forgotten then, here and in storage. Throws as `token`.
   *
   *  @param stale the token that has ended, or that the API has refused
   */
  async refresh(stale: string): Promise<string | null> {
    // Public pages need none of it.
    this.#renewal ??= import("./renewal.ts").then(({ createRenewal }) => createRenewal(this.#storage, this.retrying));
    const renewal = await this.#renewal.catch(() => {
      this.#renewal = undefined; // a failure to load it is not remembered
      throw new ApiError(0, {}, null);
    });
    return (await renewal.renew(stale)) ?? this.#follow();
  }

  /** Forgets the session on this device, whether or not anything can be reached. */
  forget(): void {
    this.#storage.removeItem(STORAGE_KEY);
    this.#follow();
  }

  /** Says what storage says: a visitor, or who is signed in. */
  #follow(): null {
    this.#set(stateOf(this.#storage.tokens()));
    return null;
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
      autoRefreshToken: false,
      detectSessionInUrl: false, // `/auth/callback` exchanges the code itself, once
    });
    // Nothing of the client may be awaited in here: it waits for its listeners.
    client.onAuthStateChange(() => void this.#follow());
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

export const session = new Session();
