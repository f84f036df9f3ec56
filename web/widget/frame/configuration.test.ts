import assert from "node:assert/strict";
import { test } from "node:test";
import { directionOf, languageOf } from "./configuration.ts";

test("the chat is in a language that it speaks, and in the direction of its writing", () => {
  assert.equal(languageOf(["en", "hi"], [null, "fr-FR", "hi-IN"]), "hi");
  assert.equal(languageOf(["id", "en"], [null, "fr-FR"]), "id");
  assert.deepEqual(["en", "hi", "id", "ur"].map(directionOf), ["ltr", "ltr", "ltr", "rtl"]);
});
