import assert from "node:assert/strict";
import test from "node:test";
import type { ListedModel } from "../models.ts";
import type { QuotaStatus } from "../quota.ts";
import { samplesFor } from "./samples.ts";

function model(id: string, quota_key: string, more: Partial<ListedModel> = {}): ListedModel {
  return {
    id,
    name: id,
    quota_key,
    in_plan: true,
    completion_micro_usd_per_million: 1,
    web_search_micro_usd: null,
    ...more,
  } as ListedModel;
}

const MODELS = [
  model("openai/small", "small_messages"),
  model("openai/other", "small_messages"),
  model("google/small", "small_messages"),
  model("google/image", "image_generation"),
];

function quotas(used: Record<string, number>): QuotaStatus {
  const entries = Object.entries(used).map(([key, units]) => [key, { used: units, reserved: 0, limit: 5 }]);
  return { quotas: Object.fromEntries(entries) } as QuotaStatus;
}

const kinds = (...parameters: Parameters<typeof samplesFor>) => samplesFor(...parameters).map(({ kind }) => kind);

test("the samples show what the plan can do, four of them", () => {
  assert.deepEqual(kinds(MODELS, null), ["compare", "document", "draw", "look"]);
});

test("two small models of different makers are compared", () => {
  const [compare] = samplesFor(MODELS, null);
  assert.ok(compare?.kind === "compare");
  assert.deepEqual(
    compare.models.map(({ id }) => id),
    ["openai/small", "google/small"],
  );
});

test("a sample that the plan cannot do gives its place to another", () => {
  const outside = MODELS.map((each) => ({ ...each, in_plan: each.quota_key === "small_messages" }));
  assert.deepEqual(kinds(outside, null), ["compare", "document", "look", "table"]);
  assert.deepEqual(kinds(MODELS, quotas({ image_generation: 5 })), ["compare", "document", "look", "table"]);
  assert.deepEqual(kinds(MODELS, quotas({ small_messages: 5 })), ["document", "draw", "look", "table"]);
});

test("free models and two models of one maker are not compared", () => {
  const free = MODELS.map((each) => ({ ...each, completion_micro_usd_per_million: 0 }));
  assert.ok(!kinds(free, null).includes("compare"));
  assert.ok(!kinds(MODELS.slice(0, 2), null).includes("compare"));
});

test("a model that searches the web shows the web, while the plan has searches left", () => {
  const searching = [...MODELS, model("google/search", "small_messages", { web_search_micro_usd: 20_000 })];
  assert.deepEqual(kinds(searching, null), ["compare", "document", "draw", "web"]);
  assert.deepEqual(kinds(searching, quotas({ web_searches: 5 })), ["compare", "document", "draw", "look"]);
});

test("without models the samples that need none are shown", () => {
  assert.deepEqual(kinds(null, null), ["document", "look", "table"]);
});
