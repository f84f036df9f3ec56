"""Reservations: all lines or none, settled once, and only in the window they were made in."""

import asyncio
from uuid import UUID, uuid4

from tests.database.conftest import TurnClients
from tests.database.rows import all_rows, hold_locks, wait_for_blocked
from tests.database.turns import TurnClient, quota, refusal, set_quota
from tests.world import Database

SMALL, LARGE, IMAGE = "small_messages", "large_messages", "image_generation"


async def test_all_lines_are_held_or_none(database: Database, client: TurnClient, asha: UUID) -> None:
    await client.hold(database, asha, (SMALL, 3), (LARGE, 2))
    assert (quota(database, asha), quota(database, asha, LARGE)) == ((0, 3), (0, 2))
    more = await client.hold(database, asha)
    before = all_rows(database)

    refused = await refusal(client.reserve(asha, more, (LARGE, 18), (SMALL, 98)))

    assert (refused.code, refused.detail["quota_key"]) == ("quota_exceeded", SMALL)
    assert all_rows(database) == before


async def test_the_last_units_can_be_held_and_no_more(database: Database, client: TurnClient, asha: UUID) -> None:
    set_quota(database, asha, left=3)
    await client.hold(database, asha, (SMALL, 3))

    assert (await refusal(client.hold(database, asha, (SMALL, 1)))).code == "quota_exceeded"


async def test_an_unknown_quota_counts_as_used_up(client: TurnClient, asha: UUID) -> None:
    refused = await refusal(client.reserve(asha, uuid4(), ("moon_flights", 1)))

    assert (refused.code, refused.detail["limit"]) == ("quota_exceeded", 0)


async def test_settling_twice_counts_once(database: Database, client: TurnClient, asha: UUID) -> None:
    held = await client.hold(database, asha, (SMALL, 1))

    assert await client.call("select oneai.settle_reservation(%s, 1)", held)
    assert not await client.call("select oneai.settle_reservation(%s, 1)", held)

    assert quota(database, asha) == (1, 0)


async def test_concurrent_settlements_of_one_reservation_count_once(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    held = await client.hold(database, asha, (SMALL, 1))

    settled = await asyncio.gather(
        *(each.call("select oneai.settle_reservation(%s, 1)", held) for each in await clients(8))
    )

    assert sum(settled) == 1
    assert quota(database, asha) == (1, 0)


async def test_unused_units_are_released(database: Database, client: TurnClient, asha: UUID) -> None:
    dear = await client.hold(database, asha, (SMALL, 1), (IMAGE, 5))
    free = await client.hold(database, asha, (SMALL, 1))

    await client.call("select oneai.settle_reservation(%s, 2)", dear)
    await client.call("select oneai.settle_reservation(%s, 0)", free)

    assert (quota(database, asha), quota(database, asha, IMAGE)) == ((1, 0), (2, 0))


async def test_opposite_orders_of_quotas_never_deadlock(database: Database, clients: TurnClients, asha: UUID) -> None:
    database.rows("update oneai.usage_quotas set quota_limit = 1000 where workspace_id = %s", asha)

    async def many(client: TurnClient, *keys: str) -> None:
        for _ in range(60):
            held = await client.hold(database, asha, *[(key, 1) for key in keys])
            await client.call("select oneai.settle_reservation(%s, 1)", held)

    one, other = await clients(2)
    await asyncio.gather(many(one, SMALL, LARGE), many(other, LARGE, SMALL))

    assert (quota(database, asha), quota(database, asha, LARGE)) == ((120, 0), (120, 0))


async def test_a_reset_locks_in_the_same_order_as_a_reservation(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    # With this order an unordered scan meets small before large.
    database.rows("update oneai.usage_quotas set used = 1 where workspace_id = %s and quota_key = %s", asha, LARGE)
    database.rows("update oneai.usage_quotas set next_reset_at = oneai.now() where workspace_id = %s", asha)

    async with hold_locks(database, "select from oneai.usage_quotas where quota_key = 'large_messages' for update"):
        reserved = asyncio.create_task(one.hold(database, asha, (SMALL, 1), (LARGE, 1)))
        await wait_for_blocked(database, 1)
        reset = asyncio.create_task(other.call("select oneai.roll_windows(%s)", asha))
        await wait_for_blocked(database, 2)

    await asyncio.gather(reserved, reset)
    assert (quota(database, asha), quota(database, asha, LARGE)) == ((0, 1), (0, 1))


async def test_a_reservation_settled_after_its_window_leaves_the_next_one_unchanged(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    held = await client.hold(database, asha, (SMALL, 2), (IMAGE, 1))
    database.advance(3 * 3600)  # one image window, not one month (but for the last hours of one)
    database.rows(
        "update oneai.usage_quotas set next_reset_at = oneai.now() + interval '1 day' where quota_key = %s", SMALL
    )
    await client.call("select oneai.roll_windows(%s)", asha)
    assert (quota(database, asha), quota(database, asha, IMAGE)) == ((0, 2), (0, 0))
    later = await client.hold(database, asha, (IMAGE, 1))

    await client.call("select oneai.settle_reservation(%s, 1)", held)

    assert (quota(database, asha), quota(database, asha, IMAGE)) == ((1, 0), (0, 1))
    await client.call("select oneai.settle_reservation(%s, 1)", later)
    assert quota(database, asha, IMAGE) == (1, 0)


async def test_a_concurrent_reset_and_settlement_leave_no_units_held(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    one, other = await clients(2)
    for _ in range(20):
        held = await one.hold(database, asha, (IMAGE, 1))
        database.rows("update oneai.usage_quotas set next_reset_at = oneai.now() where quota_key = %s", IMAGE)

        await asyncio.gather(
            one.call("select oneai.settle_reservation(%s, 1)", held), other.call("select oneai.roll_windows(%s)", asha)
        )

        assert quota(database, asha, IMAGE) == (0, 0)
