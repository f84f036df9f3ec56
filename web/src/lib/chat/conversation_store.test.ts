import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import type { Backend } from "./backend.ts";
import { ConversationStore } from "./conversation_store.ts";
import { LiveAnswer } from "./live_answer.ts";
import type { Message } from "./types.ts";

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
    reasoning: null,
  }));
  const older = (end: number) => {
    counted.pages++;
    const begin = Math.max(0, end - PAGE);
    return { items: all.slice(begin, end), compared: [], next_cursor: begin ? String(begin) : null };
  };
  const newer = (begin: number) => {
    counted.pages++;
    const end = Math.min(count, begin + PAGE);
    return { items: all.slice(begin, end), compared: [], next_cursor: end < count ? String(end) : null };
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

test("the end of a summary is known from each page, and an empty page changes nothing", async () => {
  const pages = [
    { items: [{ id: "m9", sequence_number: 10 }], compared: [], next_cursor: "a", summarised_until: "m3" },
    { items: [{ id: "m8", sequence_number: 9 }], compared: [], next_cursor: "b", summarised_until: "m5" },
    { items: [], compared: [], next_cursor: "c", summarised_until: null },
    { items: [{ id: "m7", sequence_number: 8 }], compared: [], next_cursor: null, summarised_until: null },
  ];
  const next = () => pages.shift()!;
  const backend = { conversation: async () => ({ id: "c", messages: next() }), messages: async () => next() };
  const store = new ConversationStore(backend as unknown as Backend, "c");
  await store.load();
  const seen = [store.summarisedUntil.value];
  for (let n = 0; n < 3; n++) {
    await store.loadOlder();
    seen.push(store.summarisedUntil.value);
  }
  assert.deepEqual(seen, ["m3", "m5", "m5", null]);
});

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

test("a refresh that finds the same messages redraws none", async () => {
  const store = new ConversationStore(api(30).backend, "c");
  await store.load();
  const before = store.messages.value;
  await store.refresh();
  assert.equal(store.messages.value, before);
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

/** A conversation of one question, with these answers as the API reads them: the first is on the visible branch. */
function answered(...answers: Partial<Message>[]) {
  const question = { id: "question", role: "user", sequence_number: 1, parent_message_id: null };
  const [active, ...compared] = answers.map((each, n) => ({
    role: "assistant",
    sequence_number: 2,
    revision_number: n,
    parent_message_id: "question",
    content: "",
    state: "complete",
    metadata: {},
    reasoning: null,
    ...each,
  }));
  return { id: "c", title: "A title", messages: { items: [question, active], compared, next_cursor: null } };
}

test("long thoughts stay on the page when a page of messages comes without them", async () => {
  const long = { text: null, length: 9_000, is_cut: false };
  const backend = { conversation: async () => answered({ id: "a", reasoning: long }) } as unknown as Backend;
  const store = new ConversationStore(backend, "c");
  await store.load();
  store.change("a", { reasoning: { ...long, text: "Received." } });
  await store.refresh();
  assert.deepEqual(store.messages.value.at(-1)?.reasoning, { ...long, text: "Received." });
});

test("answers asked together are side by side after a reload, at every moment, until one is chosen", async () => {
  const moments: [Partial<Message>["state"], Partial<Message>["state"]][] = [
    ["streaming", "streaming"],
    ["complete", "streaming"],
    ["streaming", "failed"],
    ["failed", "complete"],
    ["complete", "stopped"],
  ];
  for (const [one, other] of moments) {
    let read = answered({ id: "a", state: one! }, { id: "b", state: other! });
    const store = new ConversationStore({ conversation: async () => read } as unknown as Backend, "c");
    await store.load();
    const { compared } = store.messages.value.at(-1)!;
    const ended = (state: typeof one) => (state === "streaming" ? undefined : state);
    assert.deepEqual(
      compared?.map(({ id, ending }) => [id, ending.value?.state]),
      [
        ["a", ended(one)],
        ["b", ended(other)],
      ],
    );
    await store.refresh();
    assert.equal(store.messages.value.at(-1)!.compared, compared);
    read = answered({ id: "a", state: one! });
    await store.refresh();
    assert.equal(store.messages.value.at(-1)!.compared, undefined);
  }
});

test("versions that the user put side by side stay so when the conversation is read again", async () => {
  const backend = { conversation: async () => answered({ id: "a" }) } as unknown as Backend;
  const store = new ConversationStore(backend, "c");
  await store.load();
  const compared = [new LiveAnswer("a", "one"), new LiveAnswer("b", "other")];
  store.change("a", { compared, comparesVersions: true });
  await store.refresh();
  assert.equal(store.messages.value.at(-1)!.compared, compared);
});
