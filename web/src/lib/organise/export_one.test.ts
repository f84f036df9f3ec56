import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "./export_one.ts";

test("a file is named by its title, without what file systems refuse", () => {
  assert.equal(fileName('a/b: "c"?\n', "markdown"), "a b c.md");
  assert.equal(fileName("../..", "json"), "conversation.json");
  assert.equal(fileName("हम्पी में तीन दिन", "txt"), "हम्पी में तीन दिन.txt");
});
