import assert from "node:assert/strict";
import { test } from "node:test";
import { formatFigure, periodOf, rowsOf } from "./analytics.ts";
import type { Report } from "./backend.ts";

test("a range is days up to today, a month, or what was entered", () => {
  const of = (range: Parameters<typeof periodOf>[0]) => periodOf(range, "2026-03-05", { from: "2026-01-01" });
  assert.deepEqual(of("7"), { from: "2026-02-27", to: "2026-03-05" });
  assert.deepEqual(of("month"), { from: "2026-03-01", to: "2026-03-05" });
  assert.deepEqual(of("last_month"), { from: "2026-02-01", to: "2026-02-28" });
  assert.deepEqual(of("custom"), { from: "2026-01-01" });
});

test("an item's names are separate from its figures", () => {
  const items = [
    { day: "2026-03-05", currency: "INR", gross: 5, churn_rate: null },
    { model: "a/b", provider: "c", error_code: null, errors: 1 },
  ];
  assert.deepEqual(rowsOf({ items } as unknown as Report), [
    { names: ["2026-03-05"], currency: "INR", figures: { gross: 5, churn_rate: null } },
    { names: ["a/b", "c", ""], currency: null, figures: { errors: 1 } },
  ]);
});

test("a figure is written as what it is", () => {
  assert.equal(formatFigure("net_revenue", 79_900, "INR", "en"), "₹799");
  assert.equal(formatFigure("customers", 1_200, "INR", "en"), "1,200");
  assert.equal(formatFigure("margin_micro_usd", -2_000_000, null, "en"), "-$2");
  assert.equal(formatFigure("churn_rate", 0.25, "INR", "en"), "25%");
  assert.equal(formatFigure("first_token_ms_p95", 420, null, "en"), "420ms");
  assert.equal(formatFigure("arpu", null, "INR", "en"), "–");
});
