import assert from "node:assert/strict";
import { test } from "node:test";
import { shortcutOf } from "./shortcuts.ts";

const press = (key: string, keys: Partial<Parameters<typeof shortcutOf>[0]> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  isComposing: false,
  ...keys,
});

test("Ctrl or ⌘ with K searches, even while something is written", () => {
  assert.equal(shortcutOf(press("k", { ctrlKey: true }), true), "search");
  assert.equal(shortcutOf(press("K", { metaKey: true }), false), "search");
  assert.equal(shortcutOf(press("O", { ctrlKey: true, shiftKey: true }), true), "newChat");
  assert.equal(shortcutOf(press("S", { metaKey: true, shiftKey: true }), true), "sideBar");
});

test("a question mark and a slash are text while something is written", () => {
  assert.equal(shortcutOf(press("?", { shiftKey: true }), true), null);
  assert.equal(shortcutOf(press("?", { shiftKey: true }), false), "shortcuts");
  assert.equal(shortcutOf(press("/"), true), null);
  assert.equal(shortcutOf(press("/"), false), "message");
});

test("other keys, other combinations and compositions are none", () => {
  for (const each of [
    press("k"),
    press("k", { ctrlKey: true, altKey: true }),
    press("k", { ctrlKey: true, isComposing: true }),
    press("o", { ctrlKey: true }),
    press("s", { ctrlKey: true }),
    press("?", { altKey: true }),
  ])
    assert.equal(shortcutOf(each, false), null);
});
