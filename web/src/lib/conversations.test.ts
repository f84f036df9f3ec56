import assert from "node:assert/strict";
import test from "node:test";
import { Conversations, labelsOf, type ListedConversation } from "./conversations.ts";
import { byPeriod } from "./shell/periods.ts";

const DAY = 86_400_000;

function conversation(n: number, at: number, pinned = false): ListedConversation {
  const last_message_at = new Date(at).toISOString();
  return { id: `c${n}`, title: `Title ${n}`, last_message_at, pinned } as ListedConversation;
}

/** The API over a list that tests change, the newest first. */
function api(list: ListedConversation[], size = 50) {
  return new Conversations({}, async ({ cursor }) => {
    const from = Number(cursor ?? 0);
    const items = list.slice(from, from + size);
    return { items, next_cursor: from + size < list.length ? String(from + size) : null };
  });
}

test("two thousand conversations come in pages, each once", async () => {
  const list = Array.from({ length: 2_000 }, (_, n) => conversation(n, 1e12 - n));
  const conversations = api(list);
  await conversations.refresh();
  while (conversations.store.value.more) await conversations.more();
  assert.deepEqual(
    conversations.store.value.items.map(({ id }) => id),
    list.map(({ id }) => id),
  );
});

test("reading again puts what is new first and keeps the pages read before", async () => {
  const list = Array.from({ length: 120 }, (_, n) => conversation(n, 1e12 - n));
  const conversations = api(list);
  await conversations.refresh();
  await conversations.more();
  const moved = list.splice(60, 1)[0]!;
  list.unshift({ ...moved, last_message_at: new Date(1e12 + 1).toISOString() });
  await conversations.refresh();
  const ids = conversations.store.value.items.map(({ id }) => id);
  assert.equal(ids[0], "c60");
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, 100);
});

test("a read that is overtaken by another read or by a change does not undo it", async () => {
  const list = [conversation(1, 1e12), conversation(2, 1e12 - 1), conversation(3, 1e12 - 2)];
  const arrivals: (() => void)[] = [];
  const conversations = new Conversations({}, () => {
    const page = { items: [...list], next_cursor: null };
    return new Promise((resolve) => arrivals.push(() => resolve(page)));
  });
  const ids = () => conversations.store.value.items.map(({ id }) => id);
  const early = conversations.refresh();
  list.pop();
  const late = conversations.refresh();
  arrivals[1]!();
  await late;
  arrivals[0]!();
  await early;
  assert.deepEqual([ids(), conversations.store.value.state], [["c1", "c2"], "ready"]);

  const reading = conversations.refresh();
  list.pop();
  conversations.remove(["c2"]);
  arrivals[2]!();
  while (arrivals.length < 4) await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(ids(), ["c1"]);
  arrivals[3]!();
  await reading;
  assert.deepEqual([ids(), conversations.store.value.state], [["c1"], "ready"]);
});

test("conversations are grouped by their last day, pinned ones first", () => {
  const noon = new Date(2026, 10, 22, 12).getTime();
  const groups = byPeriod(
    [
      conversation(1, noon),
      conversation(2, noon - DAY),
      conversation(3, noon - 3 * DAY),
      conversation(4, noon - 30 * DAY),
      conversation(5, noon - 30 * DAY, true),
    ],
    noon,
  );
  assert.deepEqual(
    groups.map(({ period, items }) => [period, items.map(({ id }) => id)]),
    [
      ["pinned", ["c5"]],
      ["today", ["c1"]],
      ["yesterday", ["c2"]],
      ["week", ["c3"]],
      ["earlier", ["c4"]],
    ],
  );
});

test("folders and tags are listed once, in order", () => {
  const of = (folder: string | null, tags: string[]) => ({ folder, tags }) as ListedConversation;
  assert.deepEqual(labelsOf([of("Work", ["b"]), of(null, ["a", "b"]), of("Home", []), of("Work", [])]), {
    folders: ["Home", "Work"],
    tags: ["a", "b"],
  });
});
