import assert from "node:assert/strict";
import test from "node:test";
import { me, type Me } from "../me.ts";
import { modelName, models, offered, type ListedModel } from "../models.ts";
import { quotaLevel, type QuotaUsage } from "../quota.ts";
import { forgetRecentModels, recentModels, rememberModel } from "../recent_models.ts";
import { ModelChoice } from "./choice.ts";
import { withFavourite } from "./favourites.ts";
import { badgesOf } from "./abilities.ts";
import { alternativeTo } from "./alternatives.ts";
import { obstacleOf } from "./fitness.ts";
import { sharedNames } from "./groups.ts";
import { byMaker, markOf } from "../model_makers.ts";
import { inView, layOut, scrollTo } from "./rows.ts";

const PLAIN = {
  input_modalities: ["text"],
  output_modalities: ["text"],
  supported_parameters: [],
  quota_key: "small_messages",
  plans: ["free", "pro"],
  in_plan: true,
  created_at: "2026-01-01T00:00:00Z",
  prompt_micro_usd_per_million: 1,
  completion_micro_usd_per_million: 1,
};
const model = (id: string, name: string, changes = {}) =>
  ({ ...PLAIN, id, name, ...changes }) as unknown as ListedModel;
const SEES = { input_modalities: ["text", "image"] };
const listed = [
  model("a/small", "Small"),
  model("b/huge", "Beta: Huge One", { in_plan: false, plans: ["pro"] }),
  model("b/huge-lite", "Beta: Huge Lite", { ...SEES, created_at: "2026-02-01T00:00:00Z" }),
];

function open(favourites: string[] = []): ModelChoice {
  models.set(listed);
  offered.set({ default_model: "a/small", sections: [{ key: "fast", models: ["a/small", "gone/model"] }] });
  me.set({ preferences: { favourite_models: favourites } } as Me);
  const choice = new ModelChoice();
  choice.search("");
  return choice;
}
const groups = (choice: ModelChoice) =>
  choice.store.value.groups.map(({ key, models: own }) => `${key}: ${own.map(({ id }) => id).join(" ")}`);

test("a model has its name, and a part of its id before the list is read", () => {
  assert.equal(modelName("b/huge", listed), "Beta: Huge One");
  assert.equal(modelName("b/huge", null), "huge");
  assert.equal(modelName("b/huge-lite-2026-04-14", listed), "Beta: Huge Lite");
  assert.equal(modelName("b/vast-2026-04-14", listed), "vast-2026-04-14");
});

test("favourites come first, then sections, then makers with their newest model first", () => {
  assert.deepEqual(groups(open(["b/huge", "gone/model"])), [
    "favourites: b/huge",
    "fast: a/small",
    "maker:a: a/small",
    "maker:b: b/huge-lite b/huge",
  ]);
});

test("a list opened before the profile is read gets its favourites, and keeps its active model", () => {
  const choice = open();
  me.set(null);
  choice.search("");
  choice.press("ArrowDown");
  choice.press("ArrowDown");
  const active = choice.press("Enter")?.id;
  me.set({ preferences: { favourite_models: ["b/huge"] } } as Me);
  choice.regroup();
  assert.equal(groups(choice)[0], "favourites: b/huge");
  assert.equal(choice.press("Enter")?.id, active);
  choice.search("small");
  choice.regroup();
  assert.deepEqual(groups(choice), ["results: a/small"]);
});

test("a list opened again has the same groups, which the page need not draw again", () => {
  const choice = open(["b/huge"]);
  const before = choice.store.value.groups;
  choice.search("huge");
  choice.search("");
  assert.equal(choice.store.value.groups, before);
  me.set({ preferences: { favourite_models: [] } } as unknown as Me);
  choice.search("");
  assert.notEqual(choice.store.value.groups, before);
});

test("typed words show results in one group, and none without a match", () => {
  const choice = open();
  choice.search("hug");
  assert.deepEqual(groups(choice), ["results: b/huge-lite b/huge"]);
  choice.search("nothing");
  assert.deepEqual(groups(choice), []);
});

test("arrows go round, and Enter chooses the one reached", () => {
  const choice = open();
  choice.press("ArrowUp");
  assert.equal(choice.press("Enter")?.id, "b/huge");
  choice.press("ArrowDown");
  assert.equal(choice.press("Enter")?.id, "a/small");
  choice.press("PageDown");
  assert.equal(choice.press("Enter")?.id, "b/huge");
  choice.search("nothing");
  choice.press("ArrowDown");
  assert.equal(choice.press("Enter"), null);
});

test("held answers count towards the warnings", () => {
  const level = (used: number, reserved: number, limit = 100) => quotaLevel({ used, reserved, limit } as QuotaUsage);
  assert.deepEqual([level(79, 0), level(79, 1), level(90, 0), level(98, 2), level(0, 0, 0)], [0, 80, 90, 100, 0]);
});

test("a model outside the plan or without eyes names its obstacle and another model", () => {
  const [small, huge, lite] = listed as [ListedModel, ListedModel, ListedModel];
  const images = { images: true };
  assert.deepEqual(obstacleOf(huge, { images: false }), { kind: "plan", plan: "pro" });
  assert.deepEqual(obstacleOf({ ...huge, plans: [] }, images), { kind: "plan", plan: null });
  assert.deepEqual([obstacleOf(small, images), obstacleOf(lite, images)], [{ kind: "blind" }, null]);
  assert.equal(alternativeTo(small, images, listed, ["a/small", null])?.id, "b/huge-lite");
  assert.equal(alternativeTo(huge, { images: false }, listed, ["gone", "b/huge-lite"])?.id, "b/huge-lite");
  assert.equal(alternativeTo(huge, { images: false }, listed, [])?.id, "a/small");
  assert.equal(alternativeTo(small, images, [small, huge], []), null);
  const draws = model("c/draws", "Draws", {
    ...SEES,
    output_modalities: ["image"],
    prompt_micro_usd_per_million: null,
  });
  assert.equal(alternativeTo(draws, images, [...listed, draws], ["b/huge-lite"]), null);
  assert.deepEqual(badgesOf({ ...draws, quota_key: "image_generation" }), ["vision", "image_output"]);
});

test("a mark is a letter of the maker, also when its name begins with a sign", () => {
  const mark = (id: string, name: string) => markOf({ id, name }).letter;
  assert.equal(mark("openai/x", "OpenAI: X"), "O");
  assert.equal(mark("z-ai/x", "🙈 क्षमा: X"), "क्ष");
  assert.equal(mark("none", "…"), "?");
  assert.equal(markOf({ id: "a/1", name: "A: 1" }).tint, markOf({ id: "a/2", name: "Other" }).tint);
});

test("makers have the name that most of their models say, and unknown ones come last", () => {
  const named = byMaker([
    { id: "solo", name: "Solo" },
    { id: "z-ai/a", name: "A" },
    { id: "~openai/b", name: "OpenAI: B" },
    { id: "openai/c", name: "OpenAI: C" },
    { id: "openai/d", name: "Open: D" },
  ]).map(({ key, name, models: own }) => [key, name, own.length]);
  assert.deepEqual(named, [
    ["openai", "OpenAI", 3],
    ["z-ai", "Z Ai", 1],
    ["", "", 1],
  ]);
});

test("of 600 models those in view are on the page, and the active one", () => {
  const many = [
    { key: "results", maker: null, models: Array.from({ length: 600 }, (_, n) => model(`a/${n}`, "Same")) },
  ];
  const heights = { heading: 30, row: 50 };
  const { groups: placed, height } = layOut(many, heights);
  const numbers = (from: number, to: number, active: number) =>
    inView(placed, heights, from, to, active).flatMap(({ options }) => options.map(({ number }) => number));
  assert.equal(height, 30 + 600 * 50);
  assert.deepEqual(numbers(0, 100, 0), [0, 1]);
  assert.deepEqual(numbers(29_960, height, 3), [3, 598, 599]);
  assert.equal(scrollTo(placed, heights, 599, 0, 500), height - 500);
  assert.equal(scrollTo(placed, heights, 0, 400, 500), 0);
  assert.equal(scrollTo(placed, heights, 2, 0, 500), null);
  assert.equal(scrollTo(placed, heights, 600, 0, 500), null);
  assert.deepEqual([...sharedNames(many[0]?.models ?? [])], ["Same"]);
});

test("recent models are the user's, latest first, and rubbish in the storage is none", () => {
  const rows = new Map<string, string>();
  const use = {
    read: (key: string) => rows.get(key) ?? null,
    write: (key: string, value: string | null) => Boolean(value === null ? rows.delete(key) : rows.set(key, value)),
  };
  for (const id of ["a", "b", "a", "c", "d", "e"]) rememberModel("me", id, use);
  assert.deepEqual(recentModels("me", use), ["e", "d", "c", "a"]);
  assert.deepEqual(recentModels("you", use), []);
  for (const rubbish of ["{", "[]", '{"user":"me","ids":{}}', '{"user":"me","ids":[1,null]}']) {
    rows.set("oneai.recent_models", rubbish);
    assert.deepEqual(recentModels("me", use), []);
  }
  forgetRecentModels(use);
  assert.equal(rows.size, 0);
});

test("a favourite is added at the start once, and removed", () => {
  assert.deepEqual(withFavourite(["a", "b"], "b", true), ["b", "a"]);
  assert.deepEqual(withFavourite(["a", "b"], "a", false), ["b"]);
  assert.equal(withFavourite(Array.from({ length: 50 }, String), "x", true).length, 50);
});
