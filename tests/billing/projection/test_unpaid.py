"""The standing of users whose trial is over, cancelled or not paid for, and what is asked after an end."""

from datetime import timedelta

import pytest

from tests.billing.projection.builders import BillingScenario, day, ours, story


@pytest.fixture
def life() -> BillingScenario:
    """A user who tries a plan for a week."""
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0, start_at=day(7))
    life.paid_with("a", 0)
    return life


@pytest.mark.parametrize("provider_knows", [True, False], ids=["provider-knows", "provider-does-not"])
def test_a_cancelled_trial_is_synced_when_it_ends(life: BillingScenario, provider_knows: bool) -> None:
    life.change("a", cancel_requested_at=day(2))
    if provider_knows:
        life.ended("a", 4)
    now = life.stand(6.5)
    assert now.tier == "pro"
    look = now.summaries[ours("a")].next_sync_at
    assert look is not None
    assert look <= day(7)
    assert (life.stand(7.001).tier, life.stand(7.001).status) == ("free", "cancelled")
    assert story(life.stand(8)) == [("new_subscription", "free", "pro"), ("cancellation", "pro", "free")]


def test_a_failed_first_charge_after_a_trial_sends_a_reminder_and_ends_access(
    life: BillingScenario,
) -> None:
    life.failed("a", 7.01, 1, due=7)
    now = life.stand(8)
    assert (now.tier, now.status) == ("free", "past_due")
    (mail,) = now.mails
    assert (mail.kind, mail.data["attempt"], mail.data["last_day"]) == ("payment_reminder", 1, None)
    assert story(now)[1:] == [("payment_failure", "pro", "pro"), ("payment_failure", "pro", "free")]
    assert life.stand(14.5).status == "unpaid"


def test_an_unreported_first_charge_is_awaited_as_long(life: BillingScenario) -> None:
    life.snapshot("a", "none", 8, start_at=day(7), fetched=True)
    assert [life.stand(at).status for at in (8, 13.9, 14.1)] == ["past_due", "past_due", "unpaid"]


def test_a_first_charge_after_failed_attempts_gives_the_plan(life: BillingScenario) -> None:
    life.failed("a", 7.01, 1, due=7)
    life.charged("a", 8.01, 7, 37)
    now = life.stand(9)
    assert (now.tier, now.status) == ("pro", "active")
    assert story(now)[-1] == ("new_subscription", "free", "pro")


def test_a_missing_first_charge_does_not_set_the_status_to_none() -> None:
    life = BillingScenario()
    life.open(start_at=day(7))
    life.snapshot("a", "trial", 0, start_at=day(7))
    life.snapshot("a", "none", 7.5, start_at=day(7), fetched=True)
    assert [life.stand(at).status for at in (3, 7.1, 7.5, 60)] == ["trial", "trial", "past_due", "past_due"]


@pytest.mark.parametrize(
    ("wish", "end", "again"),
    # While a paid period lasts, the provider is asked every week anyway.
    [({"access_ends_at": day(5)}, 5, 9), ({"cancel_requested_at": day(5)}, 30, 34), ({}, 5, 7)],
    ids=["at-once", "at-period-end", "at-the-provider"],
)
def test_an_ended_subscription_is_synced_twice_more_for_unreported_charges(
    wish: dict[str, object], end: float, again: float
) -> None:
    life = BillingScenario()
    life.open()
    life.charged("a", 0, 0, 30)
    life.change("a", **wish)
    life.ended("a", min(end, 27))

    def look(at: float) -> object:
        return life.stand(at).summaries[ours("a")].next_sync_at

    assert look(end) == day(end) + timedelta(hours=3)
    assert look(end + 0.2) == day(again)
    assert look(max(again, 8)) == (day(end + 4) if again < 9 else None)
    assert look(36) is None
