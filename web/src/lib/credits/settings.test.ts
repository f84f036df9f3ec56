import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreditLimit, CreditPackageList, CreditTransaction } from "./backend.ts";
import { formatChange, formatCredits } from "./format.ts";
import { dollarsOf, microOf, withLimit, without, withoutLimit } from "./limits.ts";
import { currenciesFor, customOffer, packagesIn, PurchaseKey } from "./offer.ts";
import { choiceOf, CHOICES, KEY_PLACES, keyPlaceOf, orderOf, withChatbot } from "./sources.ts";
import { addedLater, transactionsCsv } from "./transactions.ts";
import { chargedDays } from "./usage.ts";

const LIST: CreditPackageList = {
  items: [
    { id: "credits_10", credit_micro_usd: 10_000_000, bonus_micro_usd: 0, prices: { INR: 99_900, USD: 1_000 } },
    { id: "rupiah", credit_micro_usd: 1, bonus_micro_usd: 0, prices: { IDR: 1 } },
  ],
  custom: [{ currency: "INR", per_dollar: 9_990, least: 49_900, most: 99_900_000 }],
  currencies: ["INR", "USD"],
  tax_inclusive: true,
};
const limit = (kind: CreditLimit["limit"], limit_id: string, micro_usd_per_month: number): CreditLimit => ({
  limit: kind,
  limit_id,
  micro_usd_per_month,
  spent_micro_usd: 5,
  resets_at: "2026-12-01T00:00:00Z",
});

test("people in India buy in rupees, others in both currencies", () => {
  assert.deepEqual([currenciesFor(LIST, "IN"), currenciesFor(LIST, "DE")], [["INR"], ["INR", "USD"]]);
  assert.deepEqual(
    packagesIn(LIST, "USD").map(({ id, price }) => [id, price]),
    [["credits_10", 1_000]],
  );
});

test("a custom amount buys credits within its limits", () => {
  const typed = (text: string) => customOffer(LIST, "INR", text)?.credit_micro_usd;
  assert.deepEqual(["999", "₹ 999", "498", "999001", "much", ""].map(typed), [
    10_000_000,
    10_000_000,
    ...Array(4).fill(null),
  ]);
  assert.equal(typed("1000.01"), Math.floor((100_001 * 1_000_000) / 9_990));
  assert.equal(customOffer(LIST, "USD", "10"), null);
});

test("the same terms have one key until the purchase is another one", () => {
  const key = new PurchaseKey();
  const first = key.of({ package_id: "credits_10", currency: "INR" });
  assert.equal(key.of({ package_id: "credits_10", currency: "INR" }), first);
  const other = key.of({ amount: 99_900, currency: "INR" });
  assert.notEqual(other, first);
  key.renew();
  assert.notEqual(key.of({ amount: 99_900, currency: "INR" }), other);
});

test("each choice is an order of sources, and a chatbot has one or none", () => {
  assert.deepEqual(
    CHOICES.map((choice) => choiceOf(orderOf(choice))),
    [...CHOICES],
  );
  const one = withChatbot({ order: ["plan"], chatbots: [{ chatbot_id: "a", source: "plan" }] }, "a", "credits");
  assert.deepEqual(one.chatbots, [{ chatbot_id: "a", source: "credits" }]);
  assert.deepEqual(withChatbot(one, "a", null).chatbots, []);
});

test("own keys keep their place beside every other choice", () => {
  for (const place of KEY_PLACES)
    for (const choice of CHOICES.filter((each) => each !== "own_key")) {
      assert.equal(choiceOf(orderOf(choice, place)), choice);
      assert.equal(keyPlaceOf(orderOf(choice, place)), place);
    }
  assert.deepEqual(orderOf("own_key", "last"), ["own_key"]);
  assert.equal(choiceOf(["own_key", "credits", "plan"]), "credits,plan");
  assert.equal(keyPlaceOf(["plan", "own_key", "credits"]), "last");
});

test("a changed limit replaces the one of the same subject alone", () => {
  const found = [limit("chatbot", "a", 1), limit("member", "a", 2)];
  const changed = { limit: "chatbot", limit_id: "a", micro_usd_per_month: 9 } as const;
  const kept = { limit: "member", limit_id: "a", micro_usd_per_month: 2 } as const;
  assert.deepEqual(withLimit(found, changed), [kept, changed]);
  assert.deepEqual(without(found, changed), [kept]);
  const subjects = { chatbot: { a: "A", b: "B" }, member: { a: "A" }, api_key: {} };
  assert.deepEqual(withoutLimit(subjects, found), { chatbot: { b: "B" }, member: {}, api_key: {} });
});

test("dollars are typed in any form and come back as typed", () => {
  assert.deepEqual(["20", "$0.50", "1,000", "x", ""].map(microOf), [20_000_000, 500_000, 1_000_000_000, null, null]);
  for (const micro_usd of [20_000_000, 1_250_000, 1_234_000, 1]) assert.equal(microOf(dollarsOf(micro_usd)), micro_usd);
});

test("amounts keep their last micro-dollar and their sign", () => {
  assert.deepEqual(
    [350, 9_982_400, 10_000_000].map((each) => formatCredits(each, "en")),
    ["$0.00035", "$9.9824", "$10.00"],
  );
  assert.deepEqual(
    [-350, 10_000_000].map((each) => formatChange(each, "en")),
    ["−$0.00035", "+$10.00"],
  );
});

test("the file has the shown transactions, with the API's names", () => {
  const use: CreditTransaction = {
    id: "m",
    at: "2026-11-27T06:00:00Z",
    kind: "use",
    amount_micro_usd: -350,
    balance_micro_usd: 9,
    grant_id: null,
    message_id: "a",
    chatbot_id: null,
  };
  assert.equal(
    transactionsCsv([use]),
    "at,kind,amount_micro_usd,balance_micro_usd,grant_id,message_id,chatbot_id\r\n2026-11-27T06:00:00Z,use,-350,9,,a,\r\n",
  );
});

test("every day of a report is there, also without use", () => {
  const item = { key: "2026-11-22", answers: 1, cost_micro_usd: 1, charged_micro_usd: 200 };
  const usage = { since: "2026-11-20T18:30:00Z", until: "2026-11-23T18:30:00Z", charged_micro_usd: 200, items: [item] };
  assert.deepEqual(
    chargedDays(usage, "Asia/Kolkata").map(({ day, charged_micro_usd }) => [day, charged_micro_usd]),
    [
      ["2026-11-21", 0],
      ["2026-11-22", 200],
      ["2026-11-23", 0],
    ],
  );
});

test("a use of an answer that has an older one was added later", () => {
  const use = (id: string, message_id: string | null, kind: CreditTransaction["kind"] = "use"): CreditTransaction => ({
    id,
    at: "2026-11-27T18:00:00Z",
    kind,
    amount_micro_usd: -200,
    balance_micro_usd: 0,
    grant_id: null,
    message_id,
    chatbot_id: null,
  });
  const newestFirst = [use("title", "a"), use("back", "b", "refund"), use("b", "b"), use("pages", null), use("a", "a")];

  assert.deepEqual([...addedLater(newestFirst)], ["title"]);
});
