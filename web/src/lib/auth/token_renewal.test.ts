import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { Store } from "../state/store.ts";
import type { RefreshResult } from "./refresh_request.ts";
import { TokenRenewal } from "./token_renewal.ts";
import { isFresh, secondsLeft, SessionStorage, STORAGE_KEY, type Tokens } from "./tokens.ts";

const LATER: RefreshResult = { state: "failed", reached: true, retryAfter: null };
const AWAY: RefreshResult = { state: "failed", reached: false, retryAfter: null };
const HOUR = 3600;

function tokensOf(name: string): Tokens {
  const user = { id: "asha", email: "asha@example.com" };
  const tokens = { access_token: `access-${name}`, refresh_token: `refresh-${name}`, expires_in: HOUR, user };
  return tokens as unknown as Tokens;
}

const refreshed = (name: string): RefreshResult => ({ state: "refreshed", tokens: tokensOf(name) });

/** A browser's storage, and a renewal whose answers, clock and lock are the test's. */
function world(results: (RefreshResult | (() => RefreshResult))[]) {
  const storage = new SessionStorage();
  storage.keep(tokensOf("first"));
  const sent: string[] = [];
  const waits: number[] = [];
  let now = 0;
  let locked = false;
  const renewal = new TokenRenewal(storage, {
    refresh: async (token) => {
      assert.ok(locked);
      sent.push(token);
      const result = results.shift() ?? assert.fail("one request too many");
      return typeof result === "function" ? result() : result;
    },
    exclusively: async (act) => {
      locked = true;
      return act().finally(() => (locked = false));
    },
    retrying: new Store(false),
    now: () => now,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      await new Promise(setImmediate);
      now += milliseconds;
    },
  });
  return { storage, renewal, sent, waits };
}

beforeEach(() => {
  const kept = new Map<string, string>();
  globalThis.localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  } as unknown as Storage;
});

test("requests that need a token at once share one refresh", async () => {
  const { renewal, sent, storage } = world([refreshed("second")]);
  const got = await Promise.all([1, 2, 3].map(() => renewal.renew("access-first")));
  assert.deepEqual(got, ["access-second", "access-second", "access-second"]);
  assert.deepEqual(sent, ["refresh-first"]);
  assert.equal(storage.tokens()?.refresh_token, "refresh-second");
});

test("a failure is tried again with longer and longer pauses, and the session stays", async () => {
  const { renewal, sent, waits, storage } = world([LATER, LATER, LATER, refreshed("second")]);
  assert.equal(await renewal.renew("access-first"), "access-second");
  assert.equal(sent.length, 4);
  assert.deepEqual(new Set(sent), new Set(["refresh-first"]));
  const own = [...new Set(waits)].filter((each) => each > 0);
  assert.ok(own[0]! >= 750 && own[0]! <= 1_250, String(own));
  assert.equal(storage.tokens()?.access_token, "access-second");
  assert.equal(renewal.retrying.value, false);
});

test("what the server asks to wait is waited, and a request gives up before it hangs", async () => {
  const results: RefreshResult[] = [{ state: "failed", reached: true, retryAfter: 120 }];
  const { renewal, sent, storage } = world(results);
  const failure = await renewal.renew("access-first").catch((each: unknown) => each);
  assert.ok(failure instanceof ApiError);
  assert.equal(failure.code, "session_not_renewed");
  assert.equal(failure.retryAfter, 120);
  assert.deepEqual(sent, ["refresh-first"]);
  assert.equal(storage.tokens()?.access_token, "access-first");
  assert.equal(renewal.retrying.value, true);
  results.push(refreshed("second"));
  await new Promise<void>((resolve) => renewal.retrying.subscribe((now) => !now && resolve()));
  assert.equal(storage.tokens()?.access_token, "access-second");
});

test("without a network a request fails at once, and the session stays", async () => {
  const results: RefreshResult[] = [AWAY];
  const { renewal, sent, storage } = world(results);
  const code = (failure: ApiError) => failure.code;
  assert.equal(await renewal.renew("access-first").catch(code), "network");
  assert.equal(await renewal.renew("access-first").catch(code), "network");
  assert.equal(sent.length, 1);
  assert.equal(renewal.retrying.value, false);
  assert.equal(storage.tokens()?.access_token, "access-first");
  renewal.wake();
  results.push(refreshed("second"));
  assert.equal(await renewal.renew("access-first"), "access-second");
});

test("the end of the session removes it from storage", async () => {
  const { renewal, storage } = world([{ state: "ended" }]);
  assert.equal(await renewal.renew("access-first"), null);
  assert.equal(storage.tokens(), null);
});

test("a token that another tab has renewed is used without a request", async () => {
  const { renewal, sent, storage } = world([]);
  storage.keep(tokensOf("second"));
  assert.equal(await renewal.renew("access-first"), "access-second");
  assert.deepEqual(sent, []);
});

test("refusing a token that another tab has used does not end the session", async () => {
  const { renewal, storage } = world([
    () => {
      storage.keep(tokensOf("second"));
      return { state: "ended" };
    },
  ]);
  assert.equal(await renewal.renew("access-first"), "access-second");
  assert.equal(storage.tokens()?.refresh_token, "refresh-second");
});

test("signing out while a token is renewed stays signed out", async () => {
  const { renewal, storage } = world([
    () => {
      storage.removeItem(STORAGE_KEY);
      return refreshed("second");
    },
  ]);
  assert.equal(await renewal.renew("access-first"), null);
  assert.equal(storage.tokens(), null);
});

test("the token of another user who signed in meanwhile is not used", async () => {
  const { renewal, storage } = world([
    () => {
      storage.keep({ ...tokensOf("other"), user: { id: "ravi" } as Tokens["user"] });
      return refreshed("second");
    },
  ]);
  assert.equal(await renewal.renew("access-first"), null);
  assert.equal(storage.tokens()?.user.id, "ravi");
});

test("a token's end counts by this device's clock from when it came", () => {
  mock.timers.enable({ apis: ["Date"], now: Date.UTC(2031, 0, 1) });
  try {
    const storage = new SessionStorage();
    storage.keep({ ...tokensOf("first"), expires_at: Date.UTC(2026, 10, 25) / 1000 });
    assert.ok(isFresh(storage.tokens()!));
    mock.timers.tick((HOUR - 80) * 1000);
    assert.ok(!isFresh(storage.tokens()!));
    assert.equal(Math.round(secondsLeft(storage.tokens()!)), 80);
  } finally {
    mock.timers.reset();
  }
});

test("a clock that was set back costs one refresh, not a token that never ends", () => {
  mock.timers.enable({ apis: ["Date"], now: Date.UTC(2026, 10, 25, 12) });
  try {
    const storage = new SessionStorage();
    storage.keep(tokensOf("first"));
    mock.timers.setTime(Date.UTC(2026, 10, 25, 9));
    assert.ok(!isFresh(storage.tokens()!));
    storage.keep(tokensOf("second"));
    assert.ok(isFresh(storage.tokens()!));
  } finally {
    mock.timers.reset();
  }
});

test("tokens that live a minute are not renewed before each request", () => {
  const storage = new SessionStorage();
  storage.keep({ ...tokensOf("first"), expires_in: 60 });
  assert.ok(isFresh(storage.tokens()!));
});

test("Supabase's client never sees an expired token, and a user change keeps its end", () => {
  const storage = new SessionStorage();
  storage.keep({ ...tokensOf("first"), expires_in: 5 });
  const { expires_at } = storage.tokens()!;
  const seen = JSON.parse(storage.getItem(STORAGE_KEY)!) as Tokens;
  assert.ok(seen.expires_at! > Date.now() / 1000 + 600);
  storage.setItem(STORAGE_KEY, JSON.stringify({ ...seen, user: { id: "asha", email: "new@example.com" } }));
  assert.equal(storage.tokens()?.user.email, "new@example.com");
  assert.equal(storage.tokens()?.expires_at, expires_at);
});
