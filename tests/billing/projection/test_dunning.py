"""How long a user keeps a plan whose next charge does not come, and what ends that."""

import pytest

from oneai.billing.facts import Observation, Payment
from tests.billing.projection.builders import BillingScenario, day, refund_operations, story


def test_a_failed_attempt_restores_no_lost_plan(life: BillingScenario) -> None:
    lost = story(life.stand(44))
    assert lost[-1] == ("payment_failure", "pro", "free")
    life.failed("a", 45, 1, due=30)
    assert [life.stand(at).tier for at in (36.9, 37.1, 44, 46)] == ["pro", "free", "free", "free"]
    assert story(life.stand(46)) == [*lost, ("payment_failure", "free", "free")]
    assert life.stand(46).status == "unpaid"


def test_a_failed_first_attempt_after_a_pause_is_awaited_without_access(
    life: BillingScenario,
) -> None:
    life.paused("a", 10)
    life.resumed("a", 55)
    assert (life.stand(55.5).tier, life.stand(55.5).status) == ("free", "active")
    life.failed("a", 56, 1, due=56)
    then = [(life.stand(at).tier, life.stand(at).status) for at in (57, 64)]
    assert then == [("free", "past_due"), ("free", "unpaid")]


@pytest.mark.parametrize("back", ["refund", "dispute"])
def test_a_refund_in_grace_ends_the_plan_from_that_moment(life: BillingScenario, back: str) -> None:
    life.failed("a", 30.01, 1, due=30)
    if back == "refund":
        life.refunded("pay_a0", 33)
    else:
        life.disputed("pay_a0", 33, "lost")
    assert [life.stand(at).tier for at in (29, 30.5, 32.9, 33.1)] == ["pro", "pro", "pro", "free"]
    observation = [("new_subscription", "free", "pro"), ("payment_failure", "pro", "pro"), ("refund", "pro", "free")]
    observation.append(("cancellation", "free", "free"))
    assert story(life.stand(50)) == observation
    ref = life.charged("a", 51, 30, 60)
    assert story(life.stand(52)) == observation
    assert refund_operations(life, 52) == [(ref, "unexpected_charge")]


def test_a_refund_after_grace_leaves_the_history_unchanged(life: BillingScenario) -> None:
    before = story(life.stand(50))
    life.refunded("pay_a0", 50)
    assert story(life.stand(51)) == [*before, ("refund", "free", "free"), ("cancellation", "free", "free")]
    assert life.stand(36).tier == "pro"


def test_an_attempt_by_the_user_does_not_count_as_one_of_the_providers(life: BillingScenario) -> None:
    for n in range(3):
        life.failed("a", 30 + n, n + 1, due=30)
    own = Payment("razorpay", "pay_own", "failed", day(32.6), 79_900, "INR", "sub_a", "inv_a30")
    life.observations.append(Observation(payments=(own,)))
    assert life.stand(32.9).tier == "pro"
    life.charged("a", 33, 30, 60)
    assert story(life.stand(34))[1:] == [("payment_failure", "pro", "pro"), ("recovery", "pro", "pro")]


def test_a_last_attempt_known_by_its_payment_alone_ends_grace(
    life: BillingScenario,
) -> None:
    for at in (30, 31, 32, 32.6, 33):
        lost = Payment("razorpay", f"pay_x{at}", "failed", day(at), 79_900, "INR", "sub_a", "inv_a30")
        life.observations.append(Observation(payments=(lost,)))
    life.charged("a", 34, 30, 60)
    assert [life.stand(at).tier for at in (32.9, 33.1, 34.1)] == ["pro", "free", "pro"]


def test_the_remaining_one_of_two_payments_for_a_period_continues_into_grace(life: BillingScenario) -> None:
    life.charged("a", 0.01, 0, 30, ref="pay_again")
    life.refunded("pay_a0", 5)
    assert [life.stand(at).tier for at in (29, 36, 38)] == ["pro", "pro", "free"]
    assert story(life.stand(38))[-1] == ("payment_failure", "pro", "free")
