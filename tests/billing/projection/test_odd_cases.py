"""A user's standing after rare faults: debits already under way, messages that were lost, sums paid twice."""

from dataclasses import replace
from typing import Any

import pytest

from oneai.billing.facts import Observation, ObservedInvoice, SyncRequest
from oneai.billing.merge import Changes, merge
from oneai.billing.projection.alerts import alerts
from tests.billing.projection.builders import BillingScenario, day, ours, refund_operations, story


def test_a_debit_that_started_before_its_cancellation_is_refunded(life: BillingScenario) -> None:
    life.charged("a", 29, 30, 60)
    life.change("a", cancel_requested_at=day(29.5))
    assert refund_operations(life, 31) == [("pay_a30", "unexpected_charge")]
    assert (life.stand(29.9).tier, life.stand(30.1).tier) == ("pro", "free")


@pytest.mark.parametrize(("status", "back"), [("open", False), ("lost", False), ("won", True), ("closed", True)])
def test_an_unexpected_charge_is_refunded_once_its_dispute_ends(life: BillingScenario, status: str, back: bool) -> None:
    life.change("a", cancel_requested_at=day(5))
    ref = life.charged("a", 30, 30, 60)
    life.disputed(ref, 31, "open")
    life.disputed(ref, 32, status)
    assert refund_operations(life, 33) == ([(ref, "unexpected_charge")] if back else [])


def words(life: BillingScenario) -> list[str]:
    """The reasons in the final history."""
    return [reason for reason, _, _ in story(life.stand(75))]


@pytest.mark.parametrize("status", ["active", "past_due", "unpaid"])
def test_a_pause_without_a_resume_event_ends_when_a_charge_is_due(life: BillingScenario, status: str) -> None:
    life.paused("a", 10)
    life.snapshot("a", status, 20)
    life.ended("a", 25)
    assert "resume" in words(life)
    assert life.stand(22).status != "paused"


def test_a_pause_without_a_resume_event_ends_with_the_charge_of_a_later_period(life: BillingScenario) -> None:
    life.paused("a", 10)
    life.charged("a", 40, 40, 70)
    life.observations[-3] = Observation(payments=life.observations[-3].payments)
    assert (life.stand(41).tier, life.stand(41).status) == ("pro", "active")
    assert words(life) == ["new_subscription", "pause", "pause", "renewal", "resume"]


def test_a_pause_across_the_end_of_a_period_leaves_no_access(life: BillingScenario) -> None:
    life.paused("a", 29)
    life.resumed("a", 31)
    assert (life.stand(32).tier, life.stand(32).status) == ("free", "active")
    assert (life.stand(58).tier, life.stand(58).status) == ("free", "active")

    life.failed("a", 60, 1, 60)
    assert (life.stand(61).tier, life.stand(61).status) == ("free", "past_due")
    assert [mail.data["last_day"] for mail in life.stand(61).mails if mail.kind == "payment_reminder"] == [None]
    life.charged("a", 62, 60, 90)
    assert (life.stand(63).tier, life.stand(63).status) == ("pro", "active")
    assert words(life) == ["new_subscription", "pause", "pause", "resume", "payment_failure", "recovery"]


def test_a_debit_that_started_before_a_pause_does_not_end_it(life: BillingScenario) -> None:
    life.charged("a", 29, 30, 60)
    life.paused("a", 29.5)
    assert life.stand(50).status == "paused"


def test_a_trial_of_one_day_has_its_authorization_charge_too() -> None:
    life = BillingScenario()
    life.open(start_at=day(1), trial_end=day(1))
    life.paid_with("a", 0)
    life.snapshot("a", "trial", 0, start_at=day(1))
    life.charged("a", 0, 0, 30, amount=500, invoice_ref=None, period_start=None, period_end=None, period_from=None)
    life.observations = [*life.observations[:2], Observation(payments=life.observations[2].payments)]
    now = life.stand(0.5)
    assert (now.tier, now.quarantined) == ("pro", frozenset())


def test_the_second_of_two_payments_for_a_period_is_refunded(life: BillingScenario) -> None:
    life.charged("a", 0.01, 0, 30, ref="pay_again", invoice_ref="inv_again")
    twice = replace(life.observations[-1].invoices[0], ref="inv_again")
    life.observations[-1] = Observation(payments=life.observations[-1].payments, invoices=(twice,))
    assert refund_operations(life, 1) == [("pay_again", "unexpected_charge")]
    assert story(life.stand(1)) == [("new_subscription", "free", "pro")]


def test_the_second_of_two_payments_counts_if_the_first_was_refunded(life: BillingScenario) -> None:
    life.charged("a", 0.01, 0, 30, ref="pay_again")
    life.refunded("pay_a0", 1)
    assert life.stand(2).tier == "pro"
    assert refund_operations(life, 2) == []


def offered(amount: int, billed: int | None) -> BillingScenario:
    """A user who has an offer and pays less; the provider's invoice says how much it was, if it is known."""
    life = BillingScenario()
    life.open(offer_ref="offer_1")
    life.charged("a", 0, 0, 30, amount=amount)
    life.observations = life.observations[:2]
    if billed is not None:
        life.observations.append(Observation(invoices=(_bill(billed),)))
    return life


def _bill(amount: int) -> ObservedInvoice:
    return ObservedInvoice("razorpay", "inv_a0", "sub_a", "pay_a0", None, amount, "INR", day(0), day(30), paid=True)


def test_an_offer_explains_the_amount_of_the_invoice_alone() -> None:
    found: list[Any] = [life.stand(1) for life in (offered(39_900, 39_900), offered(100, 39_900), offered(100, None))]
    assert [each.tier for each in found] == ["pro", "free", "free"]
    assert [bool(each.quarantined) for each in found] == [False, True, True]


def test_the_provider_is_asked_before_operators_are_alerted_to_a_smaller_amount() -> None:
    life = offered(100, None)
    assert life.stand(1).sync_requests == {SyncRequest("razorpay", "sub_a", with_payments=True)}
    record = life.record()
    assert list(alerts(record, Changes())) == []
    record.payments["razorpay", "pay_a0"] = replace(record.payments["razorpay", "pay_a0"], quarantined_at=day(1))
    changes = merge(record, Observation(invoices=(_bill(39_900),)))
    assert [each.kind for each in alerts(record, changes)] == ["payment_quarantined"]


def test_a_refunded_second_subscription_replaces_none(life: BillingScenario) -> None:
    life.open("b", at=10)
    life.charged("b", 10, 10, 40)
    assert life.stand(11).summaries[ours("a")].status == "cancelled"
    life.refunded("pay_b10", 11)
    now = life.stand(12)
    assert (now.tier, now.subscription_id) == ("pro", ours("a"))
    assert [(each.reason, each.subscription_id) for each in now.operations] == [("payment_reversed", ours("b"))]
    life.charged("a", 30, 30, 60)
    assert refund_operations(life, 31) == []
    # The second one is cancelled: a charge that is made anyway is refunded, and has no other effect.
    life.charged("b", 36, 36, 66)
    assert life.stand(37).subscription_id == ours("a")
    assert refund_operations(life, 37) == [("pay_b36", "unexpected_charge")]


def test_a_payment_refunded_as_a_duplicate_restores_no_plan(life: BillingScenario) -> None:
    life.open("b", at=10)
    life.charged("b", 10, 10, 40)
    life.refunded("pay_a0", 10.1, amount=50_000)
    life.refunded("pay_b10", 11)
    assert life.stand(12).tier == "free"


def test_a_refunded_upgrade_does_not_restore_the_smaller_plan(life: BillingScenario) -> None:
    life.open("b", "plan_large", at=10, replaces="a")
    life.charged("b", 10, 10, 40)
    life.refunded("pay_b10", 11, amount=299_900)
    assert life.stand(12).tier == "free"
