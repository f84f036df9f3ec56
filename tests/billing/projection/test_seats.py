"""Seats are bought ahead: what they bring follows from captured payments, in any order."""

import random
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import floor

import pytest

from oneai.billing.record import QuotaUse, UsageQuery
from oneai.plans.limits_and_prices import PLANS
from tests import effort
from tests.billing.projection.builders import BillingScenario, day, refund_operations, story

SMALL, IMAGES = (PLANS["team"].quotas[key].limit for key in ("small_messages", "image_generation"))
PAGES, BYTES = PLANS["team"].document_pages, PLANS["team"].storage_bytes
HOUR = Fraction(1, 24)


@pytest.fixture
def team() -> BillingScenario:
    """A team that pays for five seats for a month."""
    life = BillingScenario(kind="team")
    life.open("a", "plan_team", quantity=5)
    life.charged("a", 0, 0, 30)
    return life


def small(life: BillingScenario, at: float) -> int:
    """The pool's small messages on that day."""
    limits = life.stand(at).pool.limits
    assert limits is not None
    return limits["small_messages"]


def test_a_charge_brings_its_seats_with_units_storage_and_pages(team: BillingScenario) -> None:
    pool = team.stand(1).pool
    quotas: dict[str, int] = {key: 5 * quota.limit for key, quota in PLANS["team"].quotas.items()}

    assert pool.seats == 5
    assert pool.limits == {**quotas, "storage_bytes": 5 * BYTES, "document_pages": 5 * PAGES, "chatbots": 15}
    assert (team.stand(1).tier, team.stand(40).tier) == ("team", "none")


def test_without_a_paid_plan_a_team_has_three_seats_and_the_tiers_zeros(team: BillingScenario) -> None:
    assert (team.stand(40).pool.seats, team.stand(40).pool.limits) == (3, None)


def test_a_quantity_that_no_payment_covers_brings_no_seat(team: BillingScenario) -> None:
    team.snapshot("a", "active", 2, quantity=400)

    assert team.stand(3).pool.seats == 5


def test_seats_added_halfway_bring_half_a_months_share(team: BillingScenario) -> None:
    paid = team.added_seats("a", 3, at=15, start=0, end=30)

    pool = team.stand(16).pool
    assert pool.seats == 8
    assert pool.limits is not None
    assert pool.limits["small_messages"] == 5 * SMALL + floor(3 * SMALL * Fraction(1, 2))
    assert pool.limits["document_pages"] == 5 * PAGES + 3 * PAGES // 2
    assert pool.limits["storage_bytes"] == 5 * BYTES + 3 * BYTES // 2
    amounts = {each.ref: each.amount for each in team.record().payments.values()}
    assert amounts[paid] == 3 * 69_900 // 2


def test_498_seats_in_the_last_hour_bring_one_hours_share(team: BillingScenario) -> None:
    team.subscriptions = [replace(each, quantity=2) for each in team.subscriptions]
    team.observations.clear()
    team.charged("a", 0, 0, 30)

    team.added_seats("a", 498, at=float(30 - HOUR), start=0, end=30)

    pool = team.stand(29.999).pool
    assert pool.limits is not None
    assert pool.seats == 500
    assert pool.limits["small_messages"] == 2 * SMALL + floor(498 * SMALL * HOUR / 30)
    assert pool.limits["image_generation"] == 2 * IMAGES + floor(498 * IMAGES * HOUR / 30)


def test_seats_added_to_a_year_bring_whole_months_until_its_last() -> None:
    life = BillingScenario(kind="team")
    life.open("a", "plan_team_year", quantity=2)
    life.charged("a", 0, 0, 365)

    life.added_seats("a", 4, at=100, start=0, end=365)
    life.added_seats("a", 4, at=360, start=0, end=365)

    assert small(life, 101) == 6 * SMALL
    assert small(life, 361) == 6 * SMALL + floor(4 * SMALL * Fraction(5 * 12, 365))


def test_added_seats_end_with_their_period(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=15, start=0, end=30)
    team.charged("a", 30, 30, 60)

    assert [team.stand(at).pool.seats for at in (29, 31)] == [8, 5]


def test_grace_after_a_failed_renewal_is_for_the_old_number(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=15, start=0, end=30)
    team.failed("a", 30.01, 1, due=30)

    found = team.stand(31)
    assert (found.tier, found.status, found.pool.seats, small(team, 31)) == ("team", "past_due", 5, 5 * SMALL)


def test_a_larger_subscription_takes_over_where_the_period_ends(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=15, start=0, end=30)
    team.open("b", "plan_team", at=15, quantity=8, replaces="a", start_at=day(30))
    team.snapshot("b", "trial", 15.01, quantity=8)
    team.change("a", cancel_requested_at=day(15.01))
    team.charged("b", 30, 30, 60)
    team.ended("a", 30)

    assert [team.stand(at).pool.seats for at in (14, 20, 31, 59)] == [5, 8, 8, 8]
    assert [small(team, at) for at in (14, 31)] == [5 * SMALL, 8 * SMALL]
    assert ("upgrade", "team", "team") not in story(team.stand(31))


def test_a_takeover_gives_no_fresh_quota(team: BillingScenario) -> None:
    first = team.stand(1).quota_period
    team.open("b", "plan_team", at=15, quantity=8, replaces="a", start_at=day(30))
    team.snapshot("b", "trial", 15.01, quantity=8)
    team.charged("b", 30, 30, 60)

    assert team.stand(31).quota_period == first


def test_a_payment_after_its_offer_ended_is_refunded_in_full(team: BillingScenario) -> None:
    late = team.added_seats("a", 3, at=15, start=0, end=30, paid_at=15.2)

    assert team.stand(16).pool.seats == 5
    assert refund_operations(team, 16) == [(late, "unexpected_charge")]


def test_a_second_payment_for_the_same_seats_is_refunded(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=15, start=0, end=30)
    (paid,) = [each for one in team.observations for each in one.payments if each.ref == "pay_order_0"]
    team.observations.append(replace(team.observations[-1], payments=(replace(paid, ref="pay_twice", at=day(15.01)),)))

    assert team.stand(16).pool.seats == 8
    assert refund_operations(team, 16) == [("pay_twice", "unexpected_charge")]


def test_another_amount_than_was_quoted_brings_no_seat(team: BillingScenario) -> None:
    paid = team.added_seats("a", 400, at=15, start=0, end=30, amount=100)

    assert team.stand(16).pool.seats == 5
    assert ("razorpay", paid) in team.stand(16).quarantined


def test_seats_of_a_reversed_order_end(team: BillingScenario) -> None:
    paid = team.added_seats("a", 3, at=15, start=0, end=30)
    team.disputed(paid, 20, "lost")

    assert [team.stand(at).pool.seats for at in (19, 21)] == [8, 5]
    assert team.stand(21).tier == "team"


def test_added_seats_give_no_plan_once_the_plan_is_reversed(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=15, start=0, end=30)
    team.disputed("pay_a0", 20, "lost")

    found = team.stand(21)
    assert (found.tier, found.pool.seats) == ("none", 3)


def test_a_trial_brings_the_units_of_three_seats_at_most() -> None:
    life = BillingScenario(kind="team")
    life.open("a", "plan_team", quantity=20, trial_end=day(7), start_at=day(7))
    life.snapshot("a", "trial", 0, quantity=20)
    life.paid_with("a", 0)

    found = life.stand(1)
    assert (found.tier, found.pool.seats, small(life, 1)) == ("team", 20, 3 * SMALL)


@pytest.mark.parametrize("gap", [5, 29])
def test_a_plan_that_lapsed_a_few_days_ago_is_renewed_without_fresh_quota(team: BillingScenario, gap: int) -> None:
    since = team.stand(1).quota_period.usage_since
    team.ended("a", 30)
    team.open("b", "plan_team", at=30 + gap, quantity=5)
    team.charged("b", 30 + gap, 30 + gap, 60 + gap)

    assert team.stand(31 + gap).quota_period.usage_since == since


def test_a_plan_that_lapsed_long_ago_starts_with_fresh_quota(team: BillingScenario) -> None:
    team.ended("a", 30)
    team.open("b", "plan_team", at=90, quantity=5)
    team.charged("b", 90, 90, 120)

    assert team.stand(91).quota_period.usage_since == day(90)


def test_the_used_share_of_the_pool_counts_equally_against_each_payment(team: BillingScenario) -> None:
    paid = team.added_seats("a", 5, at=15, start=0, end=30)
    team.change("a", access_ends_at=day(16), ended_by_user=True, cancel_requested_at=day(16))
    granted = 5 * SMALL + floor(5 * SMALL * Fraction(1, 2))
    use = (QuotaUse("small_messages", SMALL, "monthly", granted * 3 // 5),)
    usage = {UsageQuery("team", day(0), day(16)): use}

    found = team.stand(16, usage=usage)

    refunds = {each.payment_id: each.amount for each in found.operations if each.kind == "refund"}
    record = team.record(usage=usage)
    # The first payment is older than the refund days; of the second, two fifths of the pool are left.
    second = record.payments["razorpay", paid]
    assert refunds == {second.id: second.amount * 2 // 5}
    assert found.missing_usage == frozenset()


def test_within_the_refund_days_both_payments_lose_the_same_share(team: BillingScenario) -> None:
    team.added_seats("a", 5, at=1, start=0, end=30)
    team.change("a", access_ends_at=day(2), ended_by_user=True, cancel_requested_at=day(2))
    granted = 5 * SMALL + floor(5 * SMALL * Fraction(29, 30))
    use = (QuotaUse("small_messages", SMALL, "monthly", granted // 2),)
    record = team.record(usage={UsageQuery("team", day(0), day(2)): use})

    refunds = {
        each.payment_id: each.amount
        for each in team.stand(2, usage={UsageQuery("team", day(0), day(2)): use}).operations
        if each.kind == "refund"
    }

    left = Fraction(granted - granted // 2, granted)
    assert refunds == {each.id: floor(each.amount * left) for each in record.payments.values()}


@pytest.mark.parametrize(("seats", "status"), [(21, "active"), (22, "past_due")])
def test_a_renewal_that_waits_for_the_payers_yes_is_past_due(seats: int, status: str) -> None:
    life = BillingScenario(kind="team")
    life.open("a", "plan_team", quantity=seats)
    life.charged("a", 0, 0, 30)

    found = life.stand(31)
    assert (found.tier, found.status, found.pool.seats) == ("team", status, seats)
    assert life.stand(30.01).status == "active"


def test_payments_of_seats_in_any_order_give_the_same_pool(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=10, start=0, end=30)
    team.added_seats("a", 2, at=20, start=0, end=30)
    team.charged("a", 30, 30, 60)
    wanted = [team.stand(at) for at in (5, 15, 25, 35)]
    shuffled = random.Random(effort.seeds(1, 1)[0])

    for _ in range(effort.sample(20, 200)):
        observations = [*team.observations, *shuffled.choices(team.observations, k=3)]
        shuffled.shuffle(observations)
        assert [team.stand(at, observations) for at in (5, 15, 25, 35)] == wanted


def test_each_order_of_two_payments_gives_the_same_pool(team: BillingScenario) -> None:
    team.added_seats("a", 3, at=10, start=0, end=30)
    wanted = team.stand(12)

    for observations in permutations(team.observations):
        assert team.stand(12, observations) == wanted
