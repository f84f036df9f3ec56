import assert from "node:assert/strict";
import { test } from "node:test";
import {
  newProviderKey,
  providerKeyChanges,
  providerKeyForm,
  providerKeyProblems,
  providerOf,
  type ProviderKey,
} from "./provider_key_form.ts";

const STORED: ProviderKey = {
  id: "1",
  provider: "custom",
  name: "Ours",
  base_url: "https://models.example.com/v1",
  last4: "x7Qz",
  state: "active",
  problem: null,
  limits: {
    micro_usd_per_day: 1_234_000,
    micro_usd_per_month: null,
    answers_per_day: 10,
    fallback_answers_per_day: null,
  },
  fallback: "plan",
  models: ["llama"],
  created_at: "2026-11-27T06:00:00Z",
  last_used_at: null,
};

test("a stored key is the same after its form", () => {
  const form = providerKeyForm(STORED);
  const { limits, fallback, name } = providerKeyChanges(form);

  assert.deepEqual(providerKeyProblems(form, STORED), []);
  assert.deepEqual({ limits, fallback, name }, { limits: STORED.limits, fallback: "plan", name: "Ours" });
  assert.ok(!("key" in providerKeyChanges(form)));
});

test("another address needs the key again", () => {
  const form = { ...providerKeyForm(STORED), address: "https://other.example.com/v1" };

  assert.deepEqual(providerKeyProblems(form, STORED), ["key"]);
  assert.deepEqual(providerKeyProblems({ ...form, key: "k" }, STORED), []);
});

test("a new key needs a name, a key and, if it is custom, an address", () => {
  assert.deepEqual(providerKeyProblems({ ...providerKeyForm(), provider: "custom" }), ["name", "key", "base_url"]);
  assert.deepEqual(providerKeyProblems({ ...providerKeyForm(), name: "Ours", key: " sk-1 " }), []);
});

test("amounts that are none are reported at their fields", () => {
  const form = { ...providerKeyForm(STORED), day: "much", month: "1.000", answers: "-1", fallbackAnswers: "2.5" };

  assert.deepEqual(providerKeyProblems(form, STORED), ["day", "month", "answers", "fallbackAnswers"]);
});

test("a pasted key loses its spaces, and an address belongs to custom providers alone", () => {
  const form = { ...providerKeyForm(), name: "Ours", key: "sk-1\n", address: "https://models.example.com" };

  assert.equal(newProviderKey(form).key, "sk-1");
  assert.ok(!("base_url" in newProviderKey(form)));
});

test("the models of a custom server are its ids without repeated spaces, and null without any", () => {
  const form = { ...providerKeyForm(STORED), models: " llama 3 ,\n\nqwen\n" };

  assert.equal(providerKeyForm(STORED).models, "llama");
  assert.deepEqual(providerKeyChanges(form).models, ["llama 3", "qwen"]);
  assert.equal(providerKeyChanges({ ...form, models: " \n" }).models, null);
  assert.ok(!("models" in newProviderKey({ ...form, provider: "openai" })));
});

test("a key is recognised by its beginning", () => {
  const found = ["sk-ant-1", "sk-or-v1-1", "sk-proj-1", "AIza1", "r8_1", "x"].map(providerOf);

  assert.deepEqual(found, ["anthropic", "openrouter", "openai", "gemini", "replicate", null]);
});
