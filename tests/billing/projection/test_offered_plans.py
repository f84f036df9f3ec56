"""What a paid offer brings follows from its payment, in any order of facts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from oneai.billing.facts import Observation, Order, Payment
from oneai.billing.projection.effects import BillingState
from oneai.billing.projection.pool import limits_of_seat
from oneai.billing.projection.spans import add_months
from oneai.billing.record import Offer, PlanGrant
from oneai.plans.limits_and_prices import MAX_SEATS, PLANS
from tests.billing.projection.builders import START, USER, BillingScenario, day, refund_operations, story

AMOUNT = 6_000_000
OF_PLAN = limits_of_seat(PLANS["enterprise"])
LIMITS = {**OF_PLAN, "small_messages": 40_000}


@pytest.fixture
def team() -> BillingScenario:
    """A team with an offer of Enterprise for two months, open for 30 days."""
    life = BillingScenario(kind="team")
    offer = Offer(
        uuid4(),
        "enterprise",
        40,
        LIMITS,
        AMOUNT,
        "INR",
        2,
        valid_until=day(30),
        payment_provider="razorpay",
        ref="order_offer",
    )
    life.offers.append(offer)
    return life


def paid(life: BillingScenario, at: float, *, by: str = "checkout", amount: int = AMOUNT, of: int = 0) -> str:
    """The offer is paid; the payment's ref."""
    offer = life.offers[of]
    provider, ref = offer.transfer_key if by == "transfer" else ("razorpay", str(offer.ref))
    order = Order(provider, ref, USER, offer.amount, "INR", "Enterprise")
    payment = Payment(provider, f"pay_{by}{of}{at:g}", "captured", day(at), amount, "INR", order_ref=ref)
    life.observations += [Observation(orders=(order,)), Observation(payments=(payment,))]
    return payment.ref


def standing(found: BillingState) -> tuple[str, int, int | None]:
    """The plan, the seats, and the limit of small messages if it is not the plan's."""
    return found.tier, found.pool.seats, (found.pool.limits or {}).get("small_messages")


def test_a_paid_offer_brings_its_plan_seats_and_limits_for_its_months(team: BillingScenario) -> None:
    paid(team, 5)
    ends = (add_months(day(5), 2) - START) / timedelta(days=1)

    assert standing(team.stand(4)) == ("none", 3, None)
    assert standing(team.stand(6)) == standing(team.stand(ends - 0.01)) == ("enterprise", 40, 40_000)
    assert standing(team.stand(ends + 0.01)) == ("none", 3, None)
    found = team.stand(100)
    assert story(found) == [("new_subscription", "none", "enterprise"), ("cancellation", "enterprise", "none")]
    assert [(each.payment.amount, each.description) for each in found.invoices] == [(AMOUNT, "Enterprise")]
    assert [each.kind for each in found.mails] == ["payment_receipt"]
    (state,) = found.offers
    assert (state.paid_at, state.period_start, state.period_end, state.project_at) == (
        *(day(5), day(5), add_months(day(5), 2)),
        None,
    )
    assert team.stand(6).offers[0].project_at == add_months(day(5), 2)


def test_an_offer_that_is_paid_before_its_start_waits_for_it(team: BillingScenario) -> None:
    team.offers[0] = replace(team.offers[0], starts_at=day(20))
    paid(team, 5)

    assert (team.stand(19).tier, team.stand(21).tier) == ("none", "enterprise")
    assert team.stand(6).offers[0].project_at == day(20)
    assert team.stand(6).offers[0].period_end == add_months(day(20), 2)


@pytest.mark.parametrize(
    ("pays", "rejected"),
    [
        # One after the deadline, one after the withdrawal of the twelfth day, of two the later one, and any checkout
        # beside a transfer.
        ([("checkout", 31)], ["checkout"]),
        ([("checkout", 13)], ["checkout"]),
        ([("checkout", 5), ("checkout", 6)], ["second"]),
        ([("checkout", 5), ("transfer", 6)], ["checkout"]),
        ([("transfer", 5), ("checkout", 6)], ["checkout"]),
        ([("transfer", 40)], []),
    ],
)
def test_a_payment_that_buys_nothing_is_refunded_but_never_a_transfer(
    pays: list[tuple[str, float]], rejected: list[str], team: BillingScenario
) -> None:
    withdrawn_at = day(12) if pays == [("checkout", 13)] else None
    team.offers[0] = replace(team.offers[0], withdrawn_at=withdrawn_at)
    refs = [paid(team, at, by=by) for by, at in pays]
    wrong = {"checkout": next((each for each in refs if "checkout" in each), ""), "second": refs[-1]}

    found = refund_operations(team, 50)

    assert found == [(wrong[each], "unexpected_charge") for each in rejected]
    accepted = len(refs) - len(rejected)
    assert team.stand(50).tier == ("enterprise" if accepted else "none")


def test_the_order_of_facts_about_an_offer_does_not_matter(team: BillingScenario) -> None:
    first = paid(team, 5)
    paid(team, 6)
    paid(team, 7, by="transfer")
    team.refunded(first, 9, AMOUNT)
    expected = team.stand(20)

    def outcomes() -> Iterator[object]:
        for n, observations in enumerate(permutations(team.observations)):
            if n % 97 == 0:
                found = team.stand(20, observations)
                yield found.tier, found.pool, found.offers, found.history, set(found.operations), found.invoices

    known = (
        expected.tier,
        expected.pool,
        expected.offers,
        expected.history,
        set(expected.operations),
        expected.invoices,
    )
    assert all(each == known for each in outcomes())


def test_a_wrong_amount_is_quarantined_and_brings_nothing(team: BillingScenario) -> None:
    ref = paid(team, 5, amount=AMOUNT - 1)

    found = team.stand(6)
    assert (found.tier, found.quarantined, found.invoices) == ("none", frozenset({("razorpay", ref)}), ())


def test_a_refund_ends_the_plan_when_all_of_it_came_back(team: BillingScenario) -> None:
    ref = paid(team, 5, by="transfer")
    team.refunded(ref, 10, AMOUNT - 1, name="a", provider="bank_transfer")
    assert team.stand(11).tier == "enterprise"
    team.refunded(ref, 12, 1, name="b", provider="bank_transfer")

    assert (team.stand(13).tier, refund_operations(team, 13)) == ("none", [])
    assert team.stand(13).offers[0].period_end == day(12)


def test_an_offer_that_raises_the_plan_gives_fresh_quota_once(team: BillingScenario) -> None:
    ref = paid(team, 5)
    assert team.stand(6).quota_period.usage_since == day(5)
    team.refunded(ref, 8, AMOUNT)
    team.offers.append(replace(team.offers[0], id=uuid4(), ref="order_again"))
    paid(team, 9, of=1)

    # The same offer again after a refund counts what was used before.
    assert team.stand(10).tier == "enterprise"
    assert team.stand(10).quota_period.usage_since == day(5)


def test_of_an_offer_and_a_grant_the_larger_limits_and_seats_count(team: BillingScenario) -> None:
    team.offers[0] = replace(team.offers[0], limits={**OF_PLAN, "small_messages": 7, "large_messages": 9_000})
    paid(team, 5)
    grant = PlanGrant(1, "enterprise", day(6), day(8))

    both, alone = team.stand(7, grants=(grant,)).pool, team.stand(9, grants=(grant,)).pool
    assert both.limits is not None
    assert (both.seats, both.limits["small_messages"], both.limits["large_messages"]) == (
        *(MAX_SEATS, OF_PLAN["small_messages"]),
        9_000,
    )
    assert (alone.seats, (alone.limits or {})["small_messages"]) == (40, 7)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2027-01-31", 1, "2027-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 36, "2029-11-30"),
        ("2026-10-31", 13, "2027-11-30"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(start: str, months: int, end: str) -> None:
    assert f"{add_months(START.fromisoformat(f'{start}T09:00:00Z'), months):%Y-%m-%d}" == end
