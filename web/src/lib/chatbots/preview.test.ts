import assert from "node:assert/strict";
import { test } from "node:test";
import { PreviewChat, type PreviewBackend } from "./preview.ts";

const wakeups = { listen: () => () => {} };

function stream(...events: [string, object, string?][]): Response {
  const lines = events.map(
    ([name, data, id]) => `${id ? `id: ${id}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`,
  );
  return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
}

function backendOf(...answers: (() => Response)[]): PreviewBackend & { asked: object[] } {
  const asked: object[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(question);
      return answers[asked.length - 1]!();
    },
    resume: async () => stream(),
    stop: async () => {},
  };
}

test("a preview shows the draft’s answer with its sources and outcome, and goes on in one conversation", async () => {
  const source = { n: 1, name: "tea.pdf", snippet: "Steep for three minutes." };
  const backend = backendOf(
    () =>
      stream(
        ["start", { conversation_id: "talk" }],
        ["sources", { sources: [source] }],
        ["delta", { text: "Three " }, "a:6"],
        ["delta", { text: "minutes. [1]" }, "a:18"],
        ["done", { state: "complete", outcome: "answered" }],
      ),
    () => stream(["start", { conversation_id: "talk" }], ["done", { state: "complete", outcome: "not_found" }]),
  );
  const chat = new PreviewChat(backend, wakeups);
  await chat.ask("How long?");
  await chat.ask("And green tea?");

  const [first, second] = chat.turns.value;
  assert.deepEqual([first?.text, first?.outcome, first?.state], ["Three minutes. [1]", "answered", "done"]);
  assert.deepEqual(first?.sources, [source]);
  assert.equal(second?.outcome, "not_found");
  assert.equal((backend.asked[1] as { conversation_id: string }).conversation_id, "talk");
  chat.restart();
  assert.deepEqual(chat.turns.value, []);
});

test("a refused preview has its reason, and another question can follow", async () => {
  const refusal = { error: { code: "quota_exceeded", message: "No answers are left." }, request_id: "r" };
  const backend = backendOf(() => Response.json(refusal, { status: 429 }));
  const chat = new PreviewChat(backend, wakeups);
  await chat.ask("How long?");
  assert.deepEqual([chat.turns.value[0]?.state, chat.turns.value[0]?.failure?.code], ["failed", "quota_exceeded"]);
  assert.equal(chat.busy, false);
});
