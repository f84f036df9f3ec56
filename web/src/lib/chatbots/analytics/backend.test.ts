import assert from "node:assert/strict";
import { test } from "node:test";
import { amountOf, changeOf, daysCsv, highest, unanswered, type AnalyticsDay, type Topic } from "./backend.ts";

const day = (charged_micro_usd: number, score: number | null): AnalyticsDay => ({
  day: "2026-11-24",
  conversations: 2,
  messages: 6,
  visitors: 2,
  visitors_new: 1,
  visitors_returning: 1,
  answers: 3,
  handed_off: 0,
  resolved_by_bot: 1,
  satisfaction: { score, votes: score === null ? 0 : 1 },
  cost_micro_usd: charged_micro_usd,
  charged_micro_usd,
});

test("a day without scores is an empty cell and not a zero", () => {
  assert.equal(amountOf(day(5, null), "satisfaction"), null);
  assert.deepEqual(
    daysCsv([day(5, null), day(7, 4.5)])
      .split("\r\n")
      .slice(1, 3),
    ["2026-11-24,2,6,2,0,,5", "2026-11-24,2,6,2,0,4.5,7"],
  );
});

test("chatbots are compared by one figure, and those without scores come last", () => {
  const chatbot = (name: string, charged: number, score: number | null) => ({
    ...day(charged, score),
    chatbot_id: name,
    name,
    deleted: false,
  });
  const chatbots = [chatbot("rent", 0, null), chatbot("tea", 9, 2.5), chatbot("bicycles", 4, 5)];
  const order = (measure: "charged" | "satisfaction") => highest(chatbots, measure).map(({ id }) => id);
  assert.deepEqual(order("charged"), ["tea", "bicycles", "rent"]);
  assert.deepEqual(order("satisfaction"), ["bicycles", "tea", "rent"]);
});

test("a change is in percent of what was before, and none without it", () => {
  assert.deepEqual(
    [changeOf(15, 10), changeOf(5, 10), changeOf(4, 0), changeOf(null, 3), changeOf(0, 4), changeOf(2, null)],
    [50, -50, null, null, -100, null],
  );
});

test("topics without answers are sorted by how many are missing", () => {
  const topic = (name: string, questions: number, answered: number) => ({ name, questions, answered }) as Topic;
  const found = unanswered([topic("rent", 40, 40), topic("tea", 30, 28), topic("bicycles", 9, 1)]);
  assert.deepEqual(
    found.map(({ name }) => name),
    ["bicycles", "tea"],
  );
});
