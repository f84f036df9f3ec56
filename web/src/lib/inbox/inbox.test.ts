import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import type { InboxChanges, Message, Note, TalkEvent } from "./backend.ts";
import { isBroken, Live, pause } from "./live.ts";
import { Presence } from "./presence.ts";
import { addressOf, asked, countOf, sameAddress, timeline, withParams } from "./views.ts";

test("an address names the view, what it is filtered by, and its order", () => {
  const params = new URLSearchParams("view=mine&q=tea&tag=urgent&tag=new&charged=0.25&from=2026-11-01&sort=oldest");
  const filter = asked(params, "Asia/Kolkata");
  assert.deepEqual(filter, {
    assignee: "me",
    status: "open",
    tag: ["urgent", "new"],
    from: "2026-11-01",
    tz: "Asia/Kolkata",
    charged_above: 250_000,
    q: "tea",
    sort: "oldest",
  });
  assert.deepEqual(asked(new URLSearchParams("view=none&sort=worst&rating=x"), "UTC"), { status: "open" });
  assert.ok(sameAddress(addressOf(filter), params));
  assert.ok(!sameAddress(addressOf({ ...filter, tag: ["new"] }), params));
  for (const one of [filter, asked(new URLSearchParams("view=spam&assignee=none&rating=5&outcome=partial"), "UTC")])
    assert.deepEqual(asked(addressOf(one), "Asia/Kolkata"), one, "a saved filter is the same in the address");
  assert.equal(
    withParams(params, { q: "", tag: ["old"], charged: "" }),
    "?view=mine&from=2026-11-01&sort=oldest&tag=old",
  );
  assert.equal(withParams(new URLSearchParams(), { view: "" }), "");
  const counts = { mine: 0, unassigned: 1, open: 1000, bot: 0, snoozed: 0, resolved: 0, spam: 0 };
  assert.deepEqual([countOf(counts, "open"), countOf(counts, "mine"), countOf(null, "bot")], ["1000+", "", ""]);
});

test("events follow the message they name, and notes what was there before them", () => {
  const at = (minute: number) => `2026-11-26T10:0${minute}:00Z`;
  const message = (number: number) => ({ id: `m${number}`, number, created_at: at(number) }) as Message;
  const event = (kind: string, after_number: number, minute: number) =>
    ({ kind, after_number, created_at: at(minute) }) as TalkEvent;
  const note = { id: "n", created_at: at(2) } as Note;
  const shown = timeline({
    items: [message(1), message(3)],
    events: [event("handed_off", 0, 0), event("claimed", 2, 2), event("resolved", 3, 4)],
    notes: [note],
  });
  const named = shown.map((each) => (each.of === "event" ? each.event.kind : each.key));
  assert.deepEqual(named, ["handed_off", "m1", "claimed", "n", "m3", "resolved"]);
});

test("changes are followed from the first number, and all is read after a gap", async () => {
  const end = new AbortController();
  const member = { user_id: "u", name: "Meera" };
  const change = (conversation_id: string) => ({ n: 1, kind: "message", conversation_id }) as const;
  const answers: (InboxChanges | ApiError)[] = [
    { items: [], next: 7, present: [] },
    { items: [change("a"), change("a"), change("b")], next: 9, present: [] },
    new ApiError(0, {}, null),
    { items: [], next: 9, present: [] },
    new ApiError(410, { code: "reload" }, null),
    { items: [], next: 40, present: [] },
  ];
  const sent: (number | null)[] = [];
  const seen: (string[] | null)[] = [];
  const live = new Live(
    async (after) => {
      sent.push(after);
      const answer = answers.shift()!;
      if (answers.length === 0) end.abort();
      if (answer instanceof ApiError) throw answer;
      return answer;
    },
    async (ids) => {
      seen.push(ids && [...ids]);
      return true;
    },
    () => 0,
    async () => {},
  );
  const last = answers.length;
  answers.push({ items: [], next: 40, present: [{ conversation_id: "a", member, typing: true }] });
  await live.follow(end.signal);
  assert.equal(sent.length, last + 1);
  assert.deepEqual(sent, [null, 7, 9, 9, 9, null, 40]);
  assert.deepEqual(seen, [["a", "b"], null]);
  assert.deepEqual([pause(false, true), pause(false, false), pause(true, true)], [3_000, 15_000, 60_000]);
});

test("what a broken connection left unread is read after the next answer", async () => {
  const end = new AbortController();
  const items = [{ n: 8, kind: "message", conversation_id: "a" }] as InboxChanges["items"];
  const answers: InboxChanges[] = [
    { items: [], next: 7, present: [] },
    { items, next: 8, present: [] },
    { items: [], next: 8, present: [] },
    { items: [], next: 8, present: [] },
  ];
  const seen: (string[] | null)[] = [];
  const live = new Live(
    async () => {
      if (answers.length === 1) end.abort();
      return answers.shift()!;
    },
    async (ids) => seen.push(ids && [...ids]) > 1,
    () => 0,
    async () => {},
  );
  await live.follow(end.signal);
  assert.deepEqual(seen, [["a"], null]);
  const of = (status: number) => isBroken(new ApiError(status, {}, null));
  assert.deepEqual([0, 404, 429, 502].map(of), [true, false, false, true]);
});

test("a page that is seen again asks at once", async () => {
  const end = new AbortController();
  let reads = 0;
  const live = new Live(
    async () => {
      if (++reads === 2) end.abort();
      return { items: [], next: 7, present: [] };
    },
    async () => true,
    () => 60_000,
    (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
  );
  const following = live.follow(end.signal);
  await live.begun;
  assert.equal(reads, 1);
  live.ask();
  await following;
  assert.equal(reads, 2);
});

test("a member who types says so at most once in four seconds, and that they stopped", async () => {
  const end = new AbortController();
  const said: boolean[] = [];
  let now = 0;
  let hidden = false;
  const presence = new Presence(
    async (typing) => void said.push(typing),
    () => hidden,
    () => now,
    async () => {
      if (hidden) end.abort();
      hidden = true;
    },
  );
  await presence.keep(end.signal);
  assert.deepEqual(said, [false], "a hidden page says nothing");
  presence.type();
  presence.type();
  now = 4_000;
  presence.type();
  presence.stop();
  presence.stop();
  assert.deepEqual(said, [false, true, true, false]);
});
