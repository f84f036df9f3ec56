import assert from "node:assert/strict";
import { test } from "node:test";
import { isWorse, sideBySide, type EvaluationResult } from "./evaluations.ts";

const result = (id: string, state: EvaluationResult["state"]): EvaluationResult => ({
  evaluation_id: id,
  question: `Question ${id}`,
  state,
  failures: [],
  outcome: "answered",
  answer: "Yes.",
  error_code: null,
  cost_micro_usd: 1,
  charged: 1,
});

test("two runs stand side by side by question, and what passed before and fails now is worse", () => {
  const before = { results: [result("old", "passed"), result("1", "passed"), result("2", "not_passed")] };
  const after = { results: [result("1", "not_passed"), result("2", "passed"), result("new", "failed")] };
  const rows = sideBySide(before, after);
  assert.deepEqual(
    rows.map(({ id, before, after }) => [id, before?.state, after?.state]),
    [
      ["1", "passed", "not_passed"],
      ["2", "not_passed", "passed"],
      ["new", undefined, "failed"],
      ["old", "passed", undefined],
    ],
  );
  assert.deepEqual(
    rows.map((row) => isWorse(row.before, row.after)),
    [true, false, false, false],
  );
  assert.deepEqual(sideBySide(null, null), []);
});
