import assert from "node:assert/strict";
import test from "node:test";
import { codePoints, LiveAnswer } from "./live_answer.ts";

test("text between two frames is shown together, once", () => {
  const frames: (() => void)[] = [];
  const answer = new LiveAnswer("id", "model", "", (callback) => frames.push(callback));
  let writes = -1; // the first call is the value at subscription
  answer.shown.subscribe(() => writes++);
  for (let n = 1; n <= 100; n++) answer.receive({ event: "delta", data: { text: "x" }, position: n });
  assert.equal(frames.length, 1);
  assert.equal(writes, 0);
  frames.shift()!();
  assert.equal(writes, 1);
  assert.equal(answer.shown.value.text, "x".repeat(100));
  answer.receive({ event: "delta", data: { text: "y" }, position: 101 });
  assert.equal(frames.length, 1);
});

test("the last event shows all that arrived before it", () => {
  const answer = new LiveAnswer("id", "model", "", () => {});
  answer.receive({ event: "delta", data: { text: "all" }, position: 3 });
  answer.end({ state: "stopped", finish_reason: null, model: null, usage: null, firstTokenMs: null, notice: null });
  assert.equal(answer.shown.value.text, "all");
  assert.equal(answer.ending.value?.state, "stopped");
});

test("after a reload the thoughts before the text stay, and those that the stream repeats are taken once", () => {
  const thoughts = { text: "First. ", length: 7, is_cut: false };
  const answer = new LiveAnswer("id", "model", "Text", (callback) => callback(), [], thoughts);
  assert.deepEqual(answer.shown.value, { text: "Text", reasoning: "First. " });
  answer.receive({ event: "reasoning", data: { text: "Second. " } });
  answer.rewindReasoning();
  answer.receive({ event: "reasoning", data: { text: "Second. " } });
  assert.equal(answer.shown.value.reasoning, "First. Second. ");
});

test("a text's length is counted as the API counts: by code points", () => {
  for (const text of ["", "abc", "😀", "a👨‍👩‍👧‍👦b", "नमस्ते", "\ud83d"])
    assert.equal(codePoints(text), [...text].length, text);
});
