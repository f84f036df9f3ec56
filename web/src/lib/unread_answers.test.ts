import assert from "node:assert/strict";
import { test } from "node:test";
import { removeSideBar } from "./side_bar_keys.ts";
import { UnreadAnswers } from "./unread_answers.ts";

/** A device's storage. */
function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    read: (key: string) => kept.get(key) ?? null,
    write(key: string, value: string | null) {
      if (value === null) kept.delete(key);
      else kept.set(key, value);
      return true;
    },
  };
}
const busy = (id: string) => ({ id, answering: true });
const calm = (id: string) => ({ id, answering: false });

test("an answer that ends elsewhere is unread until its conversation is opened", () => {
  const device = storage();
  const unread = new UnreadAnswers("u", device);
  unread.saw([busy("a"), calm("b")], "a");
  unread.saw([busy("a"), calm("b")], "b");
  assert.deepEqual([...unread.store.value], []);
  unread.saw([calm("a"), calm("b")], "b");
  assert.deepEqual([...unread.store.value], ["a"]);
  assert.deepEqual([...new UnreadAnswers("u", device).store.value], ["a"]);
  unread.clear("a");
  assert.deepEqual([...unread.store.value], []);
  assert.equal(device.kept.size, 0);
});

test("an answer that ends while the page is closed is unread afterwards", () => {
  const device = storage();
  new UnreadAnswers("u", device).saw([busy("a")], "a");
  const next = new UnreadAnswers("u", device);
  next.saw([calm("a")], null);
  assert.deepEqual([...next.store.value], ["a"]);
});

test("two users of one device have their own unread answers", () => {
  const device = storage();
  const first = new UnreadAnswers("u", device);
  first.saw([busy("a")], null);
  first.saw([calm("a")], null);
  assert.equal(new UnreadAnswers("v", device).store.value.size, 0);
  removeSideBar("u", device.write);
  assert.equal(device.kept.size, 0);
});

test("damaged storage counts as empty", () => {
  for (const text of ["", "null", "[]", "{", '{"unread":3}', '{"unread":[1,null]}']) {
    const device = storage();
    device.kept.set("oneai.unread.u", text);
    assert.equal(new UnreadAnswers("u", device).store.value.size, 0);
  }
});
