import assert from "node:assert/strict";
import { test } from "node:test";
import { budgetIsAmbiguous, keyForm, keyFormProblems, keyRequest, type ApiKey } from "./key_form.ts";

const NOW = new Date("2026-11-22T12:00:00").getTime();
const filled = {
  name: " CI ",
  scopes: ["usage:read", "chat"] as const,
  models: "openai/*\n\nanthropic/claude, ",
  expires: "2026-12-31",
  budget: "0.1",
  window: "day" as const,
  requests: "60",
  tokens: "",
  parallel: " 2 ",
  addresses: "10.0.0.0/8\n192.0.2.1",
};

test("a form becomes the request, with nothing where nothing was typed", () => {
  const request = keyRequest({ ...filled, scopes: [...filled.scopes] });
  assert.deepEqual(request, {
    name: "CI",
    scopes: ["chat", "usage:read"],
    models: ["openai/*", "anthropic/claude"],
    expires_at: new Date("2026-12-31T23:59:59").toISOString(),
    budget: { micro_usd: 100_000, window: "day" },
    limits: { requests_per_minute: 60, tokens_per_minute: null, parallel: 2 },
    ip_ranges: ["10.0.0.0/8", "192.0.2.1"],
  });
  const empty = keyRequest({ ...keyForm(), name: "x" });
  assert.deepEqual([empty.models, empty.expires_at, empty.budget, empty.limits, empty.ip_ranges], Array(5).fill(null));
});

test("money is exact in every spelling", () => {
  const money = (budget: string) => keyRequest({ ...keyForm(), budget }).budget?.micro_usd;
  assert.equal(money("0"), 0);
  assert.equal(money("1.000001"), 1_000_001);
  assert.equal(money("4,35"), 4_350_000);
  assert.equal(money("1000"), 1_000_000_000);
  assert.equal(money("1,000"), 1_000_000_000);
  assert.equal(money("$1,50,000"), 150_000_000_000);
  assert.equal(money("1.000,50"), 1_000_500_000);
  assert.equal(money("१,०००\u200e"), 1_000_000_000);
});

test("what cannot be sent is named by its field", () => {
  assert.deepEqual(keyFormProblems({ ...keyForm(), name: "x" }, NOW), []);
  assert.deepEqual(keyFormProblems({ ...keyForm(), name: "  ", scopes: [] }, NOW), ["name", "scopes"]);
  const wrong = { ...keyForm(), name: "x", expires: "2026-11-21", budget: "ten", requests: "0", parallel: "1.5" };
  assert.deepEqual(keyFormProblems(wrong, NOW), ["expires_at", "budget", "limits"]);
  assert.deepEqual(keyFormProblems({ ...keyForm(), name: "x", expires: "2026-11-22" }, NOW), []);
});

test("an amount that means two is asked for, and limits are read as people write them", () => {
  const problems = (form: object) => keyFormProblems({ ...keyForm(), name: "x", ...form }, NOW);
  assert.deepEqual(problems({ budget: "1.000" }), ["budget"]);
  assert.deepEqual(problems({ budget: "$" }), ["budget"]);
  assert.deepEqual(
    ["$1.000", "1,000", "ten"].map((budget) => budgetIsAmbiguous({ ...keyForm(), budget })),
    [true, false, false],
  );
  assert.deepEqual(problems({ name: "\u200b" }), ["name"]);
  assert.deepEqual(problems({ requests: "1.000" }), ["limits"]);
  const request = keyRequest({
    ...keyForm(),
    name: "\u200ex",
    requests: "1,000",
    tokens: "1,50,000",
    addresses: "10.0.0.1\u200b",
  });
  assert.equal(request.name, "x");
  assert.deepEqual(request.limits, { requests_per_minute: 1_000, tokens_per_minute: 150_000, parallel: null });
  assert.deepEqual(request.ip_ranges, ["10.0.0.1"]);
});

test("a budget with three decimals comes back the same", () => {
  const key = { ...keyRequest({ ...keyForm(), name: "x" }), budget: { micro_usd: 1_005_000, window: "day" } };
  assert.equal(keyRequest(keyForm(key as unknown as ApiKey)).budget?.micro_usd, 1_005_000);
});

test("a key that exists fills the form, and comes back the same", () => {
  const request = keyRequest({ ...filled, scopes: [...filled.scopes] });
  assert.deepEqual(keyRequest(keyForm(request as unknown as ApiKey)), request);
});
