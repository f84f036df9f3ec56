"""Operators make exceptions, which win over the plan and outlive it."""

from typing import LiteralString
from uuid import UUID, uuid4

import psycopg

from tests.database.turns import TurnClient, quota, refusal
from tests.world import Database

SMALL, LARGE, IMAGE = "small_messages", "large_messages", "image_generation"
HOUR = 3600
OVERRIDE: LiteralString = "select oneai.override_quota(%s, %s, %s, %s, oneai.now() + make_interval(secs => %s), %s)"


async def override(
    owner: TurnClient, user: UUID, key: str, *, own: int | None = None, extra: int = 0, seconds: float = HOUR
) -> int:
    """Makes an exception; its id."""
    found = await owner.call(OVERRIDE, user, key, own, extra, seconds, "asked nicely")
    assert isinstance(found, int)
    return found


async def fits(client: TurnClient, database: Database, user: UUID, key: str, units: int) -> bool:
    """Whether so much can be held just now; it is given back."""
    reservation = await client.hold(database, user)
    try:
        await client.reserve(user, reservation, (key, units))
    except psycopg.DatabaseError as error:
        if error.sqlstate != "ON429":
            raise
        return False
    await client.call("select oneai.settle_reservation(%s, 0)", reservation)
    return True


async def most(client: TurnClient, database: Database, user: UUID, key: str = SMALL) -> int:
    """The largest number of units that fit."""
    low, high = 0, 4096
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if await fits(client, database, user, key, middle) else (low, middle - 1)
    return low


async def test_extra_units_are_added_to_the_plan_until_the_override_ends(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    await override(owner, asha, SMALL, extra=20)
    assert await most(client, database, asha) == 120

    database.advance(HOUR)

    assert await most(client, database, asha) == 100


async def test_an_overridden_limit_replaces_that_of_the_plan(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    await override(owner, asha, SMALL, own=7, extra=3)

    assert await most(client, database, asha) == 10
    assert (await refusal(client.hold(database, asha, (SMALL, 11)))).detail["limit"] == 10
    assert await most(client, database, asha, LARGE) == 20


async def test_the_newest_override_counts_and_earlier_ones_are_kept(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    first = await override(owner, asha, SMALL, own=7)
    second = await override(owner, asha, SMALL, extra=1)

    assert await most(client, database, asha) == 101
    kept = database.rows("select id, revoked_at is null from oneai.quota_overrides order by id")
    assert kept == [(first, False), (second, True)]


async def test_a_revoked_override_ends_at_once(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    made = await override(owner, asha, SMALL, own=500)

    assert await owner.call("select oneai.revoke_override(%s)", made)
    assert not await owner.call("select oneai.revoke_override(%s)", made)

    assert await most(client, database, asha) == 100


async def test_a_token_limit_can_be_set_for_a_plan_without_one(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    made = await override(owner, asha, "tokens", own=50)
    assert await most(client, database, asha, "tokens") == 50

    await owner.call("select oneai.revoke_override(%s)", made)

    assert await fits(client, database, asha, "tokens", 10**9)
    await override(owner, asha, "tokens", own=50)
    database.advance(HOUR)
    assert await fits(client, database, asha, "tokens", 10**9)


async def test_an_override_can_grant_a_quota_that_the_plan_lacks(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    await override(owner, asha, "moon_flights", extra=2)
    assert await most(client, database, asha, "moon_flights") == 2

    database.advance(HOUR)

    assert await most(client, database, asha, "moon_flights") == 0


async def test_an_unknown_user_gets_no_override(owner: TurnClient) -> None:
    assert (await refusal(owner.call(OVERRIDE, uuid4(), SMALL, 1, 0, 1, "why"))).code == "not_found"


async def test_lowering_a_limit_revokes_no_granted_units(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    held = await client.hold(database, asha, (SMALL, 50))

    await override(owner, asha, SMALL, own=10)
    assert await most(client, database, asha) == 0
    await client.call("select oneai.settle_reservation(%s, 50)", held)

    assert quota(database, asha) == (50, 0)


async def test_an_override_survives_a_change_of_plan(
    database: Database, client: TurnClient, owner: TurnClient, asha: UUID
) -> None:
    await override(owner, asha, SMALL, extra=9)
    database.rows("delete from oneai.plan_quotas where tier = 'pro' and quota_key in (%s, %s)", SMALL, IMAGE)

    await owner.call("select oneai.set_entitled_plan(%s, 'pro', oneai.now(), oneai.now())", asha)
    assert await most(client, database, asha) == 9
    assert await most(client, database, asha, IMAGE) == 0

    await owner.call("select oneai.set_entitled_plan(%s, 'free', null, null)", asha)
    assert await most(client, database, asha) == 109
