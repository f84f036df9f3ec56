"""A trial begins when its mandate and what that was given for are both known; an instrument has one, and a user."""

from datetime import timedelta

import pytest

from oneai.billing.facts import SyncRequest
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.trials import INSTRUMENT_WAIT
from tests.billing.projection.builders import BillingScenario, day, ours, story

HOUR = INSTRUMENT_WAIT / timedelta(days=1)


def opened(life: BillingScenario) -> None:
    """Opens a checkout with a trial of a week. Its mandate is known from the moment it was given."""
    life.open(start_at=day(7), trial_end=day(7), mandate_noted_at=day(0))
    life.snapshot("a", "trial", 0, start_at=day(7))


def mailed(found: BillingState) -> list[tuple[str, object, object]]:
    """Kind, reason, and the day of the first charge of each mail about a trial."""
    return [
        (each.kind, each.data["reason"], each.data["first_charge_at"])
        for each in found.mails
        if each.kind == "trial_refused"
    ]


@pytest.fixture
def life() -> BillingScenario:
    """A user whose mandate is known, but not what it was given for."""
    life = BillingScenario()
    opened(life)
    return life


def test_the_plan_stays_free_and_the_provider_is_asked_until_the_instrument_is_known(life: BillingScenario) -> None:
    now = life.stand(HOUR / 2)
    assert (now.tier, now.status, now.subscription_id, story(now)) == ("free", "trial", ours("a"), [])
    assert now.sync_requests == {SyncRequest("razorpay", "sub_a", with_payments=False, with_mandate=True)}
    state = now.summaries[ours("a")]
    assert (state.period_start, state.period_end) == (None, day(7))
    assert state.next_sync_at is not None
    assert state.next_sync_at <= day(HOUR / 2) + timedelta(minutes=5)
    assert (now.operations, mailed(now)) == ((), [])


@pytest.mark.parametrize("known_at", [0.01, 3, 6.9], ids=["soon", "after three days", "just before the charge"])
def test_a_trial_begins_with_the_known_instrument_and_keeps_its_end(life: BillingScenario, known_at: float) -> None:
    life.paid_with("a", known_at)
    assert [life.stand(at).tier for at in (known_at - 0.005, known_at, 7, 7.2)] == ["free", "pro", "pro", "free"]
    assert life.stand(7).summaries[ours("a")].trial_start == day(known_at)
    assert story(life.stand(known_at)) == [("new_subscription", "free", "pro")]
    life.charged("a", 7.01, 7, 37)
    assert (life.stand(8).tier, life.stand(8).quota_period.usage_since) == ("pro", None)


def test_the_mandate_may_be_known_after_the_instrument() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.paid_with("a", 0)
    assert (life.stand(0.5).tier, life.stand(0.5).status) == ("free", "active")
    life.snapshot("a", "trial", 1, start_at=day(7))
    assert life.stand(2).summaries[ours("a")].trial_start == day(1)


def test_an_unknown_instrument_is_given_up_after_an_hour_and_mailed_once(
    life: BillingScenario,
) -> None:
    now = life.stand(HOUR)
    assert (now.tier, now.status, now.sync_requests, now.operations) == ("free", "trial", frozenset(), ())
    assert mailed(now) == [("trial_refused", "unknown", day(7).isoformat())]
    (mail,) = now.mails
    assert (mail.cause, mail.data["plan"], mail.data["amount"]) == (str(ours("a")), "pro", 79_900)
    assert mailed(life.stand(7.01)) == []


def test_the_hour_begins_when_the_mandate_becomes_known() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7), mandate_noted_at=day(1))
    life.snapshot("a", "trial", 0, start_at=day(7))
    assert (mailed(life.stand(1)), len(life.stand(1).sync_requests)) == ([], 1)
    assert (len(mailed(life.stand(1 + HOUR))), len(life.stand(1 + HOUR).sync_requests)) == (1, 0)


def test_an_instrument_with_an_earlier_trial_gets_none_and_mails_its_user_at_once() -> None:
    life = BillingScenario(trials=frozenset({b"card"}))
    opened(life)
    life.paid_with("a", 0.001)
    now = life.stand(0.01)
    assert (now.tier, now.status, now.operations, now.sync_requests) == ("free", "trial", (), frozenset())
    assert mailed(now) == [("trial_refused", "used", day(7).isoformat())]
    assert story(life.stand(6)) == []


def test_a_user_without_a_trial_is_charged_that_day_and_has_the_plan_from_then(life: BillingScenario) -> None:
    life.charged("a", 7.01, 7, 37)
    now = life.stand(8)
    assert (now.tier, now.status, mailed(now)) == ("pro", "active", [])
    assert (story(now), now.quota_period.usage_since) == ([("new_subscription", "free", "pro")], day(7.01))


def test_a_failed_first_charge_without_a_trial_sends_a_reminder_without_a_last_day(life: BillingScenario) -> None:
    life.failed("a", 7.01, 1, due=7)
    now = life.stand(8)
    assert (now.tier, now.status) == ("free", "past_due")
    assert [(each.kind, each.data["last_day"]) for each in now.mails] == [("payment_reminder", None)]
    assert story(now) == [("payment_failure", "free", "free")]
    assert life.stand(14.5).status == "unpaid"


def test_a_missing_first_charge_without_a_trial_is_awaited(life: BillingScenario) -> None:
    assert [life.stand(at).status for at in (7.1, 7.2, 13.9, 14.1)] == ["trial", "past_due", "past_due", "unpaid"]


def test_a_user_who_cancels_before_the_instrument_is_known_may_get_the_trial_free(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(0.001))
    assert (life.stand(0.01).status, len(life.stand(0.01).sync_requests)) == ("trial", 1)
    life.paid_with("a", 0.02)
    assert (life.stand(6).tier, life.stand(7.01).tier) == ("pro", "free")
    life.charged("a", 7.01, 7, 37)
    assert [(each.kind, each.reason) for each in life.stand(8).operations if each.kind == "refund"] == [
        ("refund", "unexpected_charge")
    ]


def test_a_user_who_cancelled_is_mailed_that_neither_a_trial_nor_a_charge_follows(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(0.001))
    now = life.stand(HOUR)
    assert mailed(now) == [("trial_refused", "unknown", None)]
    assert (now.tier, now.status, life.stand(7).status) == ("free", "trial", "cancelled")
    assert story(life.stand(9)) == []


@pytest.mark.parametrize(
    "ended",
    [{"access_ends_at": day(0.5)}, {"checkout_cancelled": True, "access_ends_at": day(0)}],
    ids=["ended at once", "given up"],
)
def test_a_subscription_ended_before_its_instrument_is_known_is_no_trial_and_no_mail(
    life: BillingScenario, ended: dict[str, object]
) -> None:
    life.change("a", **ended)
    life.paid_with("a", 1)
    now = life.stand(2)
    assert (now.tier, now.status == "cancelled" or now.subscription_id is None) == ("free", True)
    assert (mailed(now), now.sync_requests, story(now)) == ([], frozenset(), [])


def test_a_subscription_ended_by_the_bank_before_its_instrument_is_known_is_no_trial(life: BillingScenario) -> None:
    life.ended("a", 1)
    life.paid_with("a", 2)
    assert (life.stand(3).tier, life.stand(3).status, mailed(life.stand(3))) == ("free", "cancelled", [])


def test_a_subscription_ended_before_its_trial_leaves_the_trial_to_the_next() -> None:
    life = BillingScenario()
    opened(life)
    life.change("a", access_ends_at=day(0.5))
    life.open("b", at=1, start_at=day(8), trial_end=day(8), mandate_noted_at=day(1))
    life.snapshot("b", "trial", 1, start_at=day(8))
    life.paid_with("b", 1)
    life.paid_with("a", 2)
    assert (life.stand(3).tier, life.stand(3).subscription_id) == ("pro", ours("b"))


def test_one_of_two_possible_trials_begins_and_the_other_is_charged_as_announced() -> None:
    life = BillingScenario()
    opened(life)
    life.open("b", at=0.1, start_at=day(8), trial_end=day(8), mandate_noted_at=day(0.2))
    life.snapshot("b", "trial", 0.2, start_at=day(8))
    life.paid_with("b", 0.3, b"another card")
    life.paid_with("a", 0.4)
    now = life.stand(1)
    assert {name: now.lifecycles[ours(name)].trial is not None for name in "ab"} == {"a": False, "b": True}
    assert mailed(now) == [("trial_refused", "used", day(7).isoformat())]


def test_the_first_known_instrument_is_kept(life: BillingScenario) -> None:
    life.paid_with("a", 2, b"another card")
    life.paid_with("a", 1)
    assert life.stand(3).summaries[ours("a")].trial_start == day(1)
    assert life.record().subscriptions[ours("a")].instrument == b"card"
    assert life.record(reversed(life.observations)).subscriptions[ours("a")].instrument == b"card"
