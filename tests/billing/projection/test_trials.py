"""A trial begins when its mandate and what that was given for are both known; an instrument has one, and a person."""

from datetime import timedelta

import pytest

from oneai.billing.merge import SyncRequest
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.trials import INSTRUMENT_WAIT
from tests.billing.projection.builders import BillingScenario, day, ours, story

HOUR = INSTRUMENT_WAIT / timedelta(days=1)


def opened(life: BillingScenario) -> None:
    """A page that begins a trial of a week, with its mandate, of which we know since the moment it was given."""
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


def test_until_the_instrument_is_known_the_plan_stays_free_and_the_provider_is_asked(life: BillingScenario) -> None:
    now = life.stand(HOUR / 2)
    assert (now.tier, now.status, now.subscription_id, story(now)) == ("free", "trial", ours("a"), [])
    assert now.sync_requests == {SyncRequest("sub_a", with_payments=False, with_mandate=True)}
    state = now.summaries[ours("a")]
    assert (state.period_start, state.period_end) == (None, day(7))
    assert state.next_sync_at is not None
    assert state.next_sync_at <= day(HOUR / 2) + timedelta(minutes=5)
    assert (now.operations, mailed(now)) == ((), [])


@pytest.mark.parametrize("known_at", [0.01, 3, 6.9], ids=["soon", "after three days", "just before the charge"])
def test_the_trial_begins_when_the_instrument_is_known_and_ends_when_it_would_have(
    life: BillingScenario, known_at: float
) -> None:
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


def test_after_an_hour_nobody_asks_any_more_and_the_person_is_told_once_what_is_charged_when(
    life: BillingScenario,
) -> None:
    now = life.stand(HOUR)
    assert (now.tier, now.status, now.sync_requests, now.operations) == ("free", "trial", frozenset(), ())
    assert mailed(now) == [("trial_refused", "unknown", day(7).isoformat())]
    (mail,) = now.mails
    assert (mail.cause, mail.data["plan"], mail.data["amount"]) == (str(ours("a")), "pro", 79_900)
    assert mailed(life.stand(7.01)) == []


def test_the_hour_begins_when_the_mandate_is_known_here() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7), mandate_noted_at=day(1))
    life.snapshot("a", "trial", 0, start_at=day(7))
    assert (mailed(life.stand(1)), len(life.stand(1).sync_requests)) == ([], 1)
    assert (len(mailed(life.stand(1 + HOUR))), len(life.stand(1 + HOUR).sync_requests)) == (1, 0)


def test_an_instrument_that_had_a_trial_has_none_and_its_person_is_told_at_once() -> None:
    life = BillingScenario(trials=frozenset({b"card"}))
    opened(life)
    life.paid_with("a", 0.001)
    now = life.stand(0.01)
    assert (now.tier, now.status, now.operations, now.sync_requests) == ("free", "trial", (), frozenset())
    assert mailed(now) == [("trial_refused", "used", day(7).isoformat())]
    assert story(life.stand(6)) == []


def test_who_has_no_trial_is_charged_on_that_day_and_has_the_plan_from_then_on(life: BillingScenario) -> None:
    life.charged("a", 7.01, 7, 37)
    now = life.stand(8)
    assert (now.tier, now.status, mailed(now)) == ("pro", "active", [])
    assert (story(now), now.quota_period.usage_since) == ([("new_subscription", "free", "pro")], day(7.01))


def test_a_first_charge_that_fails_without_a_trial_is_reminded_of_without_a_plan_to_lose(life: BillingScenario) -> None:
    life.failed("a", 7.01, 1, due=7)
    now = life.stand(8)
    assert (now.tier, now.status) == ("free", "past_due")
    assert [(each.kind, each.data["last_day"]) for each in now.mails] == [("payment_reminder", None)]
    assert story(now) == [("payment_failure", "free", "free")]
    assert life.stand(14.5).status == "unpaid"


def test_a_first_charge_that_does_not_come_without_a_trial_is_waited_for(life: BillingScenario) -> None:
    assert [life.stand(at).status for at in (7.1, 7.2, 13.9, 14.1)] == ["trial", "past_due", "past_due", "unpaid"]


def test_who_cancels_before_anything_is_known_may_have_their_trial_and_is_not_charged(life: BillingScenario) -> None:
    life.change("a", cancel_requested_at=day(0.001))
    assert (life.stand(0.01).status, len(life.stand(0.01).sync_requests)) == ("trial", 1)
    life.paid_with("a", 0.02)
    assert (life.stand(6).tier, life.stand(7.01).tier) == ("pro", "free")
    life.charged("a", 7.01, 7, 37)
    assert [(each.kind, each.reason) for each in life.stand(8).operations if each.kind == "refund"] == [
        ("refund", "unexpected_charge")
    ]


def test_who_cancelled_is_told_that_there_is_no_trial_and_nothing_is_charged(life: BillingScenario) -> None:
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
def test_what_was_ended_before_anything_was_known_is_no_trial_and_is_not_spoken_of(
    life: BillingScenario, ended: dict[str, object]
) -> None:
    life.change("a", **ended)
    life.paid_with("a", 1)
    now = life.stand(2)
    assert (now.tier, now.status == "cancelled" or now.subscription_id is None) == ("free", True)
    assert (mailed(now), now.sync_requests, story(now)) == ([], frozenset(), [])


def test_what_the_bank_ended_before_anything_was_known_is_no_trial(life: BillingScenario) -> None:
    life.ended("a", 1)
    life.paid_with("a", 2)
    assert (life.stand(3).tier, life.stand(3).status, mailed(life.stand(3))) == ("free", "cancelled", [])


def test_who_ended_one_before_it_was_a_trial_may_have_it_with_the_next() -> None:
    life = BillingScenario()
    opened(life)
    life.change("a", access_ends_at=day(0.5))
    life.open("b", at=1, start_at=day(8), trial_end=day(8), mandate_noted_at=day(1))
    life.snapshot("b", "trial", 1, start_at=day(8))
    life.paid_with("b", 1)
    life.paid_with("a", 2)
    assert (life.stand(3).tier, life.stand(3).subscription_id) == ("pro", ours("b"))


def test_the_first_of_two_that_could_be_tried_is_and_the_other_is_charged_as_it_says() -> None:
    life = BillingScenario()
    opened(life)
    life.open("b", at=0.1, start_at=day(8), trial_end=day(8), mandate_noted_at=day(0.2))
    life.snapshot("b", "trial", 0.2, start_at=day(8))
    life.paid_with("b", 0.3, b"another card")
    life.paid_with("a", 0.4)
    now = life.stand(1)
    assert {name: now.lifecycles[ours(name)].trial is not None for name in "ab"} == {"a": False, "b": True}
    assert mailed(now) == [("trial_refused", "used", day(7).isoformat())]


def test_what_was_learned_first_stays_whatever_is_learned_later(life: BillingScenario) -> None:
    life.paid_with("a", 2, b"another card")
    life.paid_with("a", 1)
    assert life.stand(3).summaries[ours("a")].trial_start == day(1)
    assert life.record().subscriptions[ours("a")].instrument == b"card"
    assert life.record(reversed(life.observations)).subscriptions[ours("a")].instrument == b"card"
