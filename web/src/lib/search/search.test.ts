import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { hitAddress, Search, type SearchHit } from "./search.ts";
import { groupHits } from "./groups.ts";
import { segments } from "./segments.ts";

const hit = (id: string): SearchHit => ({ message_id: id, conversation_id: "c" }) as SearchHit;

test("highlights cut at code points and mark each letter once", () => {
  assert.deepEqual(segments("🌧 rain", [[2, 6]]), [
    { text: "🌧 ", marked: false },
    { text: "rain", marked: true },
  ]);
  assert.deepEqual(
    segments("abcdef", [
      [3, 5],
      [1, 4],
    ]),
    [
      { text: "a", marked: false },
      { text: "bcd", marked: true },
      { text: "e", marked: true },
      { text: "f", marked: false },
    ],
  );
  assert.deepEqual(segments("ab", [[5, 9]]), [{ text: "ab", marked: false }]);
});

test("an answer that a later search has overtaken changes nothing", async () => {
  const answers = new Map<string, (page: { items: SearchHit[]; next_cursor: null }) => void>();
  const search = new Search({}, ({ q }) => new Promise((resolve) => answers.set(q, resolve)));
  const first = search.find("rain");
  const second = search.find("roof");
  answers.get("roof")?.({ items: [hit("2")], next_cursor: null });
  await second;
  answers.get("rain")?.({ items: [hit("1")], next_cursor: null });
  await first;
  assert.deepEqual([search.store.value.words, search.store.value.hits], ["roof", [hit("2")]]);
});

test("further hits follow the first ones, and a failure keeps what is shown", async () => {
  const pages = [
    async () => ({ items: [hit("1")], next_cursor: "next" }),
    async () => ({ items: [hit("2")], next_cursor: null }),
    async () => Promise.reject(new ApiError(503, { code: "busy", message: "Too slow." }, null)),
  ];
  const search = new Search({}, () => pages.shift()!());
  await search.find("rain");
  assert.equal(search.store.value.more, true);
  await search.more();
  assert.deepEqual(search.store.value.hits, [hit("1"), hit("2")]);
  assert.equal(search.store.value.more, false);
  await search.find("roof");
  assert.deepEqual([search.store.value.state, search.store.value.hits.length], ["failed", 2]);
});

test("a search that failed is asked again with the words that failed", async () => {
  const asked: string[] = [];
  const search = new Search({}, async ({ q }) => {
    asked.push(q);
    if (asked.length === 1) throw new ApiError(503, { code: "busy", message: "Too slow." }, null);
    return { items: [hit("1")], next_cursor: null };
  });
  await search.find("rain");
  await search.retry();
  assert.deepEqual([asked, search.store.value.state], [["rain", "rain"], "ready"]);
});

test("an empty query stops the search", async () => {
  const search = new Search({}, async () => ({ items: [hit("1")], next_cursor: null }));
  await search.find("rain");
  search.type("  ");
  assert.deepEqual(search.store.value, { state: "idle", words: "", hits: [], more: false });
});

test("a hit opens at its message, a title at the conversation's end", () => {
  assert.equal(hitAddress(hit("m")), "/c/c?message=m");
  assert.equal(hitAddress({ ...hit("m"), message_id: null }), "/c/c");
});

test("hits are grouped by conversation, in the order of each conversation's best hit", () => {
  const found = [hit("1"), { ...hit("2"), conversation_id: "d" }, hit("3"), { ...hit("4"), message_id: null }];

  const groups = groupHits(found);

  assert.deepEqual(
    groups.map(({ conversation_id, hits }) => [conversation_id, hits.map(({ message_id }) => message_id)]),
    [
      ["c", ["1", "3", null]],
      ["d", ["2"]],
    ],
  );
});
