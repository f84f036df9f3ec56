import assert from "node:assert/strict";
import { test } from "node:test";
import { nameOf, questionsOf } from "./conversations.ts";
import { csvOf, daysOf, totalsOf, type ChatbotDay } from "./figures.ts";

const day = (name: string, answers: number): ChatbotDay => ({
  day: name,
  answers,
  cost_micro_usd: answers * 100,
  charged_micro_usd: answers * 40,
});
// In India this is the 24th.
const NOW = new Date("2026-11-23T19:00:00Z");

test("days without questions are zero, and the last day is today where the workspace is", () => {
  const days = daysOf([day("2026-11-24", 2), day("2026-11-22", 1)], 7, "Asia/Kolkata", NOW);
  assert.deepEqual(
    days.map((each) => [each.day.slice(8), each.answers]),
    [
      ["18", 0],
      ["19", 0],
      ["20", 0],
      ["21", 0],
      ["22", 1],
      ["23", 0],
      ["24", 2],
    ],
  );
  assert.deepEqual(totalsOf(days), { answers: 3, cost_micro_usd: 300, charged_micro_usd: 120 });
});

test("days of a server whose clock is ahead are shown", () => {
  assert.equal(daysOf([day("2026-12-25", 2)], 7, "UTC", NOW).at(-1)?.answers, 2);
});

test("the file has the shown days with the API's names", () => {
  assert.equal(
    csvOf([day("2026-11-24", 2)]),
    "day,answers,cost_micro_usd,charged_micro_usd\r\n2026-11-24,2,200,80\r\n",
  );
});

test("an answer belongs to the question before it", () => {
  const messages = [
    { id: "greeting", role: "assistant", content: "Hello" },
    { id: "1", role: "user", content: "Where?" },
    { id: "2", role: "assistant", content: "Here." },
  ] as const;
  assert.deepEqual([...questionsOf(messages)], [["2", "Where?"]]);
});

test("a visitor is called as the website says, by name, address or id, else as they say themselves", () => {
  const introduction = { name: "Ravi", email: "ravi@example.com", consent: null, consented_at: null };
  const said = { name: "Asha Rao", email: "asha@example.com", external_id: "42", introduction };
  assert.equal(nameOf(said), "Asha Rao");
  assert.equal(nameOf({ ...said, name: "" }), "asha@example.com");
  assert.equal(nameOf({ ...said, name: null, email: null }), "42");
  const none = { name: null, email: null, external_id: null, introduction };
  assert.equal(nameOf(none), "Ravi");
  assert.equal(nameOf({ ...none, introduction: { ...introduction, name: null } }), "ravi@example.com");
  assert.equal(nameOf({ ...none, introduction: null }), null);
});
