import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canPayAhead,
  isChangeable,
  isPaymentPage,
  readCheckoutId,
  readRedirect,
  readReturn,
  resultOf,
  type Purchase,
} from "./purchase.ts";
import type { Subscription } from "./types.ts";

const free: Subscription = {
  tier: "free",
  status: "active",
  plan_id: null,
  period: null,
  charged_amount: null,
  currency: null,
  current_period_start: null,
  current_period_end: null,
  cancel_requested_at: null,
  grace_ends_at: null,
  cancelled_at_provider: false,
  replacement: null,
  seats: null,
  renewal_seats: null,
  prepaid: false,
  paid_until: null,
  ends_soon: false,
  pay_url: null,
  can_pause: true,
};
const pro: Subscription = { ...free, tier: "pro", plan_id: "pro", period: "monthly" };
const bought: Purchase = { plan_id: "pro", period: "monthly", when: "now" };

test("a fragment is a proof, a failure, a closed window, or nothing", () => {
  const proof = "razorpay_payment_id=pay_1&razorpay_subscription_id=sub_1&razorpay_signature=abc";
  assert.deepEqual(readReturn(`#${proof}`), {
    kind: "paid",
    confirmation: { razorpay_payment_id: "pay_1", razorpay_subscription_id: "sub_1", razorpay_signature: "abc" },
  });
  const order = "razorpay_payment_id=pay_1&razorpay_order_id=order_1&razorpay_signature=abc";
  assert.deepEqual(readReturn(`#${order}`), {
    kind: "paid",
    confirmation: { razorpay_payment_id: "pay_1", razorpay_order_id: "order_1", razorpay_signature: "abc" },
  });
  assert.deepEqual(readReturn("#failed=The+bank+said+no."), { kind: "failed", reason: "The bank said no." });
  assert.deepEqual(readReturn("#failed="), { kind: "failed", reason: null });
  assert.deepEqual(readReturn("#closed="), { kind: "closed" });
  for (const nothing of ["", "#", "#razorpay_payment_id=pay_1", "#heading"])
    assert.equal(readReturn(nothing), null, nothing);
});

test("a purchase is active, a trial from its start, or scheduled after another plan", () => {
  assert.equal(resultOf(pro, bought), "active");
  assert.equal(resultOf(free, bought), null);
  assert.equal(resultOf(pro, { ...bought, period: "yearly" }), null);
  assert.equal(resultOf({ ...pro, status: "past_due" }, bought), null);
  assert.equal(resultOf({ ...pro, status: "trial" }, bought), "trial");
  const replacement = {
    plan_id: "pro",
    period: "monthly",
    charged_amount: 94_282,
    currency: "INR",
    starts_at: "2026-12-21T06:30:00Z",
  } as const;
  const ending = { ...pro, period: "yearly", replacement } as const;
  assert.equal(resultOf(ending, { ...bought, when: "period_end" }), "scheduled");
  assert.equal(resultOf(ending, bought), null);
});

test("added seats are there once the team has them, other numbers once the next charge is for them", () => {
  const team = { ...pro, tier: "team", plan_id: "team", seats: 5, renewal_seats: 5 };
  const added: Purchase = { ...bought, plan_id: "team", seats: 8, seat_change: "added" };
  assert.equal(resultOf(team, added), null);
  assert.equal(resultOf({ ...team, seats: 8 }, added), "seats_added");
  const next: Purchase = { ...added, seats: 3, when: "period_end", seat_change: "next" };
  assert.equal(resultOf(team, next), null);
  assert.equal(resultOf({ ...team, renewal_seats: 3 }, next), "seats_next");
});

test("an active subscription is changed; an ended or unpaid one starts again", () => {
  assert.deepEqual(
    [
      pro,
      { ...pro, status: "paused" } as const,
      { ...pro, status: "trial" } as const,
      free,
      { ...pro, tier: "free", status: "cancelled" } as const,
      { ...pro, tier: "free", status: "unpaid" } as const,
      { ...pro, tier: "free", status: "trial" } as const,
    ].map(isChangeable),
    [true, true, true, false, false, false, false],
  );
});

test("a payer is sent to a page over HTTPS, or to one on this machine from this machine", () => {
  const [app, local] = ["https://app.oneai.example/checkout/pro", "http://127.0.0.1:8000/checkout/pro"];
  for (const page of [
    "https://checkout.stripe.com/c/pay/cs_1",
    "https://billing.stripe.com/p/session/1",
    "https://app.sandbox.midtrans.com/snap/v4/redirection/1",
    "https://pay.made-up.example/1",
  ])
    assert.ok(isPaymentPage(page, app), page);
  for (const page of [
    "http://checkout.stripe.com/c/pay/cs_1",
    "https://checkout.stripe.com@other.example/",
    "http://127.0.0.1:8000/stripe/c/pay/cs_1",
    "javascript:alert(1)",
  ])
    assert.ok(!isPaymentPage(page, app), page);
  assert.ok(isPaymentPage("http://localhost:8000/stripe/c/pay/cs_1", local));
});

test("an address says whether a payer paid or turned back", () => {
  const read = (query: string) => readRedirect(new URLSearchParams(query));
  assert.equal(read("paid=stripe&checkout=cs_1"), "paid");
  assert.equal(read("paid=stripe&turned_back=1"), "closed");
  assert.equal(read("period=monthly"), null);
});

test("only an address of a provider's page names what was paid", () => {
  const read = (query: string) => readCheckoutId(new URLSearchParams(query));
  assert.equal(read("paid=stripe&id=a"), "a");
  assert.equal(read("paid=stripe"), null);
  assert.equal(read("id=a"), null);
});

test("one period can be paid ahead, and it counts once it is paid", () => {
  const end = "2026-12-23T00:00:00Z";
  const paid = { ...pro, prepaid: true, current_period_end: end, paid_until: end };
  const ahead = { ...paid, paid_until: "2027-01-22T00:00:00+00:00" };
  assert.deepEqual([paid, ahead, { ...paid, prepaid: false }].map(canPayAhead), [true, false, false]);
  assert.equal(resultOf(paid, { ...bought, after: end }), null);
  assert.equal(resultOf(ahead, { ...bought, after: end }), "extended");
});
