import assert from "node:assert/strict";
import test from "node:test";
import { ApiError } from "../api/errors.ts";
import { backoff, streamAnswer, type AnswerSource, type Wakeups } from "./answer_stream.ts";
import { LiveAnswer } from "./live_answer.ts";
import { after, asleep, recording, respond, textOf } from "./recordings.ts";

const atOnce = () => 0;

/** Follows an answer with `source` to its end. */
async function follow(source: AnswerSource, options: { wakeups?: Wakeups; silence?: number; text?: string } = {}) {
  const answer = new LiveAnswer("id", "model", options.text ?? "", (callback) => callback());
  await streamAnswer(source, {
    position: () => answer.position,
    onEvent: (event) => answer.receive(event),
    onReconnect: () => answer.rewindReasoning(),
    signal: new AbortController().signal,
    wakeups: options.wakeups ?? asleep,
    delay: atOnce,
    ...(options.silence && { silence: options.silence }),
  });
  return answer;
}

test("an answer arrives whole on one connection", async () => {
  const recorded = recording("emoji");
  const answer = await follow({ ask: async () => respond([recorded]), resume: () => assert.fail("resumed") });
  assert.equal(answer.shown.value.text, textOf(recorded));
  assert.equal(answer.ending.value?.state, "complete");
  assert.equal(answer.position, [...textOf(recorded)].length);
});

test("a connection that breaks anywhere doubles and loses no character", async () => {
  const recorded = recording("emoji");
  for (let cut = recorded.indexOf("\n\n") + 2; cut < recorded.length; cut += 97) {
    const positions: number[] = [];
    const answer = await follow({
      ask: async () => respond([recorded.slice(0, cut)], true),
      resume: async (position) => {
        positions.push(position);
        const rest = after(recorded, position);
        return positions.length < 3 ? respond([rest.slice(0, 150)], positions.length === 1) : respond([rest]);
      },
    });
    assert.equal(answer.shown.value.text, textOf(recorded), `broken at ${cut}`);
  }
});

test("the server's own text after a position joins what was there", async () => {
  const whole = textOf(recording("emoji"));
  const there = [...whole].slice(0, 20).join("");
  const answer = await follow({ resume: async () => respond([recording("resumed_from_20")]) }, { text: there });
  assert.equal(answer.shown.value.text, there + textOf(recording("resumed_from_20")));
  assert.equal(answer.shown.value.text.length, answer.shown.value.text.trimEnd().length + 1);
});

test("thoughts that are sent again after a break are shown once", async () => {
  const recorded = recording("reasoning");
  const cut = recorded.indexOf("event: delta");
  let resumed = false;
  const answer = await follow({
    ask: async () => respond([recorded.slice(0, cut - 60)], true),
    resume: async (position) => {
      resumed = true;
      assert.equal(position, 0);
      return respond([after(recorded, position)]);
    },
  });
  assert.ok(resumed);
  assert.equal(answer.shown.value.reasoning, textOf(recorded, "reasoning"));
});

test("a refusal is thrown with its code, and is not tried again", async () => {
  let asked = 0;
  const refusal = { error: { code: "quota_exceeded", message: "Used up." }, request_id: "r1" };
  const source: AnswerSource = {
    ask: async () => {
      asked++;
      return Response.json(refusal, { status: 429, headers: { "retry-after": "5" } });
    },
    resume: () => assert.fail("resumed"),
  };
  await assert.rejects(follow(source), (error: ApiError) => {
    assert.equal(error.code, "quota_exceeded");
    assert.equal(error.retryAfter, 5);
    return true;
  });
  assert.equal(asked, 1);
});

test("a question that does not arrive is sent four times, then returned", async () => {
  let asked = 0;
  const source: AnswerSource = {
    ask: async () => {
      asked++;
      throw new ApiError(0, {}, null);
    },
    resume: () => assert.fail("resumed"),
  };
  await assert.rejects(follow(source), (error: ApiError) => error.code === "network");
  assert.equal(asked, 4);
});

test("a connection lost before the first event is retried a few times", async () => {
  let asked = 0;
  const source: AnswerSource = {
    ask: async () => {
      asked++;
      return respond([recording("emoji").slice(0, 40)], asked % 2 === 0);
    },
    resume: () => assert.fail("resumed"),
  };
  await assert.rejects(follow(source), (error: ApiError) => error.code === "network");
  assert.equal(asked, 4);
});

test("an answer is followed again after a passing refusal, not after a lasting one", async () => {
  const recorded = recording("emoji");
  const answers = [
    Response.json({ error: { code: "busy" } }, { status: 503 }),
    Response.json({ error: { code: "rate_limited" } }, { status: 429 }),
    respond([recorded]),
  ];
  const answer = await follow({ resume: async () => answers.shift()! });
  assert.equal(answer.ending.value?.state, "complete");
  const gone = Response.json({ error: { code: "not_found" } }, { status: 404 });
  await assert.rejects(follow({ resume: async () => gone }), (error: ApiError) => error.status === 404);
});

test("a stream that another one replaced is followed again", async () => {
  const recorded = recording("emoji");
  const half = recorded.slice(0, recorded.indexOf("\n\n", 900) + 2);
  const replaced = 'event: error\ndata: {"error": {"code": "rate_limited"}, "state": "streaming"}\n\n';
  const answer = await follow({
    ask: async () => respond([half + replaced]),
    resume: async (position) => respond([after(recorded, position)]),
  });
  assert.equal(answer.shown.value.text, textOf(recorded));
});

test("a silent connection is given up, and the answer goes on upon another", async () => {
  const recorded = recording("emoji");
  let tries = 0;
  const silent = (signal: AbortSignal) =>
    new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(new TypeError("aborted"))));
  const answer = await follow(
    {
      ask: async () => respond([recorded.slice(0, 500)]),
      resume: async (position, signal) => (tries++ === 0 ? silent(signal) : respond([after(recorded, position)])),
    },
    { silence: 30 },
  );
  assert.equal(answer.shown.value.text, textOf(recorded));
});

test("the way an answer failed comes with its code", async () => {
  const failed = await follow({ ask: async () => respond([recording("failed")]), resume: () => assert.fail() });
  assert.equal(failed.ending.value?.state, "failed");
  assert.ok(failed.ending.value?.failure?.code);
  const cut = await follow({ ask: async () => respond([recording("broken_off")]), resume: () => assert.fail() });
  assert.equal(cut.ending.value?.state, "truncated");
  assert.equal(cut.shown.value.text, textOf(recording("broken_off")));
});

test("waits grow to fifteen seconds and no further", () => {
  for (const attempt of [0, 1, 5, 50]) assert.ok(backoff(attempt) <= 15_000 && backoff(attempt) >= 400);
});

test("sources are named once, also after a break, and unknown events are ignored", async () => {
  const source = { n: 1, document_id: "d", name: "contract.pdf", page: 3, heading: null, snippet: "Either side" };
  const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const named = event("sources", { sources: [source] });
  const [start = "", ...rest] = recording("emoji").split("\n\n");
  const first = `${start}\n\n${event("news", { any: 1 })}${named}${rest.slice(0, 3).join("\n\n")}\n\n`;
  let changes = -1; // the first call is the value at subscription
  const answer = new LiveAnswer("id", "model", "", (callback) => callback());
  answer.sources.subscribe(() => changes++);
  await streamAnswer(
    {
      ask: async () => respond([first], true),
      resume: async (position) => respond([named, after(recording("emoji"), position)]),
    },
    {
      position: () => answer.position,
      onEvent: (each) => answer.receive(each),
      signal: new AbortController().signal,
      wakeups: asleep,
      delay: atOnce,
    },
  );
  assert.equal(answer.shown.value.text, textOf(recording("emoji")));
  assert.deepEqual(answer.sources.value, [source]);
  assert.equal(changes, 1);
});
