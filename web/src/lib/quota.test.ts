import assert from "node:assert/strict";
import { test } from "node:test";
import { creditsPay, payerOf, type QuotaStatus } from "./quota.ts";

const status = (remaining: number, credits: QuotaStatus["credits"]) =>
  ({ quotas: { small_messages: { remaining } }, credits }) as unknown as QuotaStatus;
const order = (order: ("plan" | "credits")[], available_micro_usd: number | null) => ({ order, available_micro_usd });

test("the first source that can pays the next answer", () => {
  const both = order(["plan", "credits"], 500);
  const cases: [QuotaStatus["credits"], number, boolean, "plan" | "credits" | null][] = [
    [null, 1, true, "plan"],
    [null, 0, true, null],
    [both, 1, true, "plan"],
    [both, 0, true, "credits"],
    [both, 1, false, "credits"],
    [order(["plan", "credits"], 0), 0, true, null],
    [order(["plan", "credits"], null), 0, true, "credits"],
    [order(["credits", "plan"], 500), 1, true, "credits"],
    [order(["credits", "plan"], 0), 1, true, "plan"],
    [order(["credits"], 0), 1, true, null],
  ];
  for (const [credits, remaining, inPlan, payer] of cases)
    assert.equal(payerOf(status(remaining, credits), "small_messages", inPlan), payer);
  assert.equal(payerOf(null, "small_messages", true), null);
});

test("credits pay models above the plan if there are some", () => {
  assert.equal(creditsPay(status(0, order(["plan", "credits"], 1))), true);
  assert.equal(creditsPay(status(0, order(["plan", "credits"], 0))), false);
  assert.equal(creditsPay(status(0, null)), false);
});
