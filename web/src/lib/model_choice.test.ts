import assert from "node:assert/strict";
import test from "node:test";
import { ModelChoice } from "./model_choice.ts";
import { findModels, modelName, models, type ListedModel } from "./models.ts";
import { quotaLevel, type QuotaUsage } from "./quota.ts";

const listed = [
  { id: "a/small", name: "Small", in_plan: true },
  { id: "b/huge", name: "Huge One", in_plan: false },
  { id: "b/huge-lite", name: "Huge Lite", in_plan: true },
] as ListedModel[];

test("models are found by all words in name or id, those of the plan first", () => {
  const ids = (words: string) => findModels(listed, words).map(({ id }) => id);
  assert.deepEqual(ids(""), ["a/small", "b/huge-lite", "b/huge"]);
  assert.deepEqual(ids("lite huge"), ["b/huge-lite"]);
  assert.deepEqual(ids("B/"), ["b/huge-lite", "b/huge"]);
  assert.deepEqual(ids("nothing"), []);
});

test("a model has its name, and a part of its id before the list is read", () => {
  assert.equal(modelName("b/huge", listed), "Huge One");
  assert.equal(modelName("b/huge", null), "huge");
  assert.equal(modelName("b/huge-lite-2026-04-14", listed), "Huge Lite");
  assert.equal(modelName("b/vast-2026-04-14", listed), "vast-2026-04-14");
});

test("arrows go round, and Enter chooses the one reached", () => {
  models.set(listed);
  const choice = new ModelChoice();
  choice.search("");
  choice.press("ArrowUp");
  assert.equal(choice.press("Enter")?.id, "b/huge");
  choice.press("ArrowDown");
  assert.equal(choice.press("Enter")?.id, "a/small");
  choice.search("nothing");
  choice.press("ArrowDown");
  assert.equal(choice.press("Enter"), null);
});

test("held answers count towards the warnings", () => {
  const level = (used: number, reserved: number, limit = 100) => quotaLevel({ used, reserved, limit } as QuotaUsage);
  assert.deepEqual([level(79, 0), level(79, 1), level(90, 0), level(98, 2), level(0, 0, 0)], [0, 80, 90, 100, 0]);
});
