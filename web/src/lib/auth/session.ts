import type { GoTrueClient } from "@supabase/auth-js";
import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { TokenRenewal } from "./token_renewal.ts";
import { isFresh, secondsLeft, SessionStorage, STORAGE_KEY, type Tokens } from "./tokens.ts";

/** A token that expires within this many seconds can expire on its way to the API. */
const ABOUT_TO_END = 5;

export type SessionState = { state: "signed_in"; id: string; email: string | null } | { state: "signed_out" };

/** Who is signed in. The user and the token are read from storage, and tokens are renewed without Supabase's client.
 *  That client is loaded on demand, to sign in or out or to change the account. */
class Session {
  #storage = new SessionStorage();
  #renewal: Promise<TokenRenewal> | undefined;
  #client: Promise<GoTrueClient> | undefined;
  readonly store = new Store<SessionState>(stateOf(this.#storage.tokens()));
  /** Whether renewing the token fails for now and is being retried. */
  readonly retrying = new Store(false);

  constructor() {
    if (typeof window === "undefined") return;
    // Another tab signed in or out. This tab may have no client yet that would report it.
    window.addEventListener("storage", ({ key }) => {
      if (key !== STORAGE_KEY && key !== null) return;
      this.#storage.changedElsewhere();
      this.#follow();
    });
    // A page restored from the back-forward cache has missed events of other tabs.
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.#follow());
    window.addEventListener("online", () => void this.#renewal?.then((renewal) => renewal.wake()));
  }

  get signedIn(): boolean {
    return this.store.value.state === "signed_in";
  }

  /** The user's id; null for a visitor. */
  get userId(): string | null {
    return this.store.value.state === "signed_in" ? this.store.value.id : null;
  }

  /** The user's e-mail address; null for a visitor. */
  get email(): string | null {
    return this.store.value.state === "signed_in" ? this.store.value.email : null;
  }

  /** Whether the session stays when the page is loaded again: storage may be full or forbidden. */
  get outlivesPage(): boolean {
    return this.#storage.written;
  }

  /** Supabase's client. A failure to load it is not remembered. */
  client(): Promise<GoTrueClient> {
    this.#client ??= this.#load().catch((failure: unknown) => {
      this.#client = undefined;
      throw failure;
    });
    return this.#client;
  }

  /** A valid access token; null for a visitor. Throws ApiError `network` or `session_not_renewed` if it cannot be
   *  renewed for now. The user stays signed in. */
  async token(): Promise<string | null> {
    const tokens = this.#storage.tokens();
    if (!tokens) return this.#follow();
    if (isFresh(tokens)) return tokens.access_token;
    const renewed = this.refresh(tokens.access_token);
    if (secondsLeft(tokens) <= ABOUT_TO_END) return renewed;
    renewed.catch(() => undefined); // the token is still valid, and the next request tries again
    return tokens.access_token;
  }

  /** A new access token; null if the session is over, which is then forgotten here and in storage. Throws as `token`.
   *
   *  @param stale the token that expired, or that the API refused
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

  /** Forgets the session on this device, without any request. */
  forget(): void {
    this.#storage.removeItem(STORAGE_KEY);
    this.#follow();
  }

  /** Takes the state from storage: a visitor, or a signed-in user. */
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
    // This callback must not await the client: the client waits for its listeners.
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
