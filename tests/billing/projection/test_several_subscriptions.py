"""The newest of several subscriptions of a user replaces the others, and paying again gains nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import Observation
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.record import FOREVER, PlanGrant
from tests.billing.projection.builders import BillingScenario, day, ours, story


def paid(life: BillingScenario, name: str, at: float, **more: Any) -> str:
    """Another subscription, opened and paid at once."""
    life.open(name, at=at - 0.01, **more)
    return life.charged(name, at, at, at + 30)


def operations(life: BillingScenario, at: float) -> list[tuple[str, str, str]]:
    """The provider operations."""
    names: dict[UUID | None, str] = {ours(name): name for name in "abc"}
    return [(each.kind, names[each.subscription_id], each.reason) for each in life.stand(at).operations]


def test_an_upgrade_replaces_the_subscription_and_grants_fresh_quota(life: BillingScenario) -> None:
    paid(life, "b", 10, plan="plan_large", replaces="a")
    now = life.stand(11)
    assert (now.tier, now.status, now.subscription_id) == ("enterprise", "active", ours("b"))
    assert story(now) == [("new_subscription", "free", "pro"), ("upgrade", "pro", "enterprise")]
    assert operations(life, 11) == [("cancel", "a", "replaced"), ("refund", "a", "replaced")]
    (refund,) = [each for each in now.operations if each.kind == "refund"]
    assert (refund.amount, refund.as_of) == (79_900 * 20 // 30, day(10))
    assert now.quota_period.usage_since == day(10)
    assert now.summaries[ours("a")].status == "cancelled"


def test_nothing_changes_until_the_new_subscription_is_paid(life: BillingScenario) -> None:
    life.open("b", plan="plan_large", replaces="a", at=9)
    life.snapshot("b", "none", 9)
    now = life.stand(11)
    assert (now.tier, now.subscription_id, now.operations) == ("pro", ours("a"), ())


def test_the_newer_of_two_accidental_subscriptions_is_kept_and_alerted(life: BillingScenario) -> None:
    paid(life, "b", 6)
    now = life.stand(6.1)
    assert (now.tier, now.subscription_id) == ("pro", ours("b"))
    assert operations(life, 6.1) == [("cancel", "a", "duplicate"), ("refund", "a", "duplicate")]
    assert [each.alert for each in now.operations] == ["two_subscriptions", None]
    assert [each.due_at for each in now.operations] == [day(6.1) + timedelta(minutes=10)] * 2
    assert now.quota_period.usage_since == day(0)
    assert story(now)[1:] == [("new_subscription", "pro", "pro"), ("reconciliation", "pro", "pro")]


def test_a_subscription_that_ended_earlier_is_no_duplicate_even_if_reported_late(life: BillingScenario) -> None:
    paid(life, "b", 10)
    life.ended("a", 9)
    assert operations(life, 11) == []
    assert life.stand(11).tier == "pro"


def test_a_charge_of_a_replaced_subscription_is_refunded_in_full(life: BillingScenario) -> None:
    paid(life, "b", 10)
    life.charged("a", 30, 30, 60)
    assert ("refund", "a", "unexpected_charge") in operations(life, 31)
    assert life.stand(50).tier == "free"


def test_a_subscription_before_its_first_charge_is_replaced_too() -> None:
    life = BillingScenario()
    life.open("a", start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0)
    life.paid_with("a", 0)
    paid(life, "b", 3)
    assert operations(life, 3) == [("cancel", "a", "duplicate")]
    assert life.stand(8).tier == "pro"


@pytest.mark.parametrize("late", [0.001, 2], ids=["at-once", "two-days-late"])
def test_a_change_at_the_end_of_the_period_leaves_no_gap_and_grants_no_fresh_quota(
    life: BillingScenario, late: float
) -> None:
    life.open("b", plan="plan_year", replaces="a", start_at=day(30), at=20)
    life.snapshot("b", "trial", 20)
    life.change("a", cancel_requested_at=day(20))
    life.ended("a", 30)
    assert (life.stand(25).tier, life.stand(25).subscription_id) == ("pro", ours("a"))
    life.charged("b", 30 + late, 30, 395)
    for at in (29.9, 30, 30.0005, 31, 32.5, 300):
        assert life.stand(at).tier == "pro", at
    now = life.stand(40)
    assert (now.subscription_id, now.quota_period.usage_since) == (ours("b"), day(0))
    assert [each.kind for each in now.operations] == []
    assert [reason for reason, _, _ in story(now)] == ["new_subscription", "renewal"]


def test_a_smaller_plan_begins_when_the_larger_one_ends() -> None:
    life = BillingScenario()
    life.open(plan="plan_large")
    life.charged("a", 0, 0, 30)
    life.open("b", plan="plan_pro", replaces="a", start_at=day(30), at=5)
    life.snapshot("b", "trial", 5)
    life.change("a", cancel_requested_at=day(5))
    assert life.stand(29).tier == "enterprise"
    life.charged("b", 30.01, 30, 60)
    now = life.stand(31)
    assert (now.tier, now.quota_period.usage_since) == ("pro", day(0))
    assert story(now)[-2:] == [("downgrade", "enterprise", "pro"), ("renewal", "pro", "pro")]


def test_a_refund_and_a_new_subscription_in_the_same_month_keep_the_usage(
    life: BillingScenario,
) -> None:
    life.change("a", access_ends_at=day(4))
    life.refunded("pay_a0", 4.01, amount=60_000)
    assert (life.stand(4.5).quota_period.usage_since, life.stand(4.5).quota_period.anchor) == (None, day(0))
    paid(life, "b", 5)
    now = life.stand(6)
    assert (now.tier, now.quota_period.usage_since, now.quota_period.anchor) == ("pro", day(0), day(0))


def test_a_refund_of_a_payment_from_the_previous_month_keeps_the_usage() -> None:
    life = BillingScenario()
    life.open()
    life.charged("a", 26, 26, 56)
    life.change("a", access_ends_at=day(30))
    life.refunded("pay_a26", 30)
    paid(life, "b", 31)
    assert life.stand(32).quota_period.usage_since == day(26)


def test_a_refund_long_ago_prevents_no_fresh_quota(life: BillingScenario) -> None:
    life.change("a", access_ends_at=day(4))
    life.refunded("pay_a0", 4.01)
    paid(life, "b", 40)
    assert life.stand(41).quota_period.usage_since == day(40)


def test_a_refunded_unexpected_charge_prevents_no_fresh_quota(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(5))
    ref = life.charged("a", 30, 30, 60)
    life.refunded(ref, 31)
    paid(life, "b", 62)
    assert life.stand(63).quota_period.usage_since == day(62)


def test_a_user_who_paid_in_full_and_pays_again_gets_fresh_quota(life: BillingScenario) -> None:
    life.change("a", access_ends_at=day(4))
    paid(life, "b", 5)
    assert life.stand(6).quota_period.usage_since == day(5)


def test_a_refunded_upgrade_followed_by_a_smaller_plan_gains_nothing(life: BillingScenario) -> None:
    paid(life, "b", 2, plan="plan_large", replaces="a")
    life.change("b", access_ends_at=day(4))
    life.refunded("pay_b2", 4.01, amount=299_900)
    paid(life, "c", 5)
    assert life.stand(6).quota_period.usage_since == day(2)


def test_usage_counts_from_the_original_payment_after_a_recovery(life: BillingScenario) -> None:
    for n in range(4):
        life.failed("a", 30 + n, n + 1, due=30)
    life.halted("a", 33.001)
    assert life.stand(35).quota_period.usage_since is None
    life.charged("a", 40, 30, 60)
    assert life.stand(41).quota_period.usage_since == day(0)


def test_a_granted_plan_has_no_quota_period_and_a_payment_adds_none() -> None:
    life = BillingScenario()
    life.open()
    record = life.record(grants=(PlanGrant(7, "pro", day(0), day(20)),))
    now = project(record, day(1), BillingPolicy())
    assert (now.tier, now.status, now.subscription_id, now.quota_period.usage_since) == ("pro", "active", None, None)
    assert story(now) == [("system", "free", "pro")]

    life.charged("a", 5, 5, 35)
    record = life.record(grants=(PlanGrant(7, "pro", day(0), FOREVER),))
    now = project(record, day(6), BillingPolicy())
    assert (now.tier, now.quota_period.usage_since) == ("pro", None)


def test_a_plan_changed_in_place_is_active_from_its_payment(life: BillingScenario) -> None:
    life.snapshot("a", "active", 10, plan_ref="plan_large", fetched=True)
    assert life.stand(10.5).tier == "pro"
    life.charged("a", 11, 11, 30, ref="pay_difference", amount=100_000, invoice_ref="inv_difference")
    bill = replace(life.observations[-1].invoices[0], ref="inv_difference", extras=("proration",))
    life.observations.append(Observation(invoices=(bill,)))
    life.snapshot("a", "active", 12, plan_ref="plan_large", fetched=True)
    now = life.stand(13)
    assert (now.tier, now.quota_period.usage_since) == ("enterprise", day(11))
    assert story(now)[-1] == ("upgrade", "pro", "enterprise")
