import assert from "node:assert/strict";
import { test } from "node:test";
import { likelyCurrency, planAddress, priceOf, seatPlan, timesAsMuch, yearlySaving, type Plan } from "./prices.ts";

const terms = { name: "Razorpay", own_page: false, methods: [], paid_later: false, prepaid: false };
const price = (currency: "INR" | "USD", period: "monthly" | "yearly", amount: number) =>
  ({
    payment_provider: "razorpay",
    provider_terms: terms,
    currency,
    period,
    amount,
    charged_amount: amount,
    bank_confirmation: null,
    confirmed_from_seats: null,
  }) as const;
const limits = { document_pages: 0, storage_bytes: 0, api_keys: 0 };
const plan = (id: string, prices: Plan["prices"]): Plan => ({
  id,
  name: id,
  features: [],
  quotas: {},
  limits,
  prices,
  trial_days: 0,
  contact_sales: false,
  seats: null,
  for_teams: false,
});
const free = plan("free", []);
const pro = plan("pro", [price("INR", "monthly", 79900), price("INR", "yearly", 799000), price("USD", "monthly", 999)]);

test("a team is offered the plan that is sold by the seat", () => {
  const seats = { least: 2, most: 500 };
  const team = { ...pro, id: "team", for_teams: true, seats };
  const unpaid = { ...free, id: "unpaid", for_teams: true, seats };

  assert.equal(seatPlan([free, pro, unpaid, team])?.id, "team");
  assert.equal(seatPlan([free, pro, unpaid]), undefined);
  assert.equal(seatPlan([free, { ...pro, seats }]), undefined);
});

test("a plan's price is that of its currency and period", () => {
  assert.equal(priceOf(pro, "INR", "yearly")?.amount, 799000);
  assert.equal(priceOf(pro, "USD", "yearly"), undefined);
  assert.equal(priceOf(free, "INR", "monthly"), undefined);
});

test("a year at ten months' price saves sixteen percent; no yearly price saves nothing", () => {
  assert.equal(yearlySaving([free, pro], "INR"), 16);
  assert.equal(yearlySaving([free, pro], "USD"), 0);
});

test("a quota is compared in whole times of the same window", () => {
  const having = (limit: number, frequency: "monthly" | "3hour" = "monthly"): Plan => ({
    ...free,
    quotas: { small_messages: { limit, frequency } },
  });

  assert.equal(timesAsMuch(having(550), having(100), "small_messages"), 5);
  assert.equal(timesAsMuch(having(199), having(100), "small_messages"), null);
  assert.equal(timesAsMuch(having(500, "3hour"), having(100), "small_messages"), null);
  assert.equal(timesAsMuch(having(500), having(0), "small_messages"), null);
  assert.equal(timesAsMuch(having(500), undefined, "small_messages"), null);
  assert.equal(timesAsMuch(having(500), having(100), "tokens"), null);
});

test("people in India see rupees first", () => {
  assert.equal(likelyCurrency("Asia/Kolkata", "en-US"), "INR");
  assert.equal(likelyCurrency("UTC", "hi-IN"), "INR");
  assert.equal(likelyCurrency("Europe/Berlin", "de"), "USD");
  assert.equal(likelyCurrency("Asia/Jakarta", "en-US"), "IDR");
  assert.equal(likelyCurrency("UTC", "id"), "IDR");
  assert.equal(likelyCurrency("UTC", "en-ID"), "IDR");
});

test("a visitor signs up before the checkout, with the checkout as the way on", () => {
  const checkout = "/checkout/pro?period=monthly&currency=INR";
  assert.equal(planAddress(pro, "INR", "monthly", true), checkout);
  assert.equal(planAddress(pro, "INR", "monthly", false), `/signup?next=${encodeURIComponent(checkout)}`);
  assert.equal(planAddress(free, "INR", "monthly", true), "/c");
  assert.equal(planAddress(free, "INR", "monthly", false), "/signup");
});
