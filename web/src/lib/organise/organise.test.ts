import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListedConversation } from "../conversations.ts";
import { fileName } from "./changes.ts";
import { labelsOf, parseTags } from "./labels.ts";

test("tags are what stands between commas, each once", () => {
  assert.deepEqual(parseTags(" rain, roof ,, rain,x"), ["rain", "roof", "x"]);
  assert.deepEqual(parseTags(""), []);
  assert.equal(parseTags("a".repeat(80))[0]?.length, 50);
  assert.equal(parseTags(Array.from({ length: 30 }, (_, n) => n).join(",")).length, 20);
});

test("folders and tags are listed once, in order", () => {
  const of = (folder: string | null, tags: string[]) => ({ folder, tags }) as ListedConversation;
  assert.deepEqual(labelsOf([of("Work", ["b"]), of(null, ["a", "b"]), of("Home", []), of("Work", [])]), {
    folders: ["Home", "Work"],
    tags: ["a", "b"],
  });
});

test("a file is named by its title, without what file systems refuse", () => {
  assert.equal(fileName('a/b: "c"?\n', "markdown"), "a b c.md");
  assert.equal(fileName("../..", "json"), "conversation.json");
  assert.equal(fileName("हम्पी में तीन दिन", "txt"), "हम्पी में तीन दिन.txt");
});
