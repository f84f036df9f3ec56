import assert from "node:assert/strict";
import test from "node:test";
import { Store } from "./store.ts";

test("every listener has the newest value, even if one of them changed it", () => {
  const store = new Store(0);
  store.subscribe((value) => value === 1 && store.set(2));
  let last = -1;
  store.subscribe((value) => (last = value));
  store.set(1);
  assert.equal(last, 2);
});
