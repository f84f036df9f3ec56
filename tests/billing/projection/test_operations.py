"""The cancellations for the provider and their times follow from the requests of users."""

from datetime import timedelta

import pytest

from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from oneai.billing.projection.refunds import refund_key
from oneai.billing.record import RefundOperation
from tests.billing.projection.builders import BillingScenario, day, ours


def cancellations(life: BillingScenario, at: float) -> list[tuple[str, str]]:
    """The cancellations at the provider, with their reasons."""
    return [(each.dedupe_key, each.reason) for each in life.stand(at).operations if each.kind != "refund"]


def test_a_cancellation_at_the_end_of_the_period_is_sent_72_hours_before_it(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(3))
    (operation,) = life.stand(4).operations
    assert (operation.dedupe_key, operation.reason) == (f"cancel_at_period_end:{ours('a')}", "requested")
    assert operation.due_at == day(30) - timedelta(hours=72)


def test_a_period_paid_before_the_cancellation_and_reported_later_is_the_last(life: BillingScenario) -> None:
    life.charged("a", 30.01, 30, 60)
    life.change("a", cancel_requested_at=day(30.02))
    (operation,) = life.stand(31).operations
    assert operation.due_at == day(57)


def test_an_undone_cancellation_sends_nothing(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(3))
    life.change("a", cancel_requested_at=None)
    assert cancellations(life, 4) == []


def test_a_trial_is_cancelled_before_its_first_charge() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0)
    life.paid_with("a", 0)
    life.change("a", cancel_requested_at=day(2))
    (operation,) = life.stand(2).operations
    assert operation.due_at == day(4)


def test_a_subscription_with_a_later_start_is_cancelled_before_its_first_charge() -> None:
    life = BillingScenario()
    life.open(start_at=day(7))
    life.snapshot("a", "trial", 0)
    life.paid_with("a", 0)
    life.change("a", cancel_requested_at=day(2))
    (operation,) = life.stand(2).operations
    assert operation.due_at == day(4)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"ended_by_user": True, "cancel_requested_at": day(3)}, "requested"),
        ({"checkout_cancelled": True}, "replaced"),
        ({"account_closed_at": day(3), "ended_by_user": True}, "erased"),
    ],
    ids=["the user", "another checkout", "the user was deleted"],
)
def test_an_immediate_end_is_cancelled_with_its_reason_until_the_provider_confirms(
    life: BillingScenario, wish: dict[str, object], reason: str
) -> None:
    life.change("a", access_ends_at=day(3), **wish)
    assert (f"cancel:{ours('a')}", reason) in cancellations(life, 4)
    life.ended("a", 5)
    assert cancellations(life, 6) == []


def test_a_checkout_unknown_to_the_provider_is_not_cancelled_there() -> None:
    life = BillingScenario()
    life.open()
    life.change("a", ref=None, access_ends_at=day(1), checkout_cancelled=True)
    assert cancellations(life, 2) == []


def test_a_decided_refund_survives_the_erasure_of_its_user(life: BillingScenario) -> None:
    record = life.record()
    (payment,) = record.payments.values()
    decided = RefundOperation(ours("refund"), payment.id, "replaced", "pending", 12_300, day(3), sent=False)
    record.workspace_id, record.refund_operations = None, {refund_key(payment.id): decided}

    (operation,) = project(record, day(5), BillingPolicy()).operations

    assert (operation.dedupe_key, operation.reason) == (refund_key(payment.id), "replaced")
    assert (operation.amount, operation.as_of) == (12_300, day(3))
