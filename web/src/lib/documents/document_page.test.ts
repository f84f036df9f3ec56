import assert from "node:assert/strict";
import { test } from "node:test";
import { chunkAt, DocumentView, placeOf } from "./document_page.ts";
import { chunkOf, documentOf, Watched } from "./examples.ts";
import type { DocumentDetail } from "./types.ts";

const CHUNKS = [chunkOf(1, 1, "Term"), chunkOf(2, 1), chunkOf(3, 3, "Notice"), chunkOf(4, 5)];

test("an address names a chunk, a page or a heading, and nothing else is a place", () => {
  const place = (address: string) => placeOf(new URL(address, "https://site.example/knowledge/d"));
  assert.deepEqual(place("?chunk=4&page=2"), { chunk: 4 });
  assert.deepEqual(place("#7"), { chunk: 7 });
  assert.deepEqual(place("?page=3"), { page: 3 });
  assert.deepEqual(place("?heading=2%20%26%203"), { heading: "2 & 3" });
  for (const none of ["", "?page=0", "?page=x", "?chunk=-1", "?heading=", "#top"]) assert.equal(place(none), null);
});

test("a page is its first chunk, or the one that runs over it", () => {
  assert.equal(chunkAt(CHUNKS, { chunk: 3 }, true)?.ordinal, 3);
  assert.equal(chunkAt(CHUNKS, { page: 1 }, false)?.ordinal, 1);
  assert.equal(chunkAt(CHUNKS, { page: 4 }, false)?.ordinal, 3);
  assert.equal(chunkAt(CHUNKS, { page: 9 }, false), null, "it may be among those that follow");
  assert.equal(chunkAt(CHUNKS, { page: 9 }, true)?.ordinal, 4);
  assert.equal(chunkAt(CHUNKS, { heading: "Notice" }, true)?.ordinal, 3);
  assert.equal(chunkAt(CHUNKS, { heading: "Other" }, true), null);
});

function viewOf(detail: () => DocumentDetail | null) {
  const watched = new Watched();
  const asked: (string | null)[] = [];
  const tags: (string | null)[] = [];
  const view = new DocumentView(
    "d",
    {
      read: async (_id, etag = null) => {
        tags.push(etag);
        const value = detail();
        return value && { value, etag: `tag ${tags.length}` };
      },
      chunks: async (_id, cursor) => {
        asked.push(cursor);
        return cursor ? { items: CHUNKS.slice(2), next_cursor: null } : { items: CHUNKS.slice(0, 2), next_cursor: "2" };
      },
    },
    watched,
    watched.wait,
  );
  return { view, watched, asked, tags };
}

const detailOf = (changes: Partial<DocumentDetail> = {}) => documentOf("d", changes) as DocumentDetail;

test("chunks are read as far as the passage, which is marked", async () => {
  const { view, asked } = viewOf(detailOf);
  await view.open({ page: 3 });
  assert.deepEqual(asked, [null, "2"]);
  assert.equal(view.marked.value, 3);
  await view.find({ heading: "Gone" });
  assert.equal(view.marked.value, null);
  view.leave();
});

test("a document in progress is polled until it is ready, and its text read again", async () => {
  let now: DocumentDetail | null = detailOf({ status: "extracting", chunks: 0 });
  const { view, watched, asked, tags } = viewOf(() => now);
  await view.open(null);
  now = null;
  await watched.tick();
  assert.deepEqual(tags, [null, "tag 1"]);
  now = detailOf({ chunks: 4 });
  await watched.tick();
  assert.deepEqual(asked, [null, null]);
  await watched.tick();
  await watched.tick();
  assert.equal(tags.length, 3);
  view.leave();
});
