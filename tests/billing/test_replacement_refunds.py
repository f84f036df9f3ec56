"""What comes back of a plan that another took the place of: what is left of it, up to what that one was sold for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import Observation
from tests.billing.event_source import Teller

DAY = 86_400
YEAR, LARGE, LARGE_YEAR = 799_000, 299_900, 2_999_000


@pytest.fixture
def ravi(teller: Teller) -> UUID:
    """Somebody for whom everything is for sale."""
    for plan, tier, period, amount in (
        ("plan_year", "pro", "yearly", YEAR),
        ("plan_large", "enterprise", "monthly", LARGE),
        ("plan_large_year", "enterprise", "yearly", LARGE_YEAR),
    ):
        teller.database.rows(
            "select oneai.remember_price('razorpay', %s, %s, %s, 'INR', %s)", plan, tier, period, amount
        )
    return teller.person("ravi")


def charged(teller: Teller, ref: str, plan: str, amount: int, days: int, **more: Any) -> Observation:
    """So many days of this plan were paid for."""
    told = teller.charge(ref, amount=amount, **more)
    paid = replace(told.payments[0], period_end=teller.now + timedelta(days=days))
    return replace(told, snapshots=(replace(told.snapshots[0], plan_ref=plan),), payments=(paid,))


async def a_year(teller: Teller, person: UUID) -> UUID:
    """Pro by the year, of which a hundred days are over."""
    year = teller.opened(person, ref="sub_year", amount=YEAR, plan="plan_year")
    teller.database.rows("update oneai.subscriptions set period = 'yearly' where id = %s", year)
    await teller.tell("a year", charged(teller, "sub_year", "plan_year", YEAR, 365))
    teller.database.advance(100 * DAY)
    return year


def coming_back(teller: Teller) -> list[tuple[int, int]]:
    """What is to come back of the year, and what is left of it."""
    return teller.database.rows(
        "select oneai.replacement_refund(c, 7), oneai.refund_due(c.payment_id, c.as_of, 1000) "
        "from oneai.provider_operations as c where c.kind = 'refund' and c.reason = 'replaced'"
    )


async def test_a_page_paid_after_it_was_withdrawn_bounds_no_credit(teller: Teller, ravi: UUID) -> None:
    year = await a_year(teller, ravi)
    month = teller.opened(ravi, ref="sub_month", tier="enterprise", amount=LARGE, plan="plan_large", replaces=year)
    teller.database.rows("select oneai.cancel_checkout(%s)", month)
    teller.database.advance(60)
    await teller.tell("a month", charged(teller, "sub_month", "plan_large", LARGE, 30))
    teller.opened(ravi, ref="sub_large", tier="enterprise", amount=LARGE_YEAR, plan="plan_large_year", replaces=year)
    teller.database.advance(60)
    await teller.tell("a large year", charged(teller, "sub_large", "plan_large_year", LARGE_YEAR, 365))

    ((back, left),) = coming_back(teller)

    assert back == left > LARGE


async def test_money_that_is_not_what_was_sold_bounds_no_credit(teller: Teller, ravi: UUID) -> None:
    year = await a_year(teller, ravi)
    teller.opened(ravi, ref="sub_large", tier="enterprise", amount=LARGE_YEAR, plan="plan_large_year", replaces=year)
    await teller.tell("odd", charged(teller, "sub_large", "plan_large_year", 77, 365, payment="pay_odd"))
    teller.database.advance(60)
    await teller.tell("a large year", charged(teller, "sub_large", "plan_large_year", LARGE_YEAR, 365))

    ((back, left),) = coming_back(teller)

    assert back == left > LARGE


async def test_no_more_comes_back_than_the_newer_one_cost(teller: Teller, ravi: UUID) -> None:
    year = await a_year(teller, ravi)
    teller.opened(ravi, ref="sub_large", tier="enterprise", amount=LARGE, plan="plan_large", replaces=year)
    await teller.tell("a large month", charged(teller, "sub_large", "plan_large", LARGE, 30))

    ((back, left),) = coming_back(teller)

    assert back == LARGE < left
