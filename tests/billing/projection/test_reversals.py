"""When money that came back by another hand stops a subscription, and when it does not."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import Observation, Refund
from oneai.billing.projection.effects import BillingState
from oneai.billing.record import OperationReason, RefundOperation
from tests.billing.projection.builders import BillingScenario, day, ours, refund_operations

OPERATION = UUID("00000000-0000-4000-8000-0000000000f0")


def stopped(now: BillingState) -> list[UUID | None]:
    """The subscriptions that are cancelled because a payment came back."""
    return [each.subscription_id for each in now.operations if each.reason == "payment_reversed"]


def mailed(now: BillingState) -> list[dict[str, Any]]:
    """The mails about payments that came back."""
    return [each.data for each in now.mails if each.kind == "payment_reversed"]


@pytest.mark.parametrize("status", ["open", "action_required", "under_review", "won", "closed"])
def test_an_open_or_won_dispute_stops_nothing(life: BillingScenario, status: str) -> None:
    life.disputed("pay_a0", 4, status)
    assert stopped(life.stand(5)) == []


def test_a_lost_dispute_stops_the_subscription_once_with_an_alert_and_a_mail(life: BillingScenario) -> None:
    life.disputed("pay_a0", 4, "open")
    life.disputed("pay_a0", 6, "lost")
    now = life.stand(7)
    assert [(each.dedupe_key, each.alert) for each in now.operations] == [(f"cancel:{ours('a')}", "payment_reversed")]
    assert [(each["by"], each["ends_at"]) for each in mailed(now)] == [("dispute", None)]
    assert (now.tier, now.status) == ("free", "cancelled")


def test_a_lost_dispute_is_final(life: BillingScenario) -> None:
    life.disputed("pay_a0", 4, "lost")
    life.disputed("pay_a0", 9, "won")
    assert stopped(life.stand(10)) == [ours("a")]


def test_a_partial_refund_stops_nothing_until_it_becomes_full(life: BillingScenario) -> None:
    life.refunded("pay_a0", 3, amount=79_899, name="most")
    assert stopped(life.stand(4)) == []
    life.refunded("pay_a0", 5, amount=1, name="rest")
    assert stopped(life.stand(6)) == [ours("a")]


def test_a_failed_refund_stops_nothing(life: BillingScenario) -> None:
    failed = Refund("razorpay", "rfnd_1", "pay_a0", 79_900, "failed", day(4))
    life.observations.append(Observation(refunds=(failed,)))
    assert (life.stand(5).tier, stopped(life.stand(5))) == ("pro", [])


def test_the_refund_of_an_older_period_stops_nothing(life: BillingScenario) -> None:
    life.charged("a", 30, 30, 60)
    life.refunded("pay_a0", 35)
    assert (life.stand(36).tier, life.stand(36).operations) == ("pro", ())


def test_a_lost_dispute_of_an_older_period_keeps_the_paid_one(life: BillingScenario) -> None:
    life.charged("a", 30, 30, 60)
    life.disputed("pay_a0", 35, "lost")
    now = life.stand(36)
    assert (now.tier, stopped(now)) == ("pro", [ours("a")])
    assert mailed(now)[0]["ends_at"] == day(60).isoformat()
    life.ended("a", 36.1)
    assert [life.stand(at).tier for at in (59, 61)] == ["pro", "free"]
    late = life.charged("a", 60, 60, 90)
    assert refund_operations(life, 61) == [(late, "unexpected_charge")]


def test_refunding_the_older_payment_and_then_the_newer_stops_the_subscription(life: BillingScenario) -> None:
    life.charged("a", 30, 30, 60)
    life.refunded("pay_a0", 35)
    life.refunded("pay_a30", 36)
    assert stopped(life.stand(37)) == [ours("a")]


def test_refunding_one_of_two_payments_for_a_period_stops_nothing(life: BillingScenario) -> None:
    life.charged("a", 2, 0, 30, ref="pay_more", amount=220_000, invoice_ref="inv_more")
    life.refunded("pay_more", 5, amount=220_000)
    assert stopped(life.stand(6)) == []
    life.refunded("pay_a0", 7)
    assert stopped(life.stand(8)) == [ours("a")]


def test_a_refunded_duplicate_stops_nothing(life: BillingScenario) -> None:
    again = life.charged("a", 0.01, 0, 30, ref="pay_again")
    life.disputed(again, 5, "lost")
    now = life.stand(6)
    assert (now.tier, now.operations) == ("pro", ())


def test_a_refund_while_a_renewal_is_retried_stops_the_retries(life: BillingScenario) -> None:
    life.failed("a", 30.01, 1, due=30)
    life.refunded("pay_a0", 31)
    assert stopped(life.stand(31.1)) == [ours("a")]


def test_the_refund_of_an_authorization_charge_stops_nothing() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0)
    small = life.charged("a", 0, 0, 7, amount=500, invoice_ref=None)
    life.observations.pop()
    life.refunded(small, 0.1, amount=500)
    assert stopped(life.stand(1)) == []


def test_a_refunded_payment_in_quarantine_stops_the_subscription() -> None:
    life = BillingScenario()
    life.open()
    odd = life.charged("a", 0, 0, 30, amount=5)
    assert stopped(life.stand(1)) == []
    life.refunded(odd, 2, amount=5)
    assert stopped(life.stand(3)) == [ours("a")]


@pytest.mark.parametrize(
    ("reason", "stops"),
    [("requested", []), ("replaced", []), ("unexpected_charge", []), ("operator", [ours("a")])],
)
def test_a_refund_from_the_projection_is_not_a_manual_one(
    life: BillingScenario, reason: OperationReason, stops: list[UUID]
) -> None:
    refund = Refund("razorpay", "rfnd_1", "pay_a0", 79_900, "processed", day(4), OPERATION)
    life.observations.append(Observation(refunds=(refund,)))
    payment = life.record().payments["razorpay", "pay_a0"].id
    decided = RefundOperation(OPERATION, payment, reason, "succeeded", 79_900, None, sent=True)
    assert stopped(life.stand(5, refund_operations={"refund:x": decided})) == stops


def test_a_subscription_ended_by_its_user_is_not_stopped_again(life: BillingScenario) -> None:
    life.change("a", access_ends_at=day(3), ended_by_user=True)
    life.disputed("pay_a0", 10, "lost")
    now = life.stand(11)
    assert ([each.reason for each in now.operations], mailed(now)) == (["requested"], [])


def test_a_subscription_ended_at_the_provider_is_not_stopped_again(life: BillingScenario) -> None:
    life.ended("a", 3)
    life.disputed("pay_a0", 10, "lost")
    now = life.stand(11)
    assert (now.operations, mailed(now)) == ((), [])


def test_a_cancellation_at_the_end_of_the_period_becomes_immediate(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(3))
    life.disputed("pay_a0", 4, "lost")
    assert [(each.kind, each.reason) for each in life.stand(5).operations] == [("cancel", "payment_reversed")]


@pytest.mark.parametrize("by", ["dispute", "refund"])
def test_an_unpaid_replacement_chosen_earlier_is_stopped_too(life: BillingScenario, by: str) -> None:
    life.open("b", plan="plan_large", replaces="a", start_at=day(30), at=5)
    life.snapshot("b", "trial", 5, start_at=day(30))
    if by == "dispute":
        life.disputed("pay_a0", 8, "lost")
    else:
        life.refunded("pay_a0", 8)
    now = life.stand(9)
    assert sorted(map(str, stopped(now))) == sorted([str(ours("a")), str(ours("b"))])
    assert len(mailed(now)) == 1
    late = life.charged("b", 30, 30, 60)
    assert (late, "unexpected_charge") in refund_operations(life, 31)


def test_refunding_what_a_stopped_replacement_was_charged_grants_it_no_time(life: BillingScenario) -> None:
    life.open("b", plan="plan_large", replaces="a", start_at=day(30), at=5)
    life.snapshot("b", "trial", 5, start_at=day(30))
    life.disputed("pay_a0", 8, "lost")
    life.refunded(life.charged("b", 30, 30, 60), 33, amount=299_900)
    assert [life.stand(at).tier for at in (7, 9, 31, 34)] == ["pro", "free", "free", "free"]


def test_a_reversal_after_a_cancelled_period_grants_no_time(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(3))
    life.failed("a", 30.01, 1, due=30)
    assert life.stand(31).tier == "free"
    life.refunded(life.charged("a", 33, 30, 60, amount=77), 40, amount=77)
    assert life.stand(31).tier == "free"


def test_a_paid_replacement_continues(life: BillingScenario) -> None:
    life.open("b", plan="plan_large", replaces="a", at=5)
    life.charged("b", 5, 5, 35)
    life.disputed("pay_a0", 20, "lost")
    now = life.stand(21)
    assert (now.tier, stopped(now)) == ("enterprise", [])


def test_a_later_subscription_is_charged_normally(life: BillingScenario) -> None:
    life.disputed("pay_a0", 4, "lost")
    life.ended("a", 4.1)
    life.open("b", at=6)
    life.charged("b", 6, 6, 36)
    life.charged("b", 36, 36, 66)
    now = life.stand(40)
    assert (now.tier, now.subscription_id, now.operations) == ("pro", ours("b"), ())


def test_the_order_of_events_does_not_matter(life: BillingScenario) -> None:
    life.charged("a", 30, 30, 60)
    life.disputed("pay_a30", 40, "lost")
    life.ended("a", 40.1)
    states = [life.stand(50, each) for each in (life.observations, life.observations[::-1])]
    assert replace(states[0], sync_requests=frozenset()) == replace(states[1], sync_requests=frozenset())
