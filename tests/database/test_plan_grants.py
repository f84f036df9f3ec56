"""A user's plan changes: what counts as used follows from since when it counts, and not from what came between."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import UUID

import pytest

from tests.database.billing_rows import move_to, now
from tests.database.conftest import TurnClients
from tests.database.rows import all_rows, hold_locks, wait_for_blocked
from tests.database.turns import TurnClient, quota, refusal
from tests.world import Database

SMALL, LARGE, IMAGE = "small_messages", "large_messages", "image_generation"
HOUR = 3600
GIVE: LiteralString = "select oneai.set_entitled_plan(%s, %s, %s, %s)"


@pytest.fixture
def clients(owners: TurnClients) -> TurnClients:
    """Plans are given by our own functions alone, as whose owner they are called."""
    return owners


@pytest.fixture(autouse=True)
def _in_the_middle_of_a_month(database: Database) -> None:
    move_to(database, datetime(2027, 3, 15, 12, tzinfo=UTC))


async def use(client: TurnClient, database: Database, user: UUID, units: int, key: str = LARGE) -> None:
    """Answers that have ended."""
    held = await client.hold(database, user, (key, units))
    assert await client.call("select oneai.settle_reservation(%s, %s)", held, units)


def limits(database: Database, user: UUID) -> dict[str, int | None]:
    """By key."""
    return dict(database.rows("select quota_key, quota_limit from oneai.usage_quotas where workspace_id = %s", user))


def window(database: Database, user: UUID, key: str) -> tuple[datetime, datetime]:
    """From when until when."""
    found: tuple[datetime, datetime] = database.one(
        "select window_start, next_reset_at from oneai.usage_quotas where workspace_id = %s and quota_key = %s",
        user,
        key,
    )
    return found


async def test_a_payment_starts_with_zero_usage(database: Database, client: TurnClient, asha: UUID) -> None:
    await use(client, database, asha, 20)
    assert (await refusal(client.hold(database, asha, (LARGE, 1)))).code == "quota_exceeded"
    database.advance(1)
    paid = now(database)

    await client.call(GIVE, asha, "pro", paid, paid)

    assert (quota(database, asha, LARGE), limits(database, asha)[LARGE]) == ((0, 0), 100)
    assert window(database, asha, LARGE) == (paid, datetime(2027, 4, 1, tzinfo=UTC))
    assert window(database, asha, IMAGE) == (paid, paid + timedelta(hours=3))
    user = "select subscription_tier, quota_since, quota_anchor from oneai.workspaces where id = %s"
    assert database.one(user, asha) == ("pro", paid, paid)


async def test_usage_before_a_late_report_of_the_payment_counts_against_it(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await use(client, database, asha, 15)
    database.advance(HOUR)
    paid = now(database)
    database.advance(60)
    await use(client, database, asha, 3)
    open_still = await client.hold(database, asha, (LARGE, 2))

    await client.call(GIVE, asha, "pro", paid, paid)

    assert quota(database, asha, LARGE) == (3, 2)
    await client.call("select oneai.settle_reservation(%s, 1)", open_still)
    assert quota(database, asha, LARGE) == (4, 0)


async def test_an_answer_open_before_the_payment_is_settled_outside_the_paid_window(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    before = await client.hold(database, asha, (LARGE, 5))
    database.advance(1)
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)

    await client.call("select oneai.settle_reservation(%s, 5)", before)

    assert quota(database, asha, LARGE) == (0, 0)
    await client.call(GIVE, asha, "free", None, paid)
    assert quota(database, asha, LARGE) == (5, 0)


async def test_an_answer_asked_before_and_held_after_the_payment_is_settled_in_its_window(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    asked = await client.hold(database, asha)
    database.advance(1)
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await client.reserve(asha, asked, (LARGE, 1))
    assert quota(database, asha, LARGE) == (0, 1)
    database.advance(1)
    more = now(database)
    await client.call(GIVE, asha, "enterprise", more, more)

    await client.call(GIVE, asha, "pro", paid, more)
    await client.call("select oneai.settle_reservation(%s, 1)", asked)

    assert quota(database, asha, LARGE) == (0, 0)


async def test_returning_to_free_restores_all_usage_of_the_month(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await use(client, database, asha, 12)
    open_since_free = await client.hold(database, asha, (LARGE, 1))
    database.advance(HOUR)
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 30)
    open_since_paid = await client.hold(database, asha, (LARGE, 2))

    await client.call(GIVE, asha, "free", None, paid)

    assert (quota(database, asha, LARGE), limits(database, asha)[LARGE]) == ((42, 3), 20)
    refused = await refusal(client.hold(database, asha, (LARGE, 1)))
    assert (refused.code, refused.detail["used"]) == ("quota_exceeded", 42)
    for held in (open_since_free, open_since_paid):
        await client.call("select oneai.settle_reservation(%s, 1)", held)
    assert quota(database, asha, LARGE) == (44, 0)
    # Their three hours are still counted from when they paid.
    assert window(database, asha, IMAGE) == (paid, paid + timedelta(hours=3))


async def test_a_downgrade_and_an_upgrade_in_a_month_keep_the_usage_since_the_payment(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await use(client, database, asha, 20)
    database.advance(HOUR)
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 70)
    await client.call(GIVE, asha, "free", None, paid)
    database.advance(HOUR)

    await client.call(GIVE, asha, "pro", paid, paid)

    assert quota(database, asha, LARGE) == (70, 0)


async def test_a_larger_plan_starts_at_zero_and_the_smaller_one_keeps_its_usage(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 90)
    database.advance(HOUR)
    more = now(database)

    await client.call(GIVE, asha, "enterprise", more, more)
    assert quota(database, asha, LARGE) == (0, 0)
    await use(client, database, asha, 5)

    await client.call(GIVE, asha, "pro", paid, more)
    assert quota(database, asha, LARGE) == (95, 0)


async def test_setting_the_same_plan_again_changes_nothing(database: Database, client: TurnClient, asha: UUID) -> None:
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 7)
    await client.hold(database, asha, (LARGE, 1), (IMAGE, 2))
    # Usage in the counters that the ledger does not know is kept too.
    database.rows("update oneai.usage_quotas set used = used + 11 where quota_key = %s", SMALL)
    before = all_rows(database)["usage_quotas"]
    database.advance(HOUR)

    await client.call(GIVE, asha, "pro", paid, paid)

    assert [quota(database, asha, key) for key in (SMALL, LARGE, IMAGE)] == [(11, 0), (7, 1), (0, 2)]
    after = all_rows(database)["usage_quotas"]
    # All up to when the window ends.
    assert [row.split(",")[:9] for row in after] == [row.split(",")[:9] for row in before]


async def test_usage_starts_at_zero_on_the_first_of_the_month_regardless_of_payments(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 70)
    move_to(database, datetime(2027, 4, 2, tzinfo=UTC))

    await client.call(GIVE, asha, "pro", paid, paid)

    assert quota(database, asha, LARGE) == (0, 0)
    assert window(database, asha, LARGE) == (datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
    starts, ends = window(database, asha, IMAGE)
    assert ((starts - paid) % timedelta(hours=3), ends - starts) == (timedelta(), timedelta(hours=3))
    await client.call(GIVE, asha, "free", None, paid)
    assert quota(database, asha, LARGE) == (0, 0)


async def test_a_quota_missing_from_a_plan_returns_with_a_plan_that_has_it(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    database.rows("delete from oneai.plan_quotas where tier = 'free' and quota_key = %s", LARGE)
    paid = now(database)
    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 10)

    await client.call(GIVE, asha, "free", None, paid)
    assert limits(database, asha)[LARGE] is None
    assert (await refusal(client.hold(database, asha, (LARGE, 1)))).code == "quota_exceeded"

    await client.call(GIVE, asha, "pro", paid, paid)
    assert (quota(database, asha, LARGE), limits(database, asha)[LARGE]) == ((10, 0), 100)


async def test_a_quota_of_the_new_plan_alone_starts_with_its_window(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    database.rows(
        "insert into oneai.plan_quotas (tier, quota_key, quota_limit, reset_frequency) values "
        "('pro', 'tokens', 1000, 'daily')"
    )

    await client.call(GIVE, asha, "pro", None, None)

    midnight = datetime(2027, 3, 15, tzinfo=UTC)
    assert window(database, asha, "tokens") == (midnight, midnight + timedelta(days=1))
    assert window(database, asha, LARGE)[0] == datetime(2027, 3, 1, tzinfo=UTC)


async def test_another_frequency_counts_the_usage_of_its_own_window(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    database.rows("update oneai.plan_quotas set reset_frequency = 'daily' where tier = 'pro' and quota_key = %s", LARGE)
    move_to(database, datetime(2027, 3, 14, 12, tzinfo=UTC))
    await use(client, database, asha, 9)
    move_to(database, datetime(2027, 3, 15, 12, tzinfo=UTC))
    await use(client, database, asha, 4)

    await client.call(GIVE, asha, "pro", None, None)
    assert quota(database, asha, LARGE) == (4, 0)

    await client.call(GIVE, asha, "free", None, None)
    assert quota(database, asha, LARGE) == (13, 0)


async def test_a_payment_dated_in_the_future_counts_from_when_it_is_known(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    await use(client, database, asha, 9)
    database.advance(1)
    paid = now(database) + timedelta(seconds=20)

    await client.call(GIVE, asha, "pro", paid, paid)
    await use(client, database, asha, 1)
    assert quota(database, asha, LARGE) == (1, 0)

    database.advance(60)
    await use(client, database, asha, 1)
    await client.call(GIVE, asha, "pro", paid, paid)
    assert quota(database, asha, LARGE) == (1, 0)


async def test_the_three_hour_windows_start_at_the_sign_up_without_a_payment(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    database.rows("select oneai.roll_windows(%s)", asha)
    before = window(database, asha, IMAGE)
    paid = now(database) - timedelta(minutes=40)
    await client.call(GIVE, asha, "pro", paid, paid)
    assert window(database, asha, IMAGE) != before

    await client.call(GIVE, asha, "free", None, None)

    assert window(database, asha, IMAGE) == before


async def test_a_plan_for_an_unknown_user_changes_nothing(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    database.rows("delete from auth.users where id = %s", asha)
    before = all_rows(database)

    await client.call(GIVE, asha, "pro", None, None)

    assert all_rows(database) == before


async def test_repeating_subscription_and_refund_gains_nothing(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    """Each time round the refund puts them back on free and the next payment counts since the first one's."""
    await use(client, database, asha, 20)
    database.advance(HOUR)
    first = now(database)
    granted = 0
    for units in (30, 30, 30, 10, 0):
        await client.call(GIVE, asha, "pro", first, first)
        for _ in range(units):
            await use(client, database, asha, 1)
        granted += units
        if granted == 100:
            assert (await refusal(client.hold(database, asha, (LARGE, 1)))).code == "quota_exceeded"
        await client.call(GIVE, asha, "free", None, first)
        assert (await refusal(client.hold(database, asha, (LARGE, 1)))).code == "quota_exceeded"
        database.advance(HOUR)

    assert quota(database, asha, LARGE) == (120, 0)


@pytest.mark.parametrize("round_", range(6))
async def test_a_question_during_a_plan_change_is_held_in_exactly_one_window(
    database: Database, clients: TurnClients, round_: int
) -> None:
    many = await clients(8)
    user = database.user(f"asking-{round_}@example.com")
    database.rows("update oneai.plan_quotas set quota_limit = 1000 where quota_key in (%s, %s)", SMALL, LARGE)
    database.rows("update oneai.usage_quotas set quota_limit = 1000 where workspace_id = %s", user)
    paid = now(database)

    async def asking(client: TurnClient, n: int) -> None:
        for at in range(12):
            lines = [(SMALL, 1)] if (n + at) % 2 else [(LARGE, 1), (SMALL, 1)]
            held = await client.hold(database, user, *lines)
            if at % 4 < 3:
                await client.call("select oneai.settle_reservation(%s, 1)", held)

    async def giving(client: TurnClient) -> None:
        for tier, since in (("pro", paid), ("free", None), ("pro", paid), ("enterprise", paid), ("free", None)):
            await client.call(GIVE, user, tier, since, paid)
            await asyncio.sleep(0.01)

    await asyncio.gather(
        *(asking(client, n) for n, client in enumerate(many[:6])), *(giving(client) for client in many[6:])
    )

    await many[0].call(GIVE, user, "free", None, paid)
    for key in (SMALL, LARGE):
        view = database.one(
            "select coalesce(sum(l.settled), 0)::integer, coalesce(sum(l.held) filter (where l.settled is null), 0)"
            "::integer from oneai.reservation_lines as l join oneai.reservations as r on r.id = l.reservation_id "
            "where r.user_id = %s and l.quota_key = %s",
            *(user, key),
        )
        assert quota(database, user, key) == view
    for held in database.rows("select id from oneai.reservations where user_id = %s and settled_at is null", user):
        await many[0].call("select oneai.settle_reservation(%s, 1)", held)
    assert (quota(database, user)[1], quota(database, user, LARGE)[1]) == (0, 0)


async def test_an_answer_settled_during_a_plan_change_moves_with_its_window(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    paid = now(database)
    held = await one.hold(database, asha, (LARGE, 1))

    async with hold_locks(database, "select from oneai.usage_quotas where workspace_id = %s for update", asha):
        giving = asyncio.create_task(one.call(GIVE, asha, "pro", paid, paid))
        await wait_for_blocked(database, 1)
        settling = asyncio.create_task(other.call("select oneai.settle_reservation(%s, 1)", held))
        await wait_for_blocked(database, 2)

    await asyncio.gather(giving, settling)
    assert quota(database, asha, LARGE) == (1, 0)


async def test_a_question_that_waits_for_a_plan_change_is_held_in_the_new_window(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    paid = now(database)

    async with hold_locks(database, "select from oneai.usage_quotas where workspace_id = %s for update", asha):
        giving = asyncio.create_task(one.call(GIVE, asha, "pro", paid, paid))
        await wait_for_blocked(database, 1)
        asking = asyncio.create_task(other.hold(database, asha, (LARGE, 1)))
        await wait_for_blocked(database, 2)

    await asyncio.gather(giving, asking)
    assert quota(database, asha, LARGE) == (0, 1)
    assert database.one("select window_start from oneai.reservation_lines") == paid
