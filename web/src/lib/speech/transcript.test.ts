import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { transcriptOf, withSpoken } from "./transcript.ts";

interface Case {
  name: string;
  parts: [transcript: string, isFinal: boolean][];
  text: string;
}
const address = new URL("../../../../tests/world_cases/speech/heard.json", import.meta.url);
const CASES = JSON.parse(readFileSync(address, "utf8")) as Case[];

for (const { name, parts, text } of CASES) {
  test(`what was heard: ${name}`, () => {
    assert.equal(transcriptOf(parts.map(([transcript, isFinal]) => ({ transcript, isFinal }))), text);
  });
}

test("what is said stands at the cursor, with spaces where words meet", () => {
  const shown = (before: string, said: string, after: string) => {
    const { text, cursor } = withSpoken(before, said, after);
    return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
  };
  assert.equal(shown("", "hello", ""), "hello|");
  assert.equal(shown("Dear", "Sir or Madam", ""), "Dear Sir or Madam|");
  assert.equal(shown("one ", "two", "three"), "one two| three");
  assert.equal(shown("(", "see above", "), and"), "(see above|), and");
  assert.equal(shown("line\n", "next", ", and"), "line\nnext|, and");
  assert.equal(shown("我说", "你好", "吗"), "我说你好|吗");
  assert.equal(shown("kept", "", "too"), "kept|too");
});
