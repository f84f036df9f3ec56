"""The refund of a replaced plan is its unused rest, up to the price of its replacement."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from oneai.billing.facts import Observation
from tests.billing.event_source import EventSource

DAY = 86_400
YEAR, LARGE, LARGE_YEAR = 799_000, 299_900, 2_999_000


@pytest.fixture
def ravi(event_source: EventSource) -> UUID:
    """A user; every plan has a price."""
    for plan, tier, period, amount in (
        ("plan_year", "pro", "yearly", YEAR),
        ("plan_large", "enterprise", "monthly", LARGE),
        ("plan_large_year", "enterprise", "yearly", LARGE_YEAR),
    ):
        event_source.database.rows(
            "select oneai.remember_price('razorpay', %s, %s, %s, 'INR', %s)", plan, tier, period, amount
        )
    return event_source.user("ravi")


def charged(event_source: EventSource, ref: str, plan: str, amount: int, days: int, **more: Any) -> Observation:
    """A charge that pays for this many days of the plan."""
    charge = event_source.charge(ref, amount=amount, **more)
    paid = replace(charge.payments[0], period_end=event_source.now + timedelta(days=days))
    return replace(charge, snapshots=(replace(charge.snapshots[0], plan_ref=plan),), payments=(paid,))


async def a_year(event_source: EventSource, user: UUID) -> UUID:
    """A yearly Pro subscription, a hundred days after its start."""
    year = event_source.opened(user, ref="sub_year", amount=YEAR, plan="plan_year")
    event_source.database.rows("update oneai.subscriptions set period = 'yearly' where id = %s", year)
    await event_source.process("a year", charged(event_source, "sub_year", "plan_year", YEAR, 365))
    event_source.database.advance(100 * DAY)
    return year


def coming_back(event_source: EventSource) -> list[tuple[int, int]]:
    """The refund of the year, and its unused rest by time."""
    return event_source.database.rows(
        "select c.amount, trunc(p.amount * extract(epoch from p.period_end - c.as_of) "
        "/ extract(epoch from p.period_end - p.period_start))::bigint from oneai.provider_operations as c "
        "join oneai.payments as p on p.id = c.payment_id where c.kind = 'refund' and c.reason = 'replaced'"
    )


async def test_a_page_paid_after_its_cancellation_limits_no_refund(event_source: EventSource, ravi: UUID) -> None:
    year = await a_year(event_source, ravi)
    month = event_source.opened(
        ravi, ref="sub_month", tier="enterprise", amount=LARGE, plan="plan_large", replaces=year
    )
    event_source.database.rows("select oneai.cancel_checkout(%s)", month)
    event_source.database.advance(60)
    await event_source.process("a month", charged(event_source, "sub_month", "plan_large", LARGE, 30))
    event_source.opened(
        ravi, ref="sub_large", tier="enterprise", amount=LARGE_YEAR, plan="plan_large_year", replaces=year
    )
    event_source.database.advance(60)
    await event_source.process("a large year", charged(event_source, "sub_large", "plan_large_year", LARGE_YEAR, 365))

    ((back, left),) = coming_back(event_source)

    assert back == left > LARGE


async def test_a_payment_of_a_wrong_amount_limits_no_refund(event_source: EventSource, ravi: UUID) -> None:
    year = await a_year(event_source, ravi)
    event_source.opened(
        ravi, ref="sub_large", tier="enterprise", amount=LARGE_YEAR, plan="plan_large_year", replaces=year
    )
    await event_source.process("odd", charged(event_source, "sub_large", "plan_large_year", 77, 365, payment="pay_odd"))
    event_source.database.advance(60)
    await event_source.process("a large year", charged(event_source, "sub_large", "plan_large_year", LARGE_YEAR, 365))

    ((back, left),) = coming_back(event_source)

    assert back == left > LARGE


async def test_a_refund_is_at_most_the_price_of_the_newer_subscription(event_source: EventSource, ravi: UUID) -> None:
    year = await a_year(event_source, ravi)
    event_source.opened(ravi, ref="sub_large", tier="enterprise", amount=LARGE, plan="plan_large", replaces=year)
    await event_source.process("a large month", charged(event_source, "sub_large", "plan_large", LARGE, 30))

    ((back, left),) = coming_back(event_source)

    assert back == LARGE < left
