import assert from "node:assert/strict";
import test from "node:test";
import { Composer } from "./chat/composer.ts";
import { ApiError } from "./api/errors.ts";
import { Drafts, removeDrafts } from "./drafts.ts";

/** A browser's storage; `forbidden` takes and gives nothing. */
function storage(forbidden = false) {
  const entries = new Map<string, string>();
  return {
    entries,
    read: (key: string) => (forbidden ? null : (entries.get(key) ?? null)),
    write(key: string, value: string | null) {
      if (forbidden) return false;
      if (value === null) entries.delete(key);
      else entries.set(key, value);
      return true;
    },
    keys: (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)),
  };
}

test("a draft is written half a second after a key, and again on the way out", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const disk = storage();
  const drafts = new Drafts("asha", disk);
  drafts.save("c1", "Hel");
  t.mock.timers.tick(400);
  drafts.save("c1", "Hello");
  assert.equal(disk.entries.size, 0);
  t.mock.timers.tick(100);
  assert.equal(new Drafts("asha", disk).read("c1")?.text, "Hello");
  drafts.save("c1", "Hello you");
  drafts.flush();
  assert.equal(new Drafts("asha", disk).read("c1")?.text, "Hello you");
});

test("drafts are a user's and a conversation's own", () => {
  const disk = storage();
  const drafts = new Drafts("asha", disk);
  drafts.save("c1", "one");
  drafts.save(null, "new");
  drafts.flush();
  assert.equal(new Drafts("ravi", disk).read("c1"), null);
  assert.equal(drafts.read("c2"), null);
  assert.equal(drafts.read(null)?.text, "new");
  removeDrafts("ravi", disk);
  assert.equal(drafts.read("c1")?.text, "one");
  removeDrafts("asha", disk);
  assert.equal(disk.entries.size, 0);
});

test("the oldest of more than fifty drafts goes", () => {
  const disk = storage();
  for (let n = 0; n < 55; n++)
    disk.write(`oneai.draft.asha.c${n}`, JSON.stringify({ text: `${n}`, attachments: [], saved_at: n }));
  const drafts = new Drafts("asha", disk);
  drafts.save("new", "the newest");
  drafts.flush();
  assert.equal(disk.entries.size, 50);
  assert.equal(drafts.read("c0"), null);
  assert.equal(drafts.read("c54")?.text, "54");
  assert.equal(drafts.read("new")?.text, "the newest");
});

test("what another tab wrote later stays", () => {
  const disk = storage();
  const drafts = new Drafts("asha", disk);
  drafts.save("c1", "here");
  disk.write("oneai.draft.asha.c1", JSON.stringify({ text: "there, later", saved_at: Date.now() + 1_000 }));
  drafts.flush();
  assert.equal(drafts.read("c1")?.text, "there, later");
});

test("without storage a draft lives as long as the page, and nothing throws", () => {
  const drafts = new Drafts("asha", storage(true));
  drafts.save("c1", "kept");
  drafts.flush();
  assert.equal(drafts.read("c1")?.text, "kept");
  drafts.remove("c1");
  assert.equal(drafts.read("c1"), null);
});

test("files of a draft are stored, and the names alone that older drafts have are ignored", () => {
  const disk = storage();
  const drafts = new Drafts("asha", disk);
  const file = { name: "a.pdf", size: 4, kind: "document", upload_id: "u", text: null, pasted: false } as const;
  drafts.save("c1", "", [file]);
  drafts.flush();
  assert.deepEqual(new Drafts("asha", disk).read("c1")?.attachments, [file]);
  disk.write("oneai.draft.asha.c2", JSON.stringify({ text: "old", attachments: ["a.pdf"], saved_at: 1 }));
  assert.deepEqual(drafts.read("c2")?.attachments, []);
});

test("a draft that is not one of ours is none", () => {
  const disk = storage();
  disk.write("oneai.draft.asha.c1", "{");
  disk.write("oneai.draft.asha.c2", '{"text": 3}');
  const drafts = new Drafts("asha", disk);
  assert.equal(drafts.read("c1"), null);
  assert.equal(drafts.read("c2"), null);
});

test("a question on its way keeps its draft until it has arrived", () => {
  const disk = storage();
  const composer = new Composer(new Drafts("asha", disk), "c1");
  composer.type("Hello");
  composer.take();
  assert.equal(composer.text.value, "");
  assert.equal(new Drafts("asha", disk).read("c1")?.text, "Hello");
  composer.arrived();
  assert.equal(new Drafts("asha", disk).read("c1"), null);
});

test("a refused question returns before what was typed since, with the reason", () => {
  const composer = new Composer(new Drafts("asha", storage()), "c1");
  composer.type("Hello");
  const { messageId } = composer.take();
  composer.type("And then?");
  composer.putBack(new ApiError(429, { code: "quota_exceeded" }, null));
  assert.equal(composer.text.value, "Hello\nAnd then?");
  assert.equal(composer.refusal.value?.code, "quota_exceeded");
  assert.notEqual(composer.take().messageId, messageId);
});

test("a lost question is sent again with its id, so that it is asked once", () => {
  const composer = new Composer(new Drafts("asha", storage()), "c1");
  composer.type("Hello");
  const first = composer.take();
  composer.putBack(new ApiError(0, {}, null));
  assert.equal(composer.take().messageId, first.messageId);
  composer.putBack(new ApiError(0, {}, null));
  composer.type("Hello, changed");
  assert.notEqual(composer.take().messageId, first.messageId);
});

test("a draft that another tab changed is shown, unless something else was typed here", () => {
  const disk = storage();
  const drafts = new Drafts("asha", disk);
  const composer = new Composer(drafts, "c1");
  const there = JSON.stringify({ text: "typed there", saved_at: 1 });
  disk.write(composer.draftKey, there);
  composer.draftChanged(null);
  assert.equal(composer.text.value, "typed there");
  composer.type("typed here");
  composer.draftChanged(there);
  assert.equal(composer.text.value, "typed here");
});
