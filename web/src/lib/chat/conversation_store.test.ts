import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import type { Backend } from "./backend.ts";
import { ConversationStore } from "./conversation_store.ts";

const PAGE = 100;

interface Wanted {
  direction?: "newer";
  starting_after?: string;
}

/** A conversation of `count` messages as the API pages it, from the newest backwards or from a message in a direction. */
function api(count: number): { backend: Backend; pages: number } {
  const counted = { pages: 0 };
  const all = Array.from({ length: count }, (_, n) => ({
    id: `m${n}`,
    role: n % 2 ? "assistant" : "user",
    sequence_number: n + 1,
    parent_message_id: n ? `m${n - 1}` : null,
  }));
  const older = (end: number) => {
    counted.pages++;
    const begin = Math.max(0, end - PAGE);
    return { items: all.slice(begin, end), next_cursor: begin ? String(begin) : null };
  };
  const newer = (begin: number) => {
    counted.pages++;
    const end = Math.min(count, begin + PAGE);
    return { items: all.slice(begin, end), next_cursor: end < count ? String(end) : null };
  };
  const messages = async (_: string, cursor: string | null, { direction, starting_after }: Wanted = {}) => {
    const at = starting_after ? all.findIndex(({ id }) => id === starting_after) : null;
    if (at === -1) throw new ApiError(404, { code: "not_found" }, null);
    if (direction === "newer") return newer(cursor ? Number(cursor) : at === null ? 0 : at + 1);
    return older(cursor ? Number(cursor) : (at ?? count));
  };
  const backend = {
    conversation: async () => ({ id: "c", title: "A title", messages: older(count) }),
    messages,
  } as unknown as Backend;
  return Object.assign(counted, { backend });
}

const numbers = (store: ConversationStore) => store.messages.value.map(({ sequence_number }) => sequence_number);
const between = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

test("ten thousand messages open at the end with one page, in the middle with three", async () => {
  const source = api(10_000);
  const store = new ConversationStore(source.backend, "c");
  await store.load();
  assert.deepEqual([source.pages, store.older.value, store.newer.value], [1, "more", "none"]);
  assert.deepEqual(numbers(store), between(9_901, 10_000));

  assert.ok(await store.reach("m4999"));
  assert.deepEqual([source.pages, store.older.value, store.newer.value], [3, "more", "more"]);
  assert.deepEqual(numbers(store), between(4_900, 5_099));
  await Promise.all([store.loadOlder(), store.loadNewer()]);
  assert.deepEqual(numbers(store), between(4_800, 5_199));
});

test("a conversation is read forwards from its first message to its last", async () => {
  const store = new ConversationStore(api(250).backend, "c");
  await store.load();
  await store.openFirst();
  assert.deepEqual([store.older.value, numbers(store)], ["none", between(1, 100)]);
  await store.loadNewer();
  await store.loadNewer();
  assert.deepEqual([store.newer.value, numbers(store)], ["none", between(1, 250)]);
});

test("a message just before those that are there is joined to them", async () => {
  const store = new ConversationStore(api(250).backend, "c");
  await store.load();
  await store.reach("m120");
  assert.deepEqual([store.older.value, store.newer.value, numbers(store)], ["more", "none", between(21, 250)]);
});

test("a refresh far back moves nothing, and the end stays one step away", async () => {
  const source = api(1_000);
  const store = new ConversationStore(source.backend, "c");
  await store.load();
  await store.reach("m10");
  const before = store.messages.value;
  await store.refresh();
  assert.equal(store.messages.value, before);
  await store.openNewest();
  assert.deepEqual([store.newer.value, numbers(store)], ["none", between(901, 1_000)]);
});

test("a question that is refused puts back where the reader was", async () => {
  const store = new ConversationStore(api(1_000).backend, "c");
  await store.load();
  await store.reach("m500");
  const before = store.messages.value;
  const putBack = store.extend(before.slice(0, 3));
  assert.equal(store.newer.value, "none");
  putBack();
  assert.deepEqual([store.messages.value, store.newer.value], [before, "more"]);
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
  assert.equal(store.messages.value.length, 300);
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

test("a version keeps its reasoning on the page, although the API stores none", async () => {
  const version = (id: string) => ({
    id,
    key: id,
    role: "assistant",
    sequence_number: 2,
    parent_message_id: "question",
  });
  const question = { id: "question", key: "question", role: "user", sequence_number: 1, parent_message_id: null };
  let active = version("first");
  const page = () => ({ items: [active], next_cursor: null });
  const backend = {
    conversation: async () => ({ id: "c", messages: { items: [question, active], next_cursor: null } }),
    activate: async (_: string, id: string) => (active = version(id)),
    messages: async () => page(),
  } as unknown as Backend;
  const store = new ConversationStore(backend, "c");
  await store.load();
  store.change("first", { reasoning: "Let me think." });

  await store.activate("second");
  assert.deepEqual(store.messages.value.map(({ id, reasoning }) => [id, reasoning]).at(-1), ["second", undefined]);
  await store.activate("first");
  assert.deepEqual(store.messages.value.map(({ id, reasoning }) => [id, reasoning]).at(-1), ["first", "Let me think."]);
});
