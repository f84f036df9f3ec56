import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sparkline } from "./sparkline.ts";

test("a course goes from the left to the right, and its highest value is on top", () => {
  assert.equal(sparkline([0, 10, 5])?.line, "M0 28L50 2L100 15");
  assert.equal(sparkline([0, 10, 5])?.area, "M0 28L0 28L50 2L100 15L100 28Z");
});

const CASES = JSON.parse(
  readFileSync(new URL("../../../../tests/world_cases/dashboards/courses.json", import.meta.url), "utf8"),
) as { name: string; values: (number | null)[]; line: string | null }[];

for (const { name, values, line } of CASES)
  test(`a course of ${name} is drawn as it should be`, () => {
    assert.equal(sparkline(values)?.line ?? null, line);
  });

test("negative values are below zero, which the area ends at", () => {
  assert.deepEqual(sparkline([-10, 10]), { line: "M0 28L100 2", area: "M0 15L0 28L100 2L100 15Z" });
});

test("a missing value is a gap, and a value between two gaps is a dot", () => {
  const drawn = sparkline([1, 1, null, 1, null]);
  assert.equal(drawn?.line, "M0 2L25 2M75 2h0");
  assert.equal(drawn?.area, "M0 28L0 2L25 2L25 28Z");
});

test("extreme values stay within the drawing", () => {
  for (const values of [
    [1e15, -1e15, 0],
    [5e-7, 1e-7],
    [Number.MAX_VALUE / 2, 0],
  ])
    for (const y of (sparkline(values)?.line ?? "").matchAll(/ (-?[\d.]+)/g))
      assert.ok(Number(y[1]) >= 0 && Number(y[1]) <= 30, String(values));
});
