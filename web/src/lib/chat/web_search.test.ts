import assert from "node:assert/strict";
import { test } from "node:test";
import { cannotSearch, searchesWeb, searchPrice, webSearchField } from "./web_search.ts";

const CATALOGUE = [
  { id: "old", web_search_micro_usd: null },
  { id: "one", web_search_micro_usd: 7_000 },
  { id: "two", web_search_micro_usd: 7_000 },
];

test("a choice on the page precedes the conversation's setting, and a new chat does not search", () => {
  assert.equal(searchesWeb(null, null), false);
  assert.equal(searchesWeb(null, { web_search: true }), true);
  assert.equal(searchesWeb(false, { web_search: true }), false);
  assert.equal(searchesWeb(true, null), true);
});

test("one model of a comparison that cannot search names itself", () => {
  assert.equal(cannotSearch(["one", "old"], CATALOGUE), "old");
  assert.equal(cannotSearch(["one", "two"], CATALOGUE), null);
  assert.equal(cannotSearch(["unknown"], CATALOGUE), null);
  assert.equal(cannotSearch([], null), null);
});

test("a choice is sent unless a model cannot search, and no choice sends nothing", () => {
  assert.deepEqual(webSearchField(null, ["one"], CATALOGUE), {});
  assert.deepEqual(webSearchField(true, ["one"], CATALOGUE), { web_search: true });
  assert.deepEqual(webSearchField(true, ["old"], CATALOGUE), {});
  assert.deepEqual(webSearchField(false, ["old"], CATALOGUE), { web_search: false });
});

test("the price is that of the model, or of any model while none is chosen", () => {
  assert.equal(searchPrice(["one"], CATALOGUE), 7_000);
  assert.equal(searchPrice([], CATALOGUE), 7_000);
  assert.equal(searchPrice(["one"], null), null);
});
