"""One subscription takes another's place: when it does, what comes back of the other, and what stays as it was."""

from typing import Any

import pytest

from tests.billing.projection.builders import BillingScenario, day, ours, story


def test_a_later_refund_of_the_older_one_does_not_restore_the_newer_one(life: BillingScenario) -> None:
    life.open("b", at=10)
    life.charged("b", 10, 10, 40)
    life.refunded("pay_b10", 11)
    life.refunded("pay_a0", 12, amount=5_000)
    life.charged("a", 30, 30, 60)
    life.refunded("pay_a30", 32, amount=5_000)
    now = life.stand(33)
    assert (now.tier, now.status, now.subscription_id) == ("pro", "active", ours("a"))
    assert [(each.reason, each.subscription_id) for each in now.operations] == [("payment_reversed", ours("b"))]


def test_the_rest_of_a_subscription_ended_by_the_bank_is_credited_to_its_replacement(life: BillingScenario) -> None:
    life.open("b", plan="plan_large", replaces="a", at=2)
    life.ended("a", 3)
    life.charged("b", 3.01, 3.01, 33.01)
    now = life.stand(4)
    assert (now.tier, now.subscription_id, now.summaries[ours("a")].status) == ("enterprise", ours("b"), "cancelled")
    assert [(each.kind, each.subscription_id, each.as_of) for each in now.operations] == [
        ("refund", ours("a"), day(3.01))
    ]


def test_a_subscription_refunded_before_its_replacement_leaves_no_credit(life: BillingScenario) -> None:
    life.refunded("pay_a0", 2)
    life.ended("a", 3)
    life.open("b", plan="plan_large", replaces="a", at=2)
    life.charged("b", 3.01, 3.01, 33.01)
    assert life.stand(4).operations == ()


def test_the_first_paid_of_two_replacements_replaces_the_subscription(life: BillingScenario) -> None:
    for name, at in (("b", 2), ("c", 5)):
        life.open(name, plan="plan_large", replaces="a", at=2)
        life.charged(name, at, at, at + 30)
    back = [(each.subscription_id, each.as_of) for each in life.stand(6).operations if each.kind == "refund"]
    assert back == [(ours("a"), day(2)), (ours("b"), day(5))]


def changes_at_the_end(old: str, new: str, **asked: Any) -> BillingScenario:
    """A user who pays for a month of one plan, and has chosen another from then on."""
    life = BillingScenario()
    life.open(plan=old)
    life.charged("a", 0, 0, 30)
    life.open("b", plan=new, replaces="a", start_at=day(30), at=5)
    life.snapshot("b", "trial", 5, start_at=day(30))
    life.change("a", **asked)
    return life


@pytest.mark.parametrize("asked", [{"cancel_requested_at": day(5)}, {}], ids=["cancelled-too", "not-yet"])
def test_a_smaller_plan_debited_early_begins_when_the_larger_one_ends(asked: dict[str, Any]) -> None:
    life = changes_at_the_end("plan_large", "plan_pro", **asked)
    life.charged("b", 28, 30, 60)
    then = [(life.stand(at).tier, life.stand(at).subscription_id) for at in (28.5, 29.9, 30, 31)]
    assert then == [("enterprise", ours("a"))] * 2 + [("pro", ours("b"))] * 2
    assert [each.kind for each in life.stand(31).operations if each.kind == "refund"] == []
    assert story(life.stand(31)) == [("new_subscription", "free", "enterprise"), ("downgrade", "enterprise", "pro")]


def test_a_larger_plan_debited_early_begins_with_fresh_quota_at_the_period_end() -> None:
    life = changes_at_the_end("plan_pro", "plan_large", cancel_requested_at=day(5))
    life.charged("b", 28, 30, 60)
    assert [(life.stand(at).tier, life.stand(at).quota_period.usage_since) for at in (29, 31)] == [
        ("pro", day(0)),
        ("enterprise", day(30)),
    ]
    assert story(life.stand(31))[1:] == [("upgrade", "pro", "enterprise")]


def test_an_early_charge_after_a_trial_takes_effect_at_once() -> None:
    life = BillingScenario()
    life.open(start_at=day(7), trial_end=day(7))
    life.snapshot("a", "trial", 0, start_at=day(7))
    life.paid_with("a", 0)
    life.charged("a", 6, 7, 37)
    assert story(life.stand(8)) == [("new_subscription", "free", "pro"), ("renewal", "pro", "pro")]
    assert life.stand(6.5).status == "active"


def test_a_downgrade_is_recorded_when_the_tier_changes() -> None:
    life = changes_at_the_end("plan_large", "plan_pro", cancel_requested_at=day(5))
    life.ended("a", 30)
    observation = [("new_subscription", "free", "enterprise"), ("downgrade", "enterprise", "pro")]
    assert story(life.stand(30.005)) == observation
    life.charged("b", 30.01, 30, 60)
    assert story(life.stand(31)) == [*observation, ("renewal", "pro", "pro")]


def test_a_smaller_plan_that_is_never_paid_makes_the_change_a_cancellation() -> None:
    life = changes_at_the_end("plan_large", "plan_pro", cancel_requested_at=day(5))
    life.failed("b", 27, 1, due=30)
    life.halted("b", 29)
    assert story(life.stand(31))[-1] == ("cancellation", "enterprise", "free")


def test_ending_a_subscription_before_its_first_charge_ends_the_plan_in_the_history() -> None:
    life = changes_at_the_end("plan_pro", "plan_pro", cancel_requested_at=day(5))
    life.change("b", access_ends_at=day(31))
    assert [life.stand(at).tier for at in (30.5, 31.5)] == ["pro", "free"]
    last = life.stand(31.5).history[-1]
    assert (last.reason, last.subscription_id, last.at) == ("cancellation", ours("b"), day(31))
    assert (last.old_tier, last.new_tier) == ("pro", "free")


def test_a_payment_refunded_before_its_plan_begins_grants_no_fresh_quota() -> None:
    life = changes_at_the_end("plan_large", "plan_pro", cancel_requested_at=day(5))
    life.refunded("pay_a0", 28.5, amount=299_900)
    life.disputed(life.charged("b", 28, 30, 60), 29, "lost")
    life.open("c", replaces="b", at=31)
    life.charged("c", 31, 31, 61)
    found = life.stand(32)
    assert (found.tier, found.subscription_id) == ("pro", ours("c"))
    assert found.quota_period.usage_since == day(0)
