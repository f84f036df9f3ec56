"""Subscribing, using, having it given back and beginning again: what was used is paid for, each time and in all."""

import json
from uuid import uuid4

import psycopg
import pytest

from tests.billing.selling.subscribing import PRO, create, current, pay, refunds, subscribe, tell
from tests.world import World

AT_ONCE = {"at_period_end": False}
LARGE = "large_messages"
# Of large messages, in a month.
FREE, OF_PRO = 20, 100


def use(world: World, units: int, who: str = "asha") -> int:
    """Asks until they are answered so many times or refused; how many answers that were."""
    for answered in range(units):
        reservation, person = uuid4(), world.people[who]
        world.database.rows(
            "insert into oneai.reservations "
            "(id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
            "values (%s, %s, oneai.now() + oneai.lease(), 'pro', 'maker/large', 'v1', oneai.today())",
            *(reservation, person),
        )
        line = json.dumps([{"quota_key": LARGE, "unit": "messages", "held": 1}])
        try:
            world.database.rows("select oneai.reserve(%s, %s, %s)", person, reservation, line)
        except psycopg.DatabaseError as error:
            if error.sqlstate != "ON429":
                raise
            return answered
        world.database.rows("select oneai.settle_reservation(%s, 1)", reservation)
    return units


def mid_month(world: World) -> None:
    """Away from the first of a month, which begins anew for everybody."""
    world.database.rows(
        "update local.clock "
        "set ahead = date_trunc('month', oneai.now()) + interval '2 months 9 days' - pg_catalog.now()"
    )


async def paid(world: World) -> int:
    """All that was taken and not given back."""
    async with world.razorpay.at_work() as engine:
        taken = sum(int(each["amount"]) for each in engine.books.payments.values() if each["status"] != "failed")
    return taken - sum(await refunds(world))


async def again(world: World) -> None:
    """Subscribes once more."""
    created = await create(world)
    assert created.status_code == 201, created.text
    await pay(world, created.json())
    assert (await current(world))["tier"] == "pro"


@pytest.mark.parametrize("each_time", [40, 5, 99], ids=["some", "little", "nearly all"])
async def test_whoever_is_given_back_what_they_did_not_use_finds_what_they_used(world: World, each_time: int) -> None:
    mid_month(world)
    assert use(world, FREE + 1) == FREE
    price = next(
        each["amount"]
        for plan in (await world.get("/subscription/plans", None)).json()["items"]
        for each in plan["prices"]
        if (plan["id"], each["period"], each["currency"]) == ("pro", PRO["period"], PRO["currency"])
    )
    await tell(world)
    used = 0
    for _ in range(4):
        world.database.advance(60)
        await again(world)
        used += use(world, each_time)
        cancelled = await world.post("/subscription/cancel", AT_ONCE)
        assert cancelled.status_code == 200, cancelled.text
        assert (await current(world))["tier"] == "free"
        assert use(world, 1) == 0, "free was used up before, and what was used as pro counts too"
        assert await paid(world) * OF_PRO >= price * used

    assert used == min(4 * each_time, OF_PRO)


async def test_whoever_uses_all_is_given_nothing_back_and_pays_for_every_time_they_begin_again(world: World) -> None:
    mid_month(world)
    await tell(world)
    for _ in range(3):
        world.database.advance(60)
        await again(world)
        assert use(world, OF_PRO + 1) == OF_PRO
        await world.post("/subscription/cancel", AT_ONCE)

    assert await refunds(world) == []


async def test_a_new_month_begins_anew_for_whoever_pays_and_for_whoever_does_not(world: World) -> None:
    mid_month(world)
    await subscribe(world)
    assert use(world, OF_PRO + 1) == OF_PRO
    await world.post("/subscription/cancel", AT_ONCE)
    assert use(world, 1) == 0

    world.database.advance(30 * 86_400)

    assert use(world, FREE + 1) == FREE
    # A payment is known to the second.
    world.database.advance(60)
    await again(world)
    assert use(world, OF_PRO + 1) == OF_PRO
