import assert from "node:assert/strict";
import { test } from "node:test";
import { EXAMPLE_MODEL, exampleModel } from "./api_examples.ts";

test("an example asks a model that its key permits", () => {
  const listed = ["anthropic/claude-sonnet-4.5", "google/gemini-2.5-flash"];

  assert.equal(exampleModel(null, listed), EXAMPLE_MODEL);
  assert.equal(exampleModel(["openai/*"], []), EXAMPLE_MODEL);
  assert.equal(exampleModel(["google/*", "x/y"], listed), "google/gemini-2.5-flash");
  assert.equal(exampleModel(["own/model.v1"], listed), "own/model.v1");
  assert.equal(exampleModel(["openai.gpt-4+1-mini", "(*"], listed), "openai.gpt-4+1-mini");
  assert.equal(exampleModel(["other/*"], listed), null);
});
