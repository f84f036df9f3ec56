import assert from "node:assert/strict";
import test from "node:test";
import { HeldRefresh } from "./held_refresh.ts";

test("changes during edits are read once, after the last edit", () => {
  let reads = 0;
  const refresh = new HeldRefresh(() => reads++);
  refresh.request();
  assert.equal(reads, 1);
  const [one, other] = [refresh.hold(), refresh.hold()];
  refresh.request();
  refresh.request();
  one();
  assert.equal(reads, 1);
  other();
  assert.equal(reads, 2);
  refresh.hold()();
  assert.equal(reads, 2);
});
