"""The plan and the period of a payment, and whether it is accepted."""

from dataclasses import replace

import pytest

from oneai.billing.facts import Observation, Order, Payment
from oneai.billing.projection import orders
from oneai.billing.record import BillingRecord
from tests.billing.projection.builders import USER, BillingScenario, day, refund_operations, story


def discounted() -> BillingScenario:
    """A user who has an offer and pays less."""
    life = BillingScenario()
    life.open(offer_ref="offer_1")
    life.charged("a", 0, 0, 30, amount=39_900)
    return life


def test_the_second_of_two_discounted_payments_for_an_invoice_is_refunded() -> None:
    life = discounted()
    life.charged("a", 0.01, 0, 30, amount=39_900, ref="pay_again")
    assert refund_operations(life, 1) == [("pay_again", "unexpected_charge")]
    assert [each.rejection for each in life.stand(1).operations] == ["duplicate_payment"]


def test_a_payment_on_a_cancelled_checkout_is_rejected_for_that_reason(life: BillingScenario) -> None:
    life.change("a", checkout_cancelled=True)
    assert [each.rejection for each in life.stand(1).operations if each.kind == "refund"] == ["checkout_cancelled"]


def test_a_payment_keeps_the_tier_that_it_paid_for() -> None:
    life = discounted()
    paid = life.stand(5)
    life.snapshot("a", "active", 10, plan_ref="plan_large", fetched=True, offer_ref="offer_1", paid_count=1)
    now = life.stand(10.5)
    assert (now.tier, now.history, now.quota_period) == ("pro", paid.history, paid.quota_period)


def test_a_payment_for_a_larger_plan_keeps_its_tier_after_a_downgrade(life: BillingScenario) -> None:
    life.charged("a", 11, 11, 30, ref="pay_up", amount=100_000, invoice_ref="inv_up")
    bill = replace(life.observations[-1].invoices[0], ref="inv_up", extras=("proration",))
    life.observations.append(Observation(invoices=(bill,)))
    life.snapshot("a", "active", 12, plan_ref="plan_large", fetched=True)
    up = life.stand(13)
    assert story(up)[-1] == ("upgrade", "pro", "enterprise")
    life.charged("a", 30.01, 30, 60)
    life.snapshot("a", "active", 30.02, plan_ref="plan_pro", fetched=True)
    now = life.stand(31)
    assert now.history[:2] == up.history
    assert (now.tier, story(now)[2:], now.quota_period.anchor) == ("pro", [("downgrade", "enterprise", "pro")], day(11))


@pytest.mark.parametrize(("amount", "tier"), [(89_900, "pro"), (309_900, "enterprise"), (5_000, "pro")])
def test_an_extra_line_of_an_invoice_does_not_change_its_plan(amount: int, tier: str) -> None:
    life = BillingScenario()
    life.open()
    life.charged("a", 0, 0, 30, amount=amount)
    bill = replace(life.observations[-1].invoices[0], extras=("addon",))
    life.observations.append(Observation(invoices=(bill,)))
    life.snapshot("a", "active", 12, plan_ref="plan_large", fetched=True)
    assert life.stand(13).tier == tier


def test_a_payment_for_an_elapsed_period_is_not_kept_silently(life: BillingScenario) -> None:
    for n in range(4):
        life.failed("a", 30 + n, n + 1, due=30)
    life.halted("a", 33.001)
    before = story(life.stand(79))
    ref = life.charged("a", 80, 30, 60)
    now = life.stand(80.1)
    assert now.tier == "free"
    assert refund_operations(life, 80.1) == [(ref, "unexpected_charge")]
    assert [(each.alert, each.rejection) for each in now.operations] == [("payment_slipped_through", "period_over")]
    assert story(now) == before
    assert ref not in [each.cause for each in now.mails]
    life.refunded(ref, 81)
    life.charged("a", 90, 90, 120)
    then = life.stand(91)
    assert (then.tier, refund_operations(life, 91)) == ("pro", [])
    assert story(then)[-2:] == [("refund", "free", "free"), ("recovery", "free", "pro")]


def test_a_late_payment_followed_by_an_upgrade_restores_the_plan_before_it(life: BillingScenario) -> None:
    for n in range(4):
        life.failed("a", 30 + n, n + 1, due=30)
    life.charged("a", 35, 30, 60)
    life.charged("a", 40, 40, 60, ref="pay_up", amount=100_000, invoice_ref="inv_up")
    bill = replace(life.observations[-1].invoices[0], ref="inv_up", extras=("proration",))
    life.observations.append(Observation(invoices=(bill,)))
    life.snapshot("a", "active", 40.1, plan_ref="plan_large", fetched=True)
    assert story(life.stand(41))[-2:] == [("recovery", "free", "pro"), ("upgrade", "pro", "enterprise")]


def test_a_trial_keeps_its_tier_when_the_plan_is_changed_in_place() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0, start_at=day(7))
    life.paid_with("a", 0)
    life.charged("a", 7.01, 7, 37)
    before = story(life.stand(8))
    life.snapshot("a", "active", 10, plan_ref="plan_large", fetched=True)
    assert story(life.stand(11)) == before


@pytest.mark.parametrize(("provider", "days"), [("midtrans", 1), ("razorpay", 7), ("stripe", 7)])
def test_a_paid_order_is_fetched_daily_where_refunds_are_not_listed(provider: str, days: int) -> None:
    order = Order(provider, "bought", USER, 99_000, "IDR", "credits")
    record = BillingRecord(USER, orders={order.id: order})
    paid = Payment(provider, "paid", "captured", day(1), 99_000, "IDR", order_ref="bought", order_id=order.id)
    record.payments[paid.key] = paid

    assert orders.next_sync_at(record, order, day(1.5)) == day(1 + days)
    assert orders.next_sync_at(record, order, day(200)) is None
