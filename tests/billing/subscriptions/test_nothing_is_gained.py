"""Subscribing, using, having it given back and beginning again: what was used is paid for, each time and in all."""

import pytest

from tests.billing.subscriptions.subscribing import (
    PRO,
    create_checkout,
    current_subscription,
    pay,
    refunds,
    save_billing_details,
    subscribe,
)
from tests.billing.subscriptions.using import KEYS, OF_FREE, OF_PRO, use, use_at_once
from tests.world import World

AT_ONCE = {"at_period_end": False}


def mid_month(world: World) -> None:
    """Moves away from the first of a month, which resets the quotas of all users."""
    world.database.rows(
        "update local.clock "
        "set ahead = date_trunc('month', oneai.now()) + interval '2 months 9 days' - pg_catalog.now()"
    )


def use_all(world: World, units: int, key: str) -> bool:
    """Uses this many units; whether that is exactly the remaining quota."""
    return use_at_once(world, units, key) and use(world, 1, key) == 0


async def paid(world: World) -> int:
    """The sum of charges without refunds."""
    async with world.razorpay.session() as engine:
        taken = sum(int(each["amount"]) for each in engine.account.payments.values() if each["status"] != "failed")
    return taken - sum(await refunds(world))


async def again(world: World) -> None:
    """Subscribes again."""
    created = await create_checkout(world)
    assert created.status_code == 201, created.text
    await pay(world, created.json())
    assert (await current_subscription(world))["tier"] == "pro"


@pytest.mark.parametrize(
    ("key", "each_time"),
    [
        ("large_messages", 40),
        ("small_messages", 499),
        ("image_generation", 9),
        pytest.param("large_messages", 5, marks=pytest.mark.exhaustive),
        pytest.param("large_messages", 99, marks=pytest.mark.exhaustive),
        pytest.param("small_messages", 100, marks=pytest.mark.exhaustive),
        pytest.param("image_generation", 3, marks=pytest.mark.exhaustive),
    ],
)
async def test_usage_before_a_refund_still_counts_afterwards(world: World, key: str, each_time: int) -> None:
    mid_month(world)
    assert use_all(world, OF_FREE[key], key)
    price = next(
        each["amount"]
        for plan in (await world.get("/subscription/plans", None)).json()["items"]
        for each in plan["prices"]
        if (plan["id"], each["period"], each["currency"]) == ("pro", PRO["period"], PRO["currency"])
    )
    await save_billing_details(world)
    # A month has at most 31 × 8 windows of three hours.
    granted = OF_PRO[key] * (31 * 8 if key == "image_generation" else 1)
    used = 0
    for _ in range(4):
        world.database.advance(60)
        await again(world)
        left = min(each_time, OF_PRO[key] - used)
        assert left == 0 or use_at_once(world, left, key)
        assert use(world, each_time - left, key) == 0
        used += left
        cancelled = await world.post("/subscription/cancel", AT_ONCE)
        assert cancelled.status_code == 200, cancelled.text
        assert (await current_subscription(world))["tier"] == "free"
        if key != "image_generation":  # its windows begin with the first payment, and what was used before is past
            assert use(world, 1, key) == 0, "free was used up before, and what was used as pro counts too"
        assert await paid(world) * granted >= price * used

    assert used == min(4 * each_time, OF_PRO[key])


@pytest.mark.parametrize("key", ["small_messages", pytest.param("large_messages", marks=pytest.mark.exhaustive)])
async def test_a_user_who_uses_everything_gets_no_refund_and_pays_for_each_restart(world: World, key: str) -> None:
    mid_month(world)
    await save_billing_details(world)
    for _ in range(3):
        world.database.advance(60)
        await again(world)
        assert use_all(world, OF_PRO[key], key)
        await world.post("/subscription/cancel", AT_ONCE)

    assert await refunds(world) == []


@pytest.mark.parametrize(
    "key", ["large_messages", *(pytest.param(key, marks=pytest.mark.exhaustive) for key in KEYS if "large" not in key)]
)
async def test_a_new_month_begins_with_fresh_quota_for_free_and_paid_users(world: World, key: str) -> None:
    mid_month(world)
    await subscribe(world)
    assert use_all(world, OF_PRO[key], key)
    await world.post("/subscription/cancel", AT_ONCE)
    assert use(world, 1, key) == 0

    world.database.advance(30 * 86_400)

    assert use_all(world, OF_FREE[key], key)
    # A payment is known to the second.
    world.database.advance(60)
    await again(world)
    assert use_all(world, OF_PRO[key], key)
