import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { ChangeForm, choicesFor } from "./change_form.ts";
import { DetailsForm, isElsewhere } from "./details_form.ts";
import { PagedList } from "../state/paged_list.ts";
import type { Purchase } from "./purchase.ts";
import type { CheckoutSession, NewBillingDetails, PlanChangePreview, PlanList, Subscription } from "./types.ts";

const empty = { legal_name: null, address: null, state: null, country: null, gstin: null, network_country: null };

test("details are saved once, and another country clears state and tax number", async () => {
  const saved: NewBillingDetails[] = [];
  const form = new DetailsForm(empty, async (details) => (saved.push(details), { ...empty, ...details, gstin: null }));
  form.set("legal_name", "Asha");
  form.set("state", "KA");
  form.set("country", "DE");
  assert.equal(await form.save(), true);
  assert.equal(await form.save(), true);
  assert.deepEqual(saved, [{ legal_name: "Asha", address: "", country: "DE", state: "", gstin: null }]);
});

test("a form without details starts with the country of the network, else with India", () => {
  const countryOf = (network_country: string | null) =>
    new DetailsForm({ ...empty, network_country }, async () => empty).store.value.fields.country;
  assert.deepEqual(["ID", "-IN-ID", null].map(countryOf), ["ID", "IN", "IN"]);
});

test("a network is elsewhere if it is in another country, or in none of some countries", () => {
  const compared: [string | null, string, boolean][] = [
    ["ID", "IN", true],
    ["IN", "IN", false],
    ["-IN-ID", "IN", true],
    ["-IN-ID", "ID", true],
    ["-IN-ID", "SG", false],
    [null, "IN", false],
  ];
  for (const [network, country, elsewhere] of compared) assert.equal(isElsewhere(network, country), elsewhere);
});

test("billing details are sent without what is pasted and not seen", async () => {
  const saved: NewBillingDetails[] = [];
  const form = new DetailsForm(empty, async (details) => (saved.push(details), { ...empty, ...details, gstin: null }));
  form.set("legal_name", "\ufeffAsha\u200b Tra\u00adders\u200e");
  form.set("address", "12 Park Street\u200b\r\nKolkata");
  form.set("gstin", " ２９AABCU 9603R1ZJ\u200e");
  assert.equal(await form.save(), true);
  const [sent] = saved;
  assert.deepEqual(
    [sent?.legal_name, sent?.address, sent?.gstin],
    ["Asha Traders", "12 Park Street\nKolkata", "29AABCU9603R1ZJ"],
  );
});

test("errors appear at their field until it changes, others at the form", async () => {
  const refusals = [
    new ApiError(
      422,
      { code: "invalid_request", details: [{ field: "gstin", code: "wrong_state", message: "No." }] },
      null,
    ),
    new ApiError(503, { code: "busy" }, null),
  ];
  const form = new DetailsForm(empty, async () => {
    throw refusals.shift()!;
  });
  const failure = () => form.store.value.failure;
  assert.equal(await form.save(), false);
  assert.deepEqual(form.store.value.errors, { gstin: { code: "wrong_state", message: "No." } });
  assert.equal(failure(), null);
  form.set("gstin", "29ABCDE1234F1ZW");
  assert.deepEqual(form.store.value.errors, {});
  assert.equal(await form.save(), false);
  assert.equal(failure()?.code, "busy");
});

const preview = (change: Partial<Purchase>) => ({
  plan_id: change.plan_id,
  charged_now: change.when === "now" ? 1 : 0,
});

test("a change that may not begin at once is shown for the end of the period", async () => {
  const asked: string[] = [];
  const form = new ChangeForm({
    previewChange: async (change) => {
      asked.push(change.when ?? "");
      if (change.when === "now")
        throw new ApiError(422, { details: [{ field: "when", code: "period_end_only", message: "" }] }, null);
      return preview(change) as PlanChangePreview;
    },
    change: async () => ({ payment_needed: true }) as CheckoutSession,
  });
  await form.choose({ plan_id: "pro", period: "monthly" });
  const { when, maybeNow, failure } = form.store.value;
  assert.deepEqual([asked, when, maybeNow, failure], [["now", "period_end"], "period_end", false, null]);
  const changed = await form.submit();
  assert.deepEqual(changed?.purchase, { plan_id: "pro", period: "monthly", when: "period_end" });
});

test("a slow preview does not replace that of a later choice", async () => {
  const answers = new Map<string, (value: PlanChangePreview) => void>();
  const form = new ChangeForm({
    previewChange: (change) => new Promise((resolve) => answers.set(change.plan_id ?? "", resolve)),
    change: async () => ({}) as CheckoutSession,
  });
  const slow = form.choose({ plan_id: "pro", period: "yearly" });
  const quick = form.choose({ plan_id: "enterprise", period: "yearly" });
  answers.get("enterprise")!({ plan_id: "enterprise" } as PlanChangePreview);
  answers.get("pro")!({ plan_id: "pro" } as PlanChangePreview);
  await Promise.all([slow, quick]);
  assert.equal(form.store.value.preview?.plan_id, "enterprise");
});

test("choices are every price but one's own", () => {
  const prices = (["monthly", "yearly"] as const).flatMap((period) =>
    (["INR", "USD"] as const).map((currency) => ({ period, currency })),
  );
  const plans = {
    items: [
      { id: "free", prices: [] },
      { id: "pro", prices },
    ],
  } as unknown as PlanList;
  const current = { plan_id: "pro", period: "monthly" } as Subscription;
  assert.deepEqual(choicesFor(plans, current), [{ plan_id: "pro", period: "yearly" }]);
});

test("a list grows page by page, and says why a page is missing", async () => {
  const pages = [
    { items: [1, 2], next_cursor: "a" },
    new ApiError(503, { code: "busy" }, null),
    { items: [3], next_cursor: null },
  ];
  const list = new PagedList<number>(async () => {
    const next = pages.shift()!;
    if (next instanceof ApiError) throw next;
    return next;
  });
  await list.load();
  await list.loadMore();
  assert.equal(list.more.value.failure?.code, "busy");
  await list.loadMore();
  await list.loadMore();
  assert.deepEqual(list.resource.store.value, { state: "ready", value: { items: [1, 2, 3], next_cursor: null } });
});
