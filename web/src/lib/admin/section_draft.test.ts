import assert from "node:assert/strict";
import { test } from "node:test";
import { added, isSame, matches, moved, removed } from "./section_draft.ts";

test("a pattern is added once, at the end and clean", () => {
  assert.deepEqual(added(["a/*"], "  b/\tmini "), ["a/*", "b/ mini"]);
  assert.deepEqual([added(["a/*"], "a/* "), added(["a/*"], " \u200b ")], [["a/*"], ["a/*"]]);
});

test("a pattern moves by one place, and not past an end", () => {
  assert.deepEqual(moved(["a", "b", "c"], 2, -1), ["a", "c", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, 1), ["b", "a", "c"]);
  assert.deepEqual(
    [moved(["a", "b"], 0, -1), moved(["a", "b"], 1, 1), moved(["a"], 4, -1)],
    [["a", "b"], ["a", "b"], ["a"]],
  );
});

test("the pattern at a place is removed", () => {
  assert.deepEqual(removed(["a", "b", "c"], 1), ["a", "c"]);
});

test("choices are the same in the same order alone", () => {
  const choice = { models: ["a", "b"], never: ["c"] };
  assert.ok(isSame(choice, structuredClone(choice)));
  assert.ok(!isSame(choice, { models: ["b", "a"], never: ["c"] }));
  assert.ok(!isSame(choice, { models: ["a", "b"], never: [] }));
});

test("a shell pattern matches as on the server", () => {
  const id = "openai/gpt-4.1-mini";
  for (const pattern of [
    "*",
    "openai/*",
    "*-mini",
    "openai/gpt-?.1-mini",
    "openai/gpt-[345].1*",
    "openai/gpt-[!9]*",
    id,
  ])
    assert.ok(matches(pattern, id), pattern);
  for (const pattern of [
    "",
    "gpt-4.1-mini",
    "openai/gpt-4x1-mini",
    "OPENAI/*",
    "openai/gpt-[!4]*",
    "openai/gpt-[9-1]*",
  ])
    assert.ok(!matches(pattern, id), pattern);
  assert.ok(matches("a[b", "a[b"));
  assert.ok(matches("a(+){2}|^$.", "a(+){2}|^$."));
  assert.ok(matches("[]x]", "]"));
});
