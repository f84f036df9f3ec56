import assert from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, axisOf } from "./axis.ts";

test("an axis ends at a round number that has room for everything", () => {
  assert.deepEqual([0, 1, 3, 7, 12, 480, 1001].map(axisEnd), [1, 1, 5, 10, 20, 500, 2000]);
});

test("an axis begins below zero where a value does", () => {
  assert.deepEqual(axisOf([1, 7]), { low: 0, high: 10 });
  assert.deepEqual(axisOf([-3, 7]), { low: -5, high: 10 });
  assert.deepEqual(axisOf([-3]), { low: -5, high: 0 });
  assert.deepEqual(axisOf([]), { low: 0, high: 1 });
});
