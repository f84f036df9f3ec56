import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { DocumentList } from "./document_list.ts";
import { documentOf, Watched } from "./examples.ts";
import type { Document, DocumentPage } from "./types.ts";

const STATS = { total_bytes: 1, limit_bytes: 2, pages_this_month: 3, limit_pages: 4 };
const pageOf = (items: Document[], next_cursor: string | null = null): DocumentPage => ({
  items,
  next_cursor,
  stats: STATS,
});

/** A list over answers that a test changes, and what was asked. */
function listOf(first: DocumentPage) {
  const watched = new Watched();
  const asked: [cursor: string | undefined, etag: string | null][] = [];
  const api = { answer: first as DocumentPage | ApiError, etag: "1" };
  const list = new DocumentList(
    {},
    async ({ cursor }, etag) => {
      asked.push([cursor, etag]);
      if (api.answer instanceof ApiError) throw api.answer;
      return etag === api.etag ? null : { value: api.answer, etag: api.etag };
    },
    watched,
    watched.wait,
  );
  return { list, watched, asked, api };
}

const statuses = (list: DocumentList) => list.store.value.items.map(({ status }) => status);

test("what is under way is looked at with its tag, until it is ready", async () => {
  const { list, watched, asked, api } = listOf(pageOf([documentOf("a", { status: "extracting", progress: 0.2 })]));
  await list.refresh();
  await watched.tick();
  assert.deepEqual(asked.at(-1), [undefined, "1"]);
  assert.deepEqual(statuses(list), ["extracting"]);

  Object.assign(api, { answer: pageOf([documentOf("a")]), etag: "2" });
  await watched.tick();
  assert.deepEqual(statuses(list), ["ready"]);
  const count = asked.length;
  await watched.tick();
  await watched.tick();
  assert.equal(asked.length, count, "a list that is ready is not looked at");
  list.leave();
});

test("nothing is asked while the page is hidden, or after it was left", async () => {
  const { list, watched, asked } = listOf(pageOf([documentOf("a", { status: "waiting" })]));
  await list.refresh();
  watched.show(false);
  await watched.tick();
  await watched.tick();
  assert.equal(asked.length, 1);
  watched.show(true);
  await watched.tick();
  assert.equal(asked.length, 2);
  list.leave();
  await watched.tick();
  await watched.tick();
  assert.equal(asked.length, 2);
});

test("a failed poll changes nothing, and the next one follows", async () => {
  const { list, watched, asked, api } = listOf(pageOf([documentOf("a", { status: "embedding" })]));
  await list.refresh();
  api.answer = new ApiError(0, {}, null);
  await watched.tick();
  assert.equal(list.store.value.state, "ready");
  Object.assign(api, { answer: pageOf([documentOf("a")]), etag: "2" });
  await watched.tick();
  assert.deepEqual(statuses(list), ["ready"]);
  assert.equal(asked.length, 3);
  list.leave();
});

test("pages follow without duplicates, and a failed first page says why", async () => {
  const { list, api } = listOf(pageOf([documentOf("a"), documentOf("b")], "next"));
  await list.refresh();
  assert.ok(list.store.value.more);
  api.answer = pageOf([documentOf("b"), documentOf("c")]);
  await list.more();
  assert.deepEqual(
    list.store.value.items.map(({ id }) => id),
    ["a", "b", "c"],
  );
  assert.equal(list.store.value.more, false);

  api.answer = new ApiError(503, { code: "busy" }, null);
  await list.refresh();
  assert.equal(list.store.value.failure?.code, "busy");
  assert.equal(list.store.value.items.length, 3);
  list.leave();
});
