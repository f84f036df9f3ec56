import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import type { Backend } from "./backend.ts";
import { ConversationStore } from "./conversation_store.ts";

const PAGE = 100;

/** A conversation of `count` messages as the API pages it, from the newest backwards. */
function api(count: number): { backend: Backend; pages: number } {
  const counted = { pages: 0 };
  const all = Array.from({ length: count }, (_, n) => ({
    id: `m${n}`,
    role: n % 2 ? "assistant" : "user",
    sequence_number: n + 1,
    parent_message_id: n ? `m${n - 1}` : null,
  }));
  const page = (end: number) => {
    counted.pages++;
    const begin = Math.max(0, end - PAGE);
    return { items: all.slice(begin, end), next_cursor: begin ? String(begin) : null };
  };
  const backend = {
    conversation: async () => ({ id: "c", title: "A title", messages: page(count) }),
    messages: async (_: string, cursor: string) => page(Number(cursor)),
  } as unknown as Backend;
  return Object.assign(counted, { backend });
}

test("ten thousand messages are opened with one page, and reached backwards without a gap", async () => {
  const source = api(10_000);
  const store = new ConversationStore(source.backend, "c");
  await store.load();
  assert.equal(source.pages, 1);
  assert.equal(store.messages.value.length, PAGE);
  assert.equal(store.older.value, "more");

  assert.ok(await store.reach("m9000"));
  assert.equal(store.messages.value.length, 1_000);
  assert.deepEqual(
    store.messages.value.map(({ sequence_number }) => sequence_number),
    Array.from({ length: 1_000 }, (_, n) => 9_001 + n),
  );
});

test("reading again keeps the pages that were loaded before, and where they go on", async () => {
  const source = api(450);
  const store = new ConversationStore(source.backend, "c");
  await store.load();
  await store.loadOlder();
  await store.loadOlder();
  const before = store.messages.value;
  await store.refresh();
  assert.equal(store.messages.value.length, 300);
  assert.equal(store.messages.value[0], before[0]);
  assert.equal(await store.reach("not there"), false);
  assert.equal(store.messages.value.length, 450);
  assert.equal(store.older.value, "none");
});

test("two wishes for older messages at once read one page", async () => {
  const source = api(300);
  const store = new ConversationStore(source.backend, "c");
  await store.load();
  await Promise.all([store.loadOlder(), store.loadOlder()]);
  assert.equal(store.messages.value.length, 200);
  assert.equal(source.pages, 2);
});

test("a page that fails can be asked for again", async () => {
  const source = api(300);
  const { messages } = source.backend;
  const store = new ConversationStore(source.backend, "c");
  await store.load();
  source.backend.messages = () => Promise.reject(new ApiError(503, {}, null));
  await store.loadOlder();
  assert.equal(store.older.value, "failed");
  source.backend.messages = messages;
  store.retryOlder();
  await store.loadOlder();
  assert.equal(store.messages.value.length, 200);
});

test("a conversation that is not there says why", async () => {
  const backend = { conversation: () => Promise.reject(new ApiError(404, {}, null)) } as unknown as Backend;
  const store = new ConversationStore(backend, "c");
  await store.load();
  const status = store.status.value;
  assert.ok(status.state === "failed" && status.failure.status === 404);
});
