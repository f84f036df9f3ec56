import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import type { CreditOrderState } from "./backend.ts";
import { CreditPayment, type PaidOrder, type PurchaseState } from "./purchase.ts";

const confirmation = { razorpay_payment_id: "pay_1", razorpay_order_id: "order_1", razorpay_signature: "x" };
const left: PaidOrder = { order_id: "o" };
const order = (state: CreditOrderState["state"], refused: CreditOrderState["refused"] = null): CreditOrderState => ({
  order_id: "o",
  state,
  refused,
  grant_id: state === "paid" ? "g" : null,
  credit_micro_usd: 10_000_000,
  bonus_micro_usd: 0,
  expires_at: "2026-11-27T07:00:00Z",
});

/** A payment whose confirmation and orders are answered in turn, the last ones for ever. */
function payment(verified: (ApiError | null)[], orders: CreditOrderState[]) {
  const seen = { waits: 0, done: 0, verified: 0, steps: [] as PurchaseState[] };
  const made = new CreditPayment(
    {
      verify: async () => {
        seen.verified++;
        const answer = verified.length > 1 ? verified.shift() : verified[0];
        if (answer) throw answer;
      },
      order: async () => (orders.length > 1 ? orders.shift()! : orders[0]!),
    },
    () => seen.done++,
    async () => void seen.waits++,
  );
  made.store.subscribe((step) => seen.steps.push(step));
  return { made, seen };
}

test("a payment is done once its credits are there, and is confirmed once", async () => {
  const { made, seen } = payment([null], [order("open"), order("open"), order("paid")]);
  await made.open({ kind: "paid", confirmation }, left);
  assert.deepEqual(made.store.value, { step: "done", order: order("paid") });
  assert.deepEqual([seen.verified, seen.waits, seen.done], [1, 2, 1]);
});

test("a payment that bought nothing says why", async () => {
  for (const ended of [order("refused", "late"), order("refused", "over_limit"), order("checking")]) {
    const { made, seen } = payment([null], [ended]);
    await made.open({ kind: "paid", confirmation }, left);
    assert.deepEqual(made.store.value, { step: "ended", order: ended });
    assert.equal(seen.done, 1);
  }
});

test("an outage is waited for, and an unknown payment is rejected", async () => {
  const away = new ApiError(503, { code: "payment_provider_unavailable" }, null);
  const later = payment([away, away, null], [order("paid")]);
  await later.made.open({ kind: "paid", confirmation }, left);
  assert.equal(later.made.store.value.step, "done");
  assert.deepEqual(later.seen.steps.slice(1, 3), [
    { step: "confirming", slow: false, idle: false },
    { step: "confirming", slow: true, idle: false },
  ]);

  const rejected = payment([new ApiError(404, { code: "not_found" }, null)], [order("paid")]);
  await rejected.made.open({ kind: "paid", confirmation }, left);
  assert.equal(rejected.made.store.value.step, "rejected");
});

test("after two minutes the user asks again", async () => {
  const { made, seen } = payment([null], [order("open")]);
  await made.open({ kind: "paid", confirmation }, left);
  assert.deepEqual(made.store.value, { step: "confirming", slow: true, idle: true });
  assert.deepEqual([seen.waits, seen.done], [9, 0]);
});

test("a tab that did not pay shows the balance once the payment is confirmed", async () => {
  const { made } = payment([null], [order("open")]);
  await made.open({ kind: "paid", confirmation }, null);
  assert.deepEqual(made.store.value, { step: "done", order: null });
});

test("a failed payment and a closed window are shown, and nothing else", async () => {
  const { made, seen } = payment([null], [order("open")]);
  await made.open({ kind: "failed", reason: "The bank said no." }, left);
  assert.deepEqual(made.store.value, { step: "failed", reason: "The bank said no." });
  await made.open({ kind: "closed" }, left);
  assert.deepEqual(made.store.value, { step: "closed" });
  const fresh = payment([null], [order("open")]);
  await fresh.made.open(null, left);
  assert.deepEqual(fresh.made.store.value, { step: "none" });
  assert.equal(seen.verified + fresh.seen.verified, 0);
});

test("a payment that is dismissed is looked for no more", async () => {
  const { made, seen } = payment([null], [order("open")]);
  const looking = made.open({ kind: "paid", confirmation }, left);
  made.dismiss();
  await looking;
  assert.deepEqual(made.store.value, { step: "none" });
  assert.equal(seen.waits, 0);
});

test("a payment at a provider's own page is confirmed at every look", async () => {
  const { made, seen } = payment([null], [order("open"), order("open"), order("paid")]);
  await made.open({ kind: "paid", confirmation: { checkout_id: "o" } }, left);
  assert.equal(made.store.value.step, "done");
  assert.equal(seen.verified, 3);
});
