import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import { streamCompared } from "./compared_stream.ts";
import { LiveAnswer } from "./live_answer.ts";
import { after, asleep, recording, respond } from "./recordings.ts";
import { comparedIds, uuid5 } from "./uuid.ts";

const recorded = recording("compared");
const start = JSON.parse(recorded.slice(recorded.indexOf("data: ") + 6, recorded.indexOf("\n\n")));
const ids: string[] = start.message_ids;
const options = { signal: new AbortController().signal, wakeups: asleep, delay: () => 0, onEvent: () => {} };

/** The stream of one of the answers alone. */
function alone(id: string): string {
  const blocks = recorded.split("\n\n").filter((block) => block.includes(id) && !block.startsWith("event: start"));
  return `${blocks.join("\n\n").replaceAll(`id: ${id}:`, "id: ")}\n\n`;
}

const answersOf = () => ids.map((id) => new LiveAnswer(id, "model", "", (callback) => callback()));

test("the ids of compared answers are known before they are asked", async () => {
  assert.deepEqual(await comparedIds(ids[0]!, ids.length), ids);
  assert.equal(
    await uuid5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org"),
    "886313e1-3b8a-5372-9b90-0c9aee199e5d",
  );
});

test("answers side by side each get their own text and end", async () => {
  const answers = answersOf();
  await streamCompared(
    { ask: async () => respond([recorded]), answer: () => assert.fail("resumed") },
    answers,
    options,
  );
  assert.equal(answers[0]!.shown.value.text, "Hello you");
  assert.match(answers[1]!.shown.value.text, /^This is the local stand-in/);
  assert.ok(answers[2]!.shown.value.reasoning.length > 0);
  assert.ok(answers.every((answer) => answer.ending.value?.state === "complete"));
});

test("after a break each answer goes on by itself, and none has a character twice", async () => {
  const whole = answersOf();
  await streamCompared({ ask: async () => respond([recorded]), answer: () => assert.fail() }, whole, options);
  for (const cut of [700, 1_500, 4_000, 9_000]) {
    const answers = answersOf();
    const answer = (id: string) => ({
      resume: async (position: number) => respond([after(alone(id), position)]),
    });
    await streamCompared({ ask: async () => respond([recorded.slice(0, cut)], true), answer }, answers, options);
    assert.deepEqual(
      answers.map((each) => each.shown.value),
      whole.map((each) => each.shown.value),
      `broken at ${cut}`,
    );
  }
});

test("a question whose first event is lost is sent again, until the attempts are used up", async () => {
  const answers = answersOf();
  let asked = 0;
  const ask = async () => {
    if (++asked === 1) throw new ApiError(0, {}, null);
    return asked === 2 ? respond([recorded.slice(0, 20)], true) : respond([recorded]);
  };
  await streamCompared({ ask, answer: () => assert.fail() }, answers, options);
  assert.equal(asked, 3);
  assert.ok(answers.every((answer) => answer.ending.value?.state === "complete"));

  const lost = async () => respond([], true);
  await assert.rejects(streamCompared({ ask: lost, answer: () => assert.fail() }, answersOf(), options), { status: 0 });
  const refused = async () => new Response("{}", { status: 503 });
  await assert.rejects(streamCompared({ ask: refused, answer: () => assert.fail() }, answersOf(), options), {
    status: 503,
  });
});
