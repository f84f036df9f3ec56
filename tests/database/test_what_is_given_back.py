"""What is owed of a payment: the share of the time or of the large messages that is left, whichever is less."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.database.money import move_to, payment, refund, subscription
from tests.database.turns import Desk
from tests.world import Database

LARGE = "large_messages"
PAID = datetime(2027, 4, 1, 12, tzinfo=UTC)
PERIOD: dict[str, Any] = {"period_start": PAID, "period_end": PAID + timedelta(days=30)}
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _when_it_was_paid(database: Database) -> None:
    move_to(database, PAID)


async def due(owner: Desk, paid: UUID, at: datetime, days: int = 7) -> int:
    """In paise."""
    found: int = await owner.call("select oneai.refund_due(%s, %s, %s)", paid, at, days)
    return found


async def use(desk: Desk, database: Database, person: UUID, units: int, key: str = LARGE) -> None:
    """Answers that have ended."""
    held = await desk.hold(database, person, (key, units))
    await desk.call("select oneai.settle_reservation(%s, %s)", held, units)


async def test_the_time_that_is_left_is_given_back_to_the_smallest_unit_below(
    database: Database, owner: Desk, asha: UUID
) -> None:
    paid = payment(database, asha, 99_999, **PERIOD)

    assert await due(owner, paid, PAID) == 99_999
    assert await due(owner, paid, PAID + 3 * DAY) == 89_999
    assert await due(owner, paid, PAID + 7 * DAY) == 76_665
    assert await due(owner, paid, PAID + 7 * DAY + timedelta(seconds=1)) == 0


async def test_what_was_used_since_it_was_paid_counts_if_that_is_more_than_the_time(
    database: Database, desk: Desk, owner: Desk, asha: UUID
) -> None:
    await use(desk, database, asha, 20)
    database.advance(60)
    paid = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.give_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    await use(desk, database, asha, 400, "small_messages")
    assert await due(owner, paid, PAID + DAY) == 96_666
    await use(desk, database, asha, 30)
    assert await due(owner, paid, PAID + DAY) == 70_000
    await desk.hold(database, asha, (LARGE, 10))
    assert await due(owner, paid, PAID + DAY) == 60_000
    await use(desk, database, asha, 60)
    assert await due(owner, paid, PAID + DAY) == 0


async def test_what_is_used_after_the_moment_in_question_does_not_count(
    database: Database, desk: Desk, owner: Desk, asha: UUID
) -> None:
    paid = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.give_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    database.advance(3600)
    await use(desk, database, asha, 50)

    assert await due(owner, paid, PAID + timedelta(minutes=30)) == 99_930


async def test_a_period_that_has_not_begun_is_all_left(database: Database, owner: Desk, asha: UUID) -> None:
    paid = payment(database, asha, 100_000, period_start=PAID + 5 * DAY, period_end=PAID + 35 * DAY)

    assert await due(owner, paid, PAID + 2 * DAY) == 100_000


async def test_a_year_has_twelve_months_of_large_messages(
    database: Database, desk: Desk, owner: Desk, asha: UUID
) -> None:
    year = subscription(database, asha, period="yearly")
    paid = payment(database, asha, 1_200_000, of=year, period_start=PAID, period_end=PAID + 365 * DAY)
    await owner.call("select oneai.give_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    await use(desk, database, asha, 100)

    assert await due(owner, paid, PAID + DAY) == 1_100_000


async def test_without_a_stated_period_it_is_what_the_subscription_says_from_when_it_was_paid(
    database: Database, owner: Desk, asha: UUID
) -> None:
    paid = payment(database, asha, 90_000)

    assert await due(owner, paid, PAID + 3 * DAY, 10) == pytest.approx(81_000, abs=3)


async def test_what_was_given_back_already_is_not_given_back_again(database: Database, owner: Desk, asha: UUID) -> None:
    paid = payment(database, asha, 90_000, **PERIOD)
    refund(database, paid, 30_000)
    refund(database, paid, 10_000, "pending")
    refund(database, paid, 50_000, "failed")
    assert await due(owner, paid, PAID + 3 * DAY) == 41_000

    refund(database, paid, 45_000)
    assert await due(owner, paid, PAID + 3 * DAY) == 0

    known_by_the_payment_alone = payment(database, asha, 90_000, amount_refunded=80_000, **PERIOD)
    assert await due(owner, known_by_the_payment_alone, PAID) == 10_000


@pytest.mark.parametrize("status", ["open", "lost"])
async def test_nothing_of_what_is_disputed_or_lost(database: Database, owner: Desk, asha: UUID, status: str) -> None:
    paid = payment(database, asha, 90_000, **PERIOD)
    database.rows("insert into oneai.disputes values (%s, 'razorpay', 'disp_1', %s, oneai.now())", paid, status)
    assert await due(owner, paid, PAID) == 0

    database.rows("update oneai.disputes set status = 'won'")
    assert await due(owner, paid, PAID) == 90_000


async def test_nothing_of_what_was_never_captured_or_is_not_known(
    database: Database, owner: Desk, asha: UUID, ravi: UUID
) -> None:
    failed = payment(database, asha, 90_000, status="failed", captured_at=None, **PERIOD)

    assert await due(owner, failed, PAID) == 0
    assert await due(owner, ravi, PAID) == 0


async def test_a_plan_without_large_messages_is_given_back_by_time_alone(
    database: Database, owner: Desk, asha: UUID
) -> None:
    database.rows("delete from oneai.plan_quotas where tier = 'pro' and quota_key = %s", LARGE)
    paid = payment(database, asha, 90_000, **PERIOD)

    assert await due(owner, paid, PAID + 3 * DAY) == 81_000


async def test_two_payments_for_one_months_messages_cost_together_what_was_used_and_no_less(
    database: Database, desk: Desk, owner: Desk, asha: UUID
) -> None:
    """Subscribing, using, having it given back and subscribing again: each time they pay for what they used."""
    first = payment(database, asha, 100_000, **PERIOD)
    await owner.call("select oneai.give_plan(%s, 'pro', %s, %s)", asha, PAID, PAID)
    await use(desk, database, asha, 60)
    database.advance(3600)
    at = PAID + timedelta(hours=1)
    back = await due(owner, first, at)
    await owner.call("select oneai.give_plan(%s, 'free', null, %s)", asha, PAID)
    refund(database, first, back)
    database.advance(3600)
    again = payment(database, asha, 100_000, period_start=at + DAY / 24, period_end=at + 30 * DAY)
    await owner.call("select oneai.give_plan(%s, 'pro', %s, %s)", asha, PAID, PAID)
    await use(desk, database, asha, 40)
    database.advance(3600)

    back += await due(owner, again, PAID + timedelta(hours=3))

    assert back == 40_000 + 60_000
