import assert from "node:assert/strict";
import test from "node:test";
import { isSend } from "./enter.ts";

const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, keyCode: 13 };
const enter = { ...none, key: "Enter" };

test("Enter sends, with Ctrl or Command too", () => {
  for (const more of [{}, { ctrlKey: true }, { metaKey: true }]) assert.ok(isSend({ ...enter, ...more }, false));
});

test("Shift+Enter, Alt+Enter and other keys do not send", () => {
  for (const more of [{ shiftKey: true }, { altKey: true }, { key: "a" }, { shiftKey: true, ctrlKey: true }])
    assert.ok(!isSend({ ...enter, ...more }, false));
});

test("Enter ends the composition of a word and does not send", () => {
  assert.ok(!isSend({ ...enter, isComposing: true }, false));
  assert.ok(!isSend({ ...enter, keyCode: 229 }, false));
});

test("Enter of a touch keyboard breaks the line", () => {
  assert.ok(!isSend(enter, true));
  assert.ok(isSend({ ...enter, ctrlKey: true }, true));
});
