import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../api/errors.ts";
import { isRenewalSmaller, purchaseOf, SeatsForm } from "./seats_form.ts";
import type { CheckoutSession, PlanChangePreview, Subscription } from "./types.ts";

const team = {
  plan_id: "team",
  period: "yearly",
  seats: 5,
  renewal_seats: 5,
  cancel_requested_at: null,
  replacement: null,
} as unknown as Subscription;
const session = (seat_order: object | null) => ({ seat_order, payment_needed: true }) as unknown as CheckoutSession;

function seatsForm(subscription: Subscription = team) {
  const asked: number[] = [];
  const form = new SeatsForm(
    {
      previewChange: async ({ seats }) => {
        asked.push(seats!);
        if (seats === 2) throw new ApiError(422, { code: "invalid_request" }, null);
        return { seats } as PlanChangePreview;
      },
      change: async ({ seats }) => session(seats! > 5 ? {} : null),
    },
    subscription,
  );
  return { form, asked };
}

test("a number is previewed unless the team has it and renews it", async () => {
  const { form, asked } = seatsForm();
  for (const seats of [8, 5, null, 2]) await form.choose(seats);
  assert.deepEqual(asked, [8, 2]);
  assert.equal(form.store.value.failure?.status, 422);
  assert.equal(form.store.value.preview, null);

  const unequal = seatsForm({ ...team, renewal_seats: 3 });
  await unequal.form.choose(5);
  assert.deepEqual(unequal.asked, [5]);
});

test("only what was previewed is bought: added seats with their order, fewer with the next charge", async () => {
  const { form } = seatsForm();
  assert.equal(await form.submit(), null);
  await form.choose(8);
  const more = await form.submit();
  assert.deepEqual([more?.purchase.seats, more?.purchase.seat_change, more?.purchase.when], [8, "added", "now"]);
  assert.equal(more?.purchase.period, "yearly");
  const fewer = purchaseOf(3, session(null), team);
  assert.deepEqual([fewer.seat_change, fewer.when], ["next", "period_end"]);
});

test("a smaller renewal that no one chose is told apart from fewer seats that an owner chose", () => {
  const smaller = { ...team, renewal_seats: 3 };
  assert.deepEqual(
    [team, smaller, { ...smaller, cancel_requested_at: "2026-11-26T00:00:00Z" }, { ...team, renewal_seats: null }].map(
      isRenewalSmaller,
    ),
    [false, true, false, false],
  );
});
