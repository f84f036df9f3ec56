import assert from "node:assert/strict";
import test from "node:test";
import { LiveAnswer } from "./live_answer.ts";
import { change, mergeNewest, prepend, shown, withQuestion } from "./thread.ts";
import type { Message } from "./types.ts";

/** A conversation of `count` messages, each following the one before. */
function conversation(count: number, first = 1): Message[] {
  return Array.from({ length: count }, (_, n) => message(first + n));
}

function message(n: number, changes: Partial<Message> = {}): Message {
  return {
    id: `m${n}`,
    role: n % 2 ? "user" : "assistant",
    content: `text ${n}`,
    state: "complete",
    sequence_number: n,
    revision_number: 0,
    revision_count: 1,
    revision_position: 1,
    revision_type: null,
    original_message_id: null,
    is_latest: true,
    parent_message_id: n === 1 ? null : `m${n - 1}`,
    requested_model: null,
    model: null,
    finish_reason: null,
    error_code: null,
    usage: null,
    reasoning: null,
    turn_id: null,
    first_token_ms: null,
    feedback: null,
    metadata: {},
    created_at: "2026-11-22T00:00:00Z",
    ...changes,
  };
}

const ids = (thread: readonly { id: string }[]) => thread.map(({ id }) => id);

test("newest messages join those loaded before, which stay the same objects", () => {
  const before = conversation(6).map(shown);
  const { thread, connects } = mergeNewest(before, conversation(4, 5));
  assert.ok(connects);
  assert.deepEqual(ids(thread), ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"]);
  for (let n = 0; n < 6; n++) assert.equal(thread[n], before[n], `message ${n} is redrawn`);
});

test("messages of another branch, or after a gap, take the place of all", () => {
  const before = conversation(4).map(shown);
  const { thread, connects } = mergeNewest(before, [message(9, { parent_message_id: "other" })]);
  assert.equal(connects, false);
  assert.deepEqual(ids(thread), ["m9"]);
});

test("a message that changed is another object with the same key", () => {
  const before = conversation(2).map(shown);
  const { thread } = mergeNewest(before, [message(1), message(2, { feedback: { rating: 1, note: null } })]);
  assert.equal(thread[0], before[0]);
  assert.notEqual(thread[1], before[1]);
  assert.equal(thread[1]!.key, before[1]!.key);
});

test("an answer in progress keeps its live text until the API says it has ended", () => {
  const live = new LiveAnswer("m2", "model");
  const before = [shown(message(1)), { ...shown(message(2, { state: "streaming" })), live }];
  assert.equal(mergeNewest(before, [message(1), message(2, { state: "streaming" })]).thread[1]!.live, live);
  assert.equal(mergeNewest(before, [message(1), message(2)]).thread[1]!.live, undefined);
});

test("older messages come first, and none twice", () => {
  const thread = prepend(conversation(4, 5).map(shown), conversation(5));
  assert.deepEqual(ids(thread), ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"]);
});

test("a question and its awaited answer stand at the end", () => {
  const thread = withQuestion(conversation(2).map(shown), { message: "Next?" }, [new LiveAnswer("a", "x/y")]);
  assert.deepEqual(
    thread.slice(2).map(({ role, content, state, sequence_number }) => [role, content, state, sequence_number]),
    [
      ["user", "Next?", "complete", 3],
      ["assistant", "", "streaming", 4],
    ],
  );
  assert.equal(thread[3]!.parent_message_id, thread[2]!.id);
});

test("an edit takes its question's place, keeps its files and hides what followed", () => {
  const files = { attachments: [{ type: "text", name: "notes.md" }] };
  const before = conversation(6).map(shown);
  before[2] = { ...before[2]!, metadata: files };
  const thread = withQuestion(before, { edit_of: "m3", message: "Better" }, [new LiveAnswer("a", "")]);
  assert.deepEqual(ids(thread).slice(0, 2), ["m1", "m2"]);
  assert.equal(thread.length, 4);
  assert.deepEqual([thread[2]!.content, thread[2]!.revision_position, thread[2]!.revision_count], ["Better", 2, 2]);
  assert.deepEqual(thread[2]!.metadata, files);
});

test("a regeneration takes its answer's place, and compared ones are counted", () => {
  const answers = [new LiveAnswer("a", "x/y"), new LiveAnswer("b", "x/z")];
  const thread = withQuestion(conversation(2).map(shown), { regenerate_of: "m2" }, answers);
  assert.deepEqual(ids(thread), ["m1", "a"]);
  assert.deepEqual([thread[1]!.revision_position, thread[1]!.revision_count], [2, 3]);
  assert.equal(thread[1]!.compared?.length, 2);
});

test("a change leaves every other message as it is", () => {
  const before = conversation(3).map(shown);
  const after = change(before, "m2", { content: "new" });
  assert.deepEqual([after[0] === before[0], after[1]!.content, after[2] === before[2]], [true, "new", true]);
});
