"""One subscription takes another's place: when it does, what comes back of the other, and what stays as it was."""

import pytest

from tests.billing.standing.tellings import Life, day, ours


@pytest.fixture
def life() -> Life:
    """Somebody who pays for a month."""
    life = Life()
    life.open()
    life.charged("a", 0, 0, 30)
    return life


def test_a_later_refund_of_the_older_does_not_bring_the_newer_back(life: Life) -> None:
    life.open("b", at=10)
    life.charged("b", 10, 10, 40)
    life.refunded("pay_b10", 11)
    life.refunded("pay_a0", 12, amount=5_000)
    life.charged("a", 30, 30, 60)
    life.refunded("pay_a30", 32, amount=5_000)
    now = life.stand(33)
    assert (now.tier, now.status, now.subscription_id, now.calls) == ("pro", "active", ours("a"), ())


def test_what_is_left_of_one_the_bank_ended_is_credited_to_its_replacement(life: Life) -> None:
    life.open("b", plan="plan_large", replaces="a", at=2)
    life.ended("a", 3)
    life.charged("b", 3.01, 3.01, 33.01)
    now = life.stand(4)
    assert (now.tier, now.subscription_id, now.states[ours("a")].status) == ("enterprise", ours("b"), "cancelled")
    assert [(each.kind, each.subscription_id, each.as_of) for each in now.calls] == [("refund", ours("a"), day(3.01))]


def test_one_that_was_over_or_given_back_before_it_was_replaced_leaves_nothing(life: Life) -> None:
    life.refunded("pay_a0", 2)
    life.ended("a", 3)
    life.open("b", plan="plan_large", replaces="a", at=2)
    life.charged("b", 3.01, 3.01, 33.01)
    assert life.stand(4).calls == ()


def test_of_two_replacements_of_the_same_one_the_first_that_is_paid_takes_its_place(life: Life) -> None:
    for name, at in (("b", 2), ("c", 5)):
        life.open(name, plan="plan_large", replaces="a", at=2)
        life.charged(name, at, at, at + 30)
    credits = [(each.subscription_id, each.as_of) for each in life.stand(6).calls if each.kind == "refund"]
    assert credits == [(ours("a"), day(2)), (ours("b"), day(5))]
