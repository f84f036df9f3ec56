import assert from "node:assert/strict";
import { test } from "node:test";
import type { UsageItem, UsageReport } from "./backend.ts";
import { amountOf, dayOf, daysOf, shiftDay } from "./series.ts";

const item = (day: string | null, messages: number): UsageItem => ({
  day,
  messages,
  prompt_tokens: 10,
  completion_tokens: 5,
  cached_tokens: 0,
  reasoning_tokens: 0,
  cost_micro_usd: 300,
  credits_micro_usd: 0,
  errors: 0,
  first_token_ms_p50: null,
  first_token_ms_p95: null,
});
const report = (from: string, to: string, tz: string, items: UsageItem[]): UsageReport => ({
  from,
  to,
  tz,
  totals: item(null, 0),
  items,
});

test("a report has every day of its time zone, also without usage", () => {
  const days = daysOf(report("2026-11-20T18:30:00Z", "2026-11-23T18:30:00Z", "Asia/Kolkata", [item("2026-11-22", 4)]));
  assert.deepEqual(
    days.map(({ day, item: used }) => [day, used?.messages ?? 0]),
    [
      ["2026-11-21", 0],
      ["2026-11-22", 4],
      ["2026-11-23", 0],
    ],
  );
});

test("a day is counted once where the clock goes back", () => {
  const days = daysOf(report("2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z", "Europe/Berlin", []));
  assert.deepEqual(
    days.map(({ day }) => day),
    ["2026-10-25", "2026-10-26"],
  );
});

test("an instant belongs to the day of its time zone, and days move over months", () => {
  assert.equal(dayOf(new Date("2026-11-22T20:00:00Z"), "Asia/Kolkata"), "2026-11-23");
  assert.equal(shiftDay("2026-03-01", -1), "2026-02-28");
});

test("a row counts answers, tokens or cost", () => {
  assert.deepEqual(
    (["messages", "tokens", "cost"] as const).map((measure) => amountOf(item(null, 4), measure)),
    [4, 15, 300],
  );
});
