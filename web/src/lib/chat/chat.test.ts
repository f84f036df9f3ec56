import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import type { Backend } from "./backend.ts";
import { Chat } from "./chat.ts";
import { after, asleep, recording, respond, textOf, type Recording } from "./recordings.ts";

/** The API with one conversation, whose answers are recordings. */
function api(name: Recording, more: Partial<Record<keyof Backend, unknown>> = {}) {
  const asked: unknown[] = [];
  const backend = {
    ask: async (question: unknown) => (asked.push(question), respond([recording(name)])),
    resume: async (_: string, position: number) => respond([after(recording(name), position)]),
    conversation: async () => Promise.reject(new ApiError(503, {}, null)),
    ...more,
  } as unknown as Backend;
  return { backend, asked };
}

function open(backend: Backend, created: string[] = []) {
  const schedule = (callback: () => void) => callback();
  return new Chat(null, { backend, wakeups: asleep, schedule, delay: () => 0, onBegin: (id) => created.push(id) });
}

/** Waits until nothing is being written. */
async function ended(chat: Chat): Promise<void> {
  while (chat.running.value.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  chat.leave();
}

/** The data of a recording's first event. */
const startOf = (name: Recording) => JSON.parse(/data: (.*)/.exec(recording(name))![1]!);

test("a question is shown at once, and gets its ids and its answer", async () => {
  const { backend } = api("emoji");
  const created: string[] = [];
  const chat = open(backend, created);
  const { conversation_id, user_message_id, message_id } = startOf("emoji");
  const asking = chat.ask({ message: "Hello", message_id });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(chat.conversation.messages.value[0]?.content, "Hello");
  const { key } = chat.conversation.messages.value[0]!;
  await asking;
  await ended(chat);
  const [question, answer] = chat.conversation.messages.value;
  assert.deepEqual([question?.id, question?.key, answer?.id], [user_message_id, key, message_id]);
  assert.deepEqual([answer?.content, answer?.state, answer?.live], [textOf(recording("emoji")), "complete", undefined]);
  assert.deepEqual(created, [conversation_id]);
});

test("a question is on its way before it is drawn, and drawn before its first event", async () => {
  let drawn: number | undefined;
  const answers = recording("emoji");
  const ask = async () => ((drawn = chat.conversation.messages.value.length), respond([answers]));
  const chat = open(api("emoji", { ask }).backend);
  await chat.ask({ message: "Hello", message_id: startOf("emoji").message_id });
  assert.deepEqual([drawn, chat.conversation.messages.value.length], [0, 2]);
  await ended(chat);
});

test("a refusal puts everything back as it was", async () => {
  const refused = { ask: async () => Response.json({ error: { code: "quota_exceeded" } }, { status: 429 }) };
  const chat = open(api("emoji", refused).backend);
  await assert.rejects(chat.ask({ message: "Hello" }), (error: ApiError) => error.code === "quota_exceeded");
  assert.deepEqual(chat.conversation.messages.value, []);
  assert.deepEqual(chat.running.value, []);
  assert.equal(chat.conversation.status.value.state, "new");
});

test("an answer that failed keeps its code, and one that broke off its text", async () => {
  for (const [name, state] of [
    ["failed", "failed"],
    ["broken_off", "truncated"],
  ] as const) {
    const chat = open(api(name).backend);
    await chat.ask({ message: "Hello", message_id: startOf(name).message_id });
    await ended(chat);
    const answer = chat.conversation.messages.value[1];
    assert.deepEqual([answer?.state, answer?.failure?.code], [state, "upstream_error"]);
    assert.equal(answer?.content, textOf(recording(name)));
  }
});

test("answers side by side stay so after their ends, until one is chosen", async () => {
  const { message_ids, models } = startOf("compared");
  const chat = open(api("compared").backend);
  await chat.ask({ message: "Hello you", compare: models, message_id: message_ids[0] });
  await ended(chat);
  const answer = chat.conversation.messages.value[1];
  assert.deepEqual(
    answer?.compared?.map(({ id, ending }) => [id, ending.value?.state]),
    message_ids.map((id: string) => [id, "complete"]),
  );
});

test("leaving the page does not cut off a question before its first event", async () => {
  let aborted: boolean | undefined;
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const ask = async (_: unknown, signal: AbortSignal) => {
    await arrived;
    aborted = signal.aborted;
    return respond([recording("emoji")]);
  };
  const chat = open(api("emoji", { ask }).backend);
  const asking = chat.ask({ message: "Hello", message_id: startOf("emoji").message_id });
  chat.leave();
  arrive();
  await asking;
  assert.equal(aborted, false);
});

test("what was read before a question does not hide it, whenever it arrives", async () => {
  const before = { id: "a", role: "assistant", state: "stopped", sequence_number: 2, content: "Once upon" };
  const messages = { items: [before], compared: [], next_cursor: null, summarised_until: null };
  const old = { id: "c", title: null, messages };
  const arrivals: (() => void)[] = [];
  const conversation = () => new Promise((resolve) => arrivals.push(() => resolve(old)));
  let answer = () => {};
  const answering = new Promise<Response>((resolve) => (answer = () => resolve(respond([recording("emoji")]))));
  const { backend } = api("emoji", { conversation, ask: () => answering });
  const chat = new Chat("c", { backend, wakeups: asleep, schedule: (callback) => callback(), delay: () => 0 });
  const opening = chat.open();
  arrivals.pop()!();
  await opening;

  const { message_id } = startOf("emoji");
  const read = chat.refresh();
  const asking = chat.ask({ regenerate_of: "a", adjust: { kind: "continue" }, message_id });
  const shown = () => chat.conversation.messages.value.map(({ id, state }) => [id, state]);
  while (shown()[0]?.[0] === "a") await new Promise((resolve) => setTimeout(resolve));
  const later = chat.refresh();
  for (const arrive of arrivals.splice(0)) arrive();
  await Promise.all([read, later]);
  assert.deepEqual(shown(), [[message_id, "streaming"]]);

  const late = chat.refresh();
  answer();
  await asking;
  while (chat.running.value.length > 0) await new Promise((resolve) => setTimeout(resolve));
  arrivals.shift()!();
  await late;
  assert.deepEqual(shown(), [[message_id, "complete"]]);
  chat.leave();
});
