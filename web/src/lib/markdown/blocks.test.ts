import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockSplitter } from "./blocks.ts";

function split(text: string): string[] {
  const splitter = new BlockSplitter();
  splitter.update(text, true);
  return blocksOf(splitter);
}

function blocksOf(splitter: BlockSplitter): string[] {
  return Array.from({ length: splitter.finished + 1 }, (_, index) => splitter.block(index)).filter((each) =>
    each.trim(),
  );
}

const ANSWER = [
  "# Title\n",
  "A paragraph\nof two lines.\n\n",
  "```js\nconst a = 1;\n\n# no heading\n```\n",
  "1. one\n\n   more of one\n   ```\n   code\n\n   in it\n   ```\n2. two\n   - inner\n\n\n",
  "$$\nx^2\n\n+ 1\n$$\n",
  "\\[\n\\frac{1}{2}\n\\]\n",
  "| a | b |\n| - | - |\n| 1 | 2 |\n\n",
  "> quote\n> on\n\n",
  "    indented\n\n    code\n\n",
  "## Another\n",
  "बात $5 और $10 की है।\n\n",
  "~~~~\n```\n~~~~\n",
  "The end\n",
];

test("an answer is split into its top-level blocks, and nothing is lost", () => {
  assert.deepEqual(split(ANSWER.join("")), ANSWER);
});

test("the blocks of an answer are the same for pieces of any size", () => {
  const text = ANSWER.join("");
  for (let size = 1; size < 40; size++) {
    const splitter = new BlockSplitter();
    for (let end = size; end < text.length; end += size) splitter.update(text.slice(0, end));
    splitter.update(text, true);
    assert.deepEqual(blocksOf(splitter), ANSWER, `pieces of ${size}`);
  }
});

test("a finished block never changes while the answer grows", () => {
  const text = ANSWER.join("");
  const splitter = new BlockSplitter();
  const finished: string[] = [];
  for (let end = 1; end <= text.length; end++) {
    splitter.update(text.slice(0, end));
    assert.ok(splitter.finished >= finished.length);
    finished.forEach((block, index) => assert.equal(splitter.block(index), block));
    while (finished.length < splitter.finished) finished.push(splitter.block(finished.length));
  }
});

test("another text starts all blocks again", () => {
  const splitter = new BlockSplitter();
  assert.equal(splitter.update("one\n\ntwo\n\nthree"), true);
  assert.equal(splitter.update("other\n\ntext", true), false);
  assert.deepEqual(blocksOf(splitter), ["other\n\n", "text\n"]);
});

test("a fence inside a list, or a rule, does not end or start a list", () => {
  assert.equal(split("- a\n  ```\n  x\n\n- not an item\n  ```\n- b\n").length, 1);
  assert.deepEqual(split("text\n\n* * *\n\nmore"), ["text\n\n", "* * *\n\n", "more\n"]);
});

test("a fence with a backtick in its info string is text", () => {
  assert.deepEqual(split("``` a`b\n\ntext"), ["``` a`b\n\n", "text\n"]);
});

test("a list that is very long is cut at an item", () => {
  const blocks = split("- an item of a list\n".repeat(2_000));
  assert.ok(blocks.length > 3);
  assert.ok(blocks.every((block) => block.length < 9_000 && block.startsWith("- an")));
});

test("a footnote keeps its indented paragraphs, and ends before other text", () => {
  const text = "See[^1].\n\n[^1]: one\n\n    more of one\n[^2]: two\n\nafter\n";
  assert.deepEqual(split(text), ["See[^1].\n\n", "[^1]: one\n\n    more of one\n[^2]: two\n\n", "after\n"]);
});

test("an indented fence does not end code", () => {
  assert.equal(split("```\na\n    ```\nb\n\nc\n```\n").length, 1);
});
