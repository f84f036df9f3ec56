import assert from "node:assert/strict";
import { test } from "node:test";
import { checkout } from "../i18n/checkout.ts";
import { secureSentence } from "./secure.ts";
import type { ProviderTerms } from "./types.ts";

const words = checkout.value;
const terms = (more: Partial<ProviderTerms>): ProviderTerms => ({
  name: "Made Up",
  own_page: true,
  methods: [],
  paid_later: false,
  prepaid: false,
  ...more,
});

test("a provider that these sources do not know is named with its page and its ways to pay", () => {
  const sentence = (more: Partial<ProviderTerms>) => secureSentence(words, terms(more), "en");
  assert.equal(sentence({}), "You pay on the Made Up page. We never see your card details.");
  assert.equal(sentence({ own_page: false }), "You pay through Made Up. We never see your card details.");
  assert.equal(
    sentence({ methods: ["qris", "e_wallet", "virtual_account", "card"] }),
    "You pay on the Made Up page, by QRIS, e-wallet, virtual account or card.",
  );
});

test("a way to pay without words is left out", () => {
  const methods = ["card", "barter"] as ProviderTerms["methods"];
  assert.match(secureSentence(words, terms({ methods }), "en"), /page, by card\.$/);
});
