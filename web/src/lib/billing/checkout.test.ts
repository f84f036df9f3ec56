import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import type { BillingBackend } from "./backend.ts";
import { Checkout } from "./checkout.ts";
import { forWorkspace } from "./prices.ts";
import type { Plan, Subscription } from "./types.ts";

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
const team: Subscription = { ...free, tier: "none", seats: 3 };
const inTeam = { ...team, tier: "team", plan_id: "team", period: "monthly", seats: 5, renewal_seats: 5 } as const;
const pro: Subscription = { ...free, tier: "pro", plan_id: "pro", period: "monthly" };
const price = {
  payment_provider: "razorpay",
  currency: "INR",
  period: "monthly",
  amount: 79900,
  charged_amount: 79900,
  bank_confirmation: null,
};
const plan = (id: string, more: Partial<Plan> = {}): Plan =>
  ({ id, name: id, features: [], quotas: {}, prices: [price], trial_days: 0, contact_sales: false, ...more }) as Plan;
const PLANS = [
  plan("free", { prices: [] }),
  plan("pro"),
  plan("team", { for_teams: true, seats: { least: 2, most: 500 } }),
  plan("enterprise", { prices: [], contact_sales: true }),
];
const confirmation = { razorpay_payment_id: "pay_1", razorpay_subscription_id: "sub_1", razorpay_signature: "x" };
const purchase = { plan_id: "pro", period: "monthly", when: "now" } as const;

function checkout(subscription: Subscription, more: Partial<BillingBackend> = {}) {
  const waits: number[] = [];
  const done: string[] = [];
  const backend = {
    plans: async () =>
      forWorkspace({ items: PLANS, comparison: [], tax_inclusive: true, currency: null }, subscription.seats !== null),
    subscription: async () => subscription,
    details: async () => ({
      legal_name: null,
      address: null,
      state: null,
      country: null,
      gstin: null,
      network_country: null,
    }),
    verify: async () => pro,
    ...more,
  } as unknown as BillingBackend;
  const made = new Checkout(
    backend,
    () => done.push("done"),
    async (seconds) => void waits.push(seconds),
  );
  return { made, waits, done };
}

test("what may be bought depends on the plan and on what the user has", async () => {
  const cases: [Subscription, string, string, number?][] = [
    [free, "pro", "form"],
    [free, "free", "unavailable"],
    [free, "enterprise", "unavailable"],
    [free, "gold", "unavailable"],
    [pro, "pro", "subscribed"],
    [{ ...pro, period: "yearly" }, "pro", "change"],
    [free, "team", "unavailable"],
    [team, "pro", "unavailable"],
    [team, "team", "form", 5],
    [inTeam, "team", "subscribed"],
    [inTeam, "team", "seats", 8],
  ];
  for (const [subscription, plan_id, step, seats] of cases) {
    const { made } = checkout(subscription);
    await made.open({ ...purchase, plan_id, ...(seats && { seats }) }, null);
    assert.equal(made.store.value.step, step, plan_id);
  }
});

test("a failed read says why, and a closed payment window starts again", async () => {
  const { made } = checkout(free, {
    plans: async () => {
      throw new ApiError(503, { code: "busy" }, null);
    },
  });
  await made.open(purchase, { kind: "closed" });
  assert.equal(made.store.value.step, "failed");
});

test("a payment is confirmed once, and then looked for until the plan is there", async () => {
  const answers: (Subscription | ApiError)[] = [new ApiError(503, {}, null), free, free, pro];
  const asked: string[] = [];
  const answer = (name: string) => async () => {
    asked.push(name);
    const next = answers.shift()!;
    if (next instanceof ApiError) throw next;
    return next;
  };
  const { made, waits, done } = checkout(free, { verify: answer("verify"), subscription: answer("look") });
  await made.open(purchase, { kind: "paid", confirmation });

  assert.deepEqual(asked, ["verify", "verify", "look", "look"]);
  assert.deepEqual(waits, [1, 2, 3]);
  assert.deepEqual(made.store.value, { step: "done", result: "active", subscription: pro });
  assert.deepEqual(done, ["done"]);
});

test("an unconfirmed payment waits for the user after two minutes", async () => {
  const { made, waits, done } = checkout(free, { verify: async () => free });
  await made.open(purchase, { kind: "paid", confirmation });
  assert.deepEqual(made.store.value, { step: "confirming", slow: true, idle: true });
  assert.ok(waits.reduce((sum, each) => sum + each) >= 120);
  assert.deepEqual(done, []);
});

test("a signature that is refused is no payment", async () => {
  const { made, waits } = checkout(free, {
    verify: async () => {
      throw new ApiError(400, { code: "invalid_signature" }, null);
    },
  });
  await made.open(purchase, { kind: "paid", confirmation });
  assert.equal(made.store.value.step, "rejected");
  assert.deepEqual(waits, []);
});

test("a page that is left looks no more", async () => {
  let looks = 0;
  const { made } = checkout(free, {
    verify: async () => {
      looks++;
      made.leave();
      return free;
    },
  });
  await made.open(purchase, { kind: "paid", confirmation });
  assert.equal(looks, 1);
});

test("a return from a provider's page is confirmed at every look until it is paid", async () => {
  const asked: unknown[] = [];
  const answers = [free, new ApiError(503, {}, null), pro];
  const { made, waits, done } = checkout(free, {
    verify: async (confirmation) => {
      asked.push(confirmation);
      const next = answers.shift()!;
      if (next instanceof ApiError) throw next;
      return next;
    },
  });
  await made.wait(purchase, "checkout-1");

  assert.deepEqual(asked, Array(3).fill({ checkout_id: "checkout-1" }));
  assert.deepEqual(waits, [1, 2]);
  assert.deepEqual(made.store.value, { step: "done", result: "active", subscription: pro });
  assert.deepEqual(done, ["done"]);
});

test("what is chosen again ends the wait for the payment before it", async () => {
  let looks = 0;
  const { made } = checkout(free, {
    verify: async () => {
      if (++looks === 2) await made.open(purchase, null);
      return free;
    },
  });
  await made.wait(purchase, "checkout-1");

  assert.equal(looks, 2);
  assert.equal(made.store.value.step, "form");
});

test("a checkout that the workspace does not have is asked for once", async () => {
  let asked = 0;
  const plans = [free, pro];
  const { made } = checkout(free, {
    verify: async () => {
      asked++;
      throw new ApiError(404, { code: "not_found" }, null);
    },
    subscription: async () => plans.shift()!,
  });
  await made.wait(purchase, "made-up");

  assert.equal(asked, 1);
  assert.equal(made.store.value.step, "done");
});
