import assert from "node:assert/strict";
import { test } from "node:test";
import { axisEnd, axisOf } from "./axis.ts";

test("an axis ends at a round number that has room for everything", () => {
  assert.deepEqual([0, 1, 3, 7, 12, 480, 1001].map(axisEnd), [1, 1, 5, 10, 20, 500, 2000]);
});

test("an axis begins below zero where a value does", () => {
  assert.deepEqual(axisOf([1, 7]), { low: 0, high: 10, ticks: [10, 5, 0] });
  assert.deepEqual(axisOf([-3, 7]), { low: -5, high: 10, ticks: [10, 5, 0, -5] });
  assert.deepEqual(axisOf([-3]), { low: -5, high: 0, ticks: [0, -2.5, -5] });
  assert.deepEqual(axisOf([]), { low: 0, high: 1, ticks: [1, 0.5, 0] });
});

test("what is slightly below zero leaves every tick a round number", () => {
  const cents = 1_000_000 / 100;
  assert.deepEqual(axisOf([-5 * cents, 980 * cents]).ticks, [10_000_000, 5_000_000, 0, -5_000_000]);
  assert.deepEqual(axisOf([-980 * cents, 5 * cents]).ticks, [5_000_000, 0, -5_000_000, -10_000_000]);
});
