"""A user's standing follows from what was paid: the usual course of a subscription, and what goes wrong in it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from oneai.billing.facts import Observation, Refund
from oneai.billing.merge import Changes, merge
from oneai.billing.projection.alerts import alerts
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import project
from tests.billing.projection.builders import USER, BillingScenario, day, ours, story


def test_a_user_who_never_paid_is_free_and_active() -> None:
    life = BillingScenario()
    life.open()
    life.snapshot("a", "none", 0)
    now = life.stand(1)
    assert (now.tier, now.status, now.subscription_id, now.history) == ("free", "active", None, ())
    assert now.summaries[ours("a")].status == "none"


def test_a_paid_plan_lasts_until_the_end_of_its_period(life: BillingScenario) -> None:
    now = life.stand(29)
    assert (now.tier, now.status, now.subscription_id) == ("pro", "active", ours("a"))
    assert now.summaries[ours("a")].period_end == day(30)
    assert now.quota_period.usage_since == now.quota_period.anchor == day(0)
    assert story(now) == [("new_subscription", "free", "pro")]


def test_a_renewal_leaves_no_gap_and_grants_no_fresh_quota(life: BillingScenario) -> None:
    life.charged("a", 30.02, 30, 60)
    for at in (29.99, 30, 30.01, 30.03, 59):
        assert life.stand(at).tier == "pro"
    now = life.stand(40)
    assert story(now) == [("new_subscription", "free", "pro"), ("renewal", "pro", "pro")]
    assert now.quota_period.usage_since == day(0)


@pytest.mark.parametrize(("at", "tier"), [(36.9, "pro"), (37.1, "free")], ids=["within-grace", "after-grace"])
def test_an_unreported_renewal_is_awaited_as_long_as_a_failing_one(life: BillingScenario, at: float, tier: str) -> None:
    assert life.stand(at).tier == tier


def test_a_plan_with_failing_charges_lasts_until_the_provider_gives_up(life: BillingScenario) -> None:
    for n in range(3):
        life.failed("a", 30 + n, n + 1, due=30)
    assert (life.stand(32.5).tier, life.stand(32.5).status) == ("pro", "past_due")
    life.failed("a", 33, 4, due=30)
    life.halted("a", 33.001)
    now = life.stand(33.1)
    assert (now.tier, now.status) == ("free", "unpaid")
    assert story(now)[1:] == [("payment_failure", "pro", "pro"), ("payment_failure", "pro", "free")]
    assert [each.data["attempt"] for each in now.mails if each.kind == "payment_reminder"] == [4]


def test_grace_ends_a_week_after_a_single_reported_failure(life: BillingScenario) -> None:
    life.failed("a", 30, 1, due=30)
    assert life.stand(36.9).status == "past_due"
    assert (life.stand(37.1).tier, life.stand(37.1).status) == ("free", "unpaid")


def test_debits_that_fail_before_the_period_ends_leave_it_paid(life: BillingScenario) -> None:
    life.failed("a", 27, 1, due=30)
    life.halted("a", 28)
    assert (life.stand(29).tier, life.stand(29).status) == ("pro", "unpaid")
    assert life.stand(30.1).tier == "free"


def test_a_failed_attempt_in_the_middle_of_a_period_shortens_no_grace(life: BillingScenario) -> None:
    life.failed("a", 10, 1, due=10)
    assert life.stand(36).tier == "pro"


def test_a_recovery_restores_the_plan_regardless_of_the_snapshot(life: BillingScenario) -> None:
    for n in range(4):
        life.failed("a", 30 + n, n + 1, due=30)
    life.halted("a", 33.001)
    life.charged("a", 40, 30, 60)
    last = life.observations[-3]
    # The charge arrives before the activation: its subscription is still halted.
    life.observations[-3] = Observation(payments=last.payments)
    now = life.stand(40.1)
    assert (now.tier, now.status) == ("pro", "active")
    assert story(now)[-1] == ("recovery", "free", "pro")
    assert now.quota_period.usage_since == day(0)


def test_a_recovery_within_grace_leaves_no_gap(life: BillingScenario) -> None:
    life.failed("a", 30, 1, due=30)
    life.charged("a", 32, 30, 60)
    assert {life.stand(at).tier for at in (29, 30, 31, 32, 40)} == {"pro"}
    assert story(life.stand(40))[1:] == [("payment_failure", "pro", "pro"), ("recovery", "pro", "pro")]


def test_an_unpaid_halted_invoice_gives_no_access(life: BillingScenario) -> None:
    for n in range(4):
        life.failed("a", 30 + n, n + 1, due=30)
    life.halted("a", 33.001)
    life.failed("a", 60, 5, due=60)
    assert life.stand(61).tier == "free"


def test_a_subscription_cancelled_at_the_provider_lasts_until_its_paid_end(life: BillingScenario) -> None:
    life.ended("a", 5)
    now = life.stand(29)
    assert (now.tier, now.status) == ("pro", "cancelled")
    assert story(life.stand(31))[-1] == ("cancellation", "pro", "free")
    assert life.stand(31).summaries[ours("a")].next_sync_at is None


def test_a_requested_end_happens_even_if_the_provider_reports_nothing(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(5))
    assert (life.stand(29).tier, life.stand(29).status) == ("pro", "active")
    assert (life.stand(30.1).tier, life.stand(30.1).status) == ("free", "cancelled")


def test_an_immediate_cancellation_ends_the_plan_at_once(life: BillingScenario) -> None:
    life.change("a", access_ends_at=day(5))
    now = life.stand(5.1)
    assert (now.tier, now.status) == ("free", "cancelled")
    assert story(now)[-1] == ("cancellation", "pro", "free")


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ({"cancel_requested_at": day(29)}, "cancellation_requested"),
        ({"access_ends_at": day(29)}, "subscription_ended"),
        ({"cancel_requested_at": day(29), "access_ends_at": day(29)}, "subscription_ended"),
    ],
    ids=["later", "now", "both"],
)
def test_an_unexpected_charge_after_the_end_gives_no_access_and_is_refunded(
    life: BillingScenario, end: dict[str, object], why: str
) -> None:
    life.change("a", **end)
    ref = life.charged("a", 30.01, 30, 60)
    now = life.stand(31)
    assert now.tier == "free"
    (call,) = [each for each in now.operations if each.kind == "refund"]
    assert (call.reason, call.amount, call.alert) == ("unexpected_charge", 79_900, "payment_slipped_through")
    assert call.rejection == why
    assert ref not in [each.metadata.get("payment_id") for each in now.history]
    life.refunded(ref, 31)
    assert [each for each in life.stand(32).operations if each.kind == "refund"] == []


def test_a_charge_before_the_cancellation_request_counts(life: BillingScenario) -> None:
    life.charged("a", 30, 30, 60)
    life.change("a", cancel_requested_at=day(31))
    assert life.stand(59).tier == "pro"
    assert life.stand(60.1).tier == "free"


def test_a_paused_plan_lasts_until_its_paid_end_alone(life: BillingScenario) -> None:
    life.paused("a", 10)
    assert (life.stand(29).tier, life.stand(29).status) == ("pro", "paused")
    assert life.stand(30.1).tier == "free"
    life.resumed("a", 40)
    life.charged("a", 41, 41, 71)
    now = life.stand(42)
    assert (now.tier, now.status) == ("pro", "active")
    assert [reason for reason, _, _ in story(now)] == ["new_subscription", "pause", "pause", "resume", "renewal"]
    assert now.quota_period.usage_since == day(0)


def test_an_unreported_end_is_the_one_found_by_a_later_fetch(life: BillingScenario) -> None:
    life.ended("a", 5, fetched=True)
    life.observations[-1] = Observation(
        snapshots=tuple(replace(each, at=day(33)) for each in life.observations[-1].snapshots)
    )
    assert life.stand(40).summaries[ours("a")].cancelled_at == day(5)


@pytest.mark.parametrize(
    ("more", "quarantined"),
    [
        ({"amount": 100}, True),
        ({"amount": 79_900, "currency": "USD"}, True),
        ({"amount": 799_000}, True),
        ({"amount": 159_800}, True),
    ],
    ids=["less", "other-currency", "another-plans", "twice"],
)
def test_an_unexplained_amount_gives_no_access_and_alerts_operators(more: dict[str, object], quarantined: bool) -> None:
    life = BillingScenario()
    life.open()
    life.charged("a", 0, 0, 30, **more)
    now = life.stand(1)
    assert (now.tier, bool(now.quarantined)) == ("free", quarantined)
    assert now.invoices == ()
    assert [each.kind for each in now.mails] == []
    record = life.record()
    assert [each.kind for each in alerts(record, Changes())] == ["payment_quarantined"]


def test_an_offer_a_quantity_or_an_invoice_line_explains_another_amount() -> None:
    for more, shown, extras in (
        ({"amount": 39_900}, {"offer_ref": "offer_1"}, ()),
        ({"amount": 159_800}, {"quantity": 2}, ()),
        ({"amount": 1_234}, {}, ("proration",)),
    ):
        life = BillingScenario()
        life.open()
        life.charged("a", 0, 0, 30, **more)
        life.snapshot("a", "active", 0.01, **shown)
        bill = life.observations[2].invoices[0]
        life.observations.append(Observation(invoices=(replace(bill, extras=extras),)))
        assert life.stand(1).tier == "pro", more


def test_a_released_payment_counts_from_when_it_was_paid() -> None:
    life = BillingScenario()
    life.open()
    ref = life.charged("a", 0, 0, 30, amount=5)
    record = life.record()
    key = ("razorpay", ref)
    record.payments[key] = replace(record.payments[key], quarantined_at=day(1), released_at=day(2))
    now = project(record, day(3), BillingPolicy())
    assert (now.tier, now.quota_period.usage_since) == ("pro", day(0))


def test_a_full_refund_ends_access_at_once_and_a_partial_one_does_not(life: BillingScenario) -> None:
    life.refunded("pay_a0", 4, amount=10_000, name="first")
    assert life.stand(5).tier == "pro"
    life.refunded("pay_a0", 6, amount=69_900, name="rest")
    assert (life.stand(5.9).tier, life.stand(6.1).tier) == ("pro", "free")
    end = [("refund", "pro", "free"), ("cancellation", "free", "free")]
    assert story(life.stand(7))[1:] == [("refund", "pro", "pro"), *end]
    # After a full refund there is no grace.
    assert life.stand(31).tier == "free"


def test_a_failed_refund_ends_no_access(life: BillingScenario) -> None:
    life.refunded("pay_a0", 4)
    first = life.observations[-1].refunds[0]
    life.observations[-1] = Observation(refunds=(replace(first, status="failed"),))
    assert life.stand(5).tier == "pro"


@pytest.mark.parametrize(("status", "tier"), [("open", "pro"), ("won", "pro"), ("lost", "free")])
def test_a_dispute_ends_access_only_when_lost(life: BillingScenario, status: str, tier: str) -> None:
    life.disputed("pay_a0", 3, "open")
    life.disputed("pay_a0", 4, status)
    assert life.stand(5).tier == tier


@pytest.mark.parametrize("ours", [None, USER])
def test_operators_are_alerted_to_foreign_refunds_and_to_every_failed_one(
    life: BillingScenario, ours: UUID | None
) -> None:
    for ref in ("rfnd_1", "rfnd_2"):
        refund = Refund("razorpay", ref, "pay_a0", 1_000, "pending", day(4), ours)
        record = life.record()
        assert [each.kind for each in alerts(record, merge(record, Observation(refunds=(refund,))))] == (
            [] if ours else ["payment_refunded"]
        )
        lost = Observation(refunds=(replace(refund, status="failed"),))
        kind = "provider_call_failed" if ours else "payment_refunded"
        assert [each.kind for each in alerts(record, merge(record, lost))] == [kind]
        assert list(alerts(record, merge(record, lost))) == []


def test_a_failed_refund_of_ours_is_repeated_in_any_order_of_events(life: BillingScenario) -> None:
    life.change("a", access_ends_at=day(3))
    asked = Refund("razorpay", "rfnd_1", "pay_a0", 30_000, "pending", day(3), USER)
    failed, through = replace(asked, status="failed"), replace(asked, status="processed")

    def owed(*refunds: Refund) -> list[int | None]:
        life.observations = [each for each in life.observations if not each.refunds] + [
            Observation(refunds=(each,)) for each in refunds
        ]
        return [each.amount for each in life.stand(5).operations if each.kind == "refund"]

    assert owed(asked) == []
    assert owed(asked, failed) == owed(failed, asked) == owed(failed) == [30_000]
    assert owed(failed, through) == owed(through, failed) == []
    by_hand = Refund("razorpay", "rfnd_2", "pay_a0", 20_000, "processed", day(4))
    assert owed(failed, by_hand) == owed(by_hand, failed) == [10_000]
    earlier = Refund("razorpay", "rfnd_3", "pay_a0", 60_000, "processed", day(2))
    assert owed(failed, earlier) == owed(earlier, failed) == [19_900]
    more = [replace(failed, ref=f"rfnd_{n}") for n in (3, 4, 5)]
    assert owed(failed, *more[:2]) == [30_000] * 3
    assert owed(failed, *more) == []


def test_a_small_authorization_charge_is_not_a_payment() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0)
    life.paid_with("a", 0)
    life.charged("a", 0, 0, 30, amount=500, invoice_ref=None, period_start=None, period_end=None, period_from=None)
    life.observations = [*life.observations[:2], Observation(payments=life.observations[2].payments)]
    now = life.stand(1)
    assert (now.tier, now.status, now.quarantined, now.invoices) == ("pro", "trial", frozenset(), ())


def test_a_trial_lasts_until_the_first_charge_and_grants_no_fresh_quota() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0)
    life.paid_with("a", 0)
    assert (life.stand(6).tier, life.stand(6).status, life.stand(6).quota_period.usage_since) == ("pro", "trial", None)
    assert life.stand(7.2).tier == "free"
    life.charged("a", 7.01, 7, 37)
    now = life.stand(8)
    assert (now.tier, now.quota_period.usage_since, now.quota_period.anchor) == ("pro", None, None)
    assert story(now) == [("new_subscription", "free", "pro"), ("renewal", "pro", "pro")]


def test_an_active_subscription_always_has_a_next_sync_in_the_future(life: BillingScenario) -> None:
    for at in (0, 15, 30, 30.2, 33, 37, 38, 90):
        look = life.stand(at).summaries[ours("a")].next_sync_at
        assert look is not None
        assert day(at) < look
    assert life.stand(30).summaries[ours("a")].next_sync_at == day(30) + timedelta(hours=3)


def test_reminders_state_the_last_day_and_the_final_one_that_the_plan_ended(
    life: BillingScenario,
) -> None:
    promises = []
    for n in range(3):
        life.failed("a", 30 + n, n + 1, due=30)
        promises += [each.data["last_day"] for each in life.stand(30.1 + n).mails if each.kind == "payment_reminder"]
    life.failed("a", 33, 4, due=30)
    life.halted("a", 33.001)
    (last,) = (each.data for each in life.stand(33.1).mails if each.kind == "payment_reminder")

    assert promises == [day(33).isoformat()] * 3
    assert last["last_day"] is None
    assert last["ended_at"][:16] == day(33).isoformat()[:16]
