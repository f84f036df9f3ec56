"""A refund is asked for while a charge arrives: whichever is first, what was paid comes back once and by the rule."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tests.billing.subscriptions.subscribing import (
    advance_to_period_end,
    at_provider,
    create_checkout,
    current_subscription,
    refunds,
    save_billing_details,
    set_fault,
    subscribe,
)
from tests.billing.subscriptions.test_cancelling_halfway import everything_is_told
from tests.billing.subscriptions.using import use_at_once
from tests.world import World

AT_ONCE = {"at_period_end": False}
PRICE = 79_900
ORDERS = ["the charge first", "the refund first", "both at once"]


async def in_order(world: World, order: str, cancelling: Awaitable[Any]) -> Any:
    """Cancels before, after or while the webhooks of what the provider has charged arrive; how that was answered."""
    if order == "both at once":
        answer, _ = await asyncio.gather(cancelling, world.razorpay.catch_up())
        return answer
    if order == "the charge first":
        await world.razorpay.catch_up()
    answer = await cancelling
    await world.razorpay.catch_up()
    return answer


@pytest.mark.sampled(0.6)
@pytest.mark.parametrize("order", ORDERS)
async def test_a_renewal_during_its_cancellation_is_refunded_once_by_usage(order: str, world: World) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=-0.1)  # charged at the provider, and not known here
    assert use_at_once(world, 40, "large_messages")

    answer = await in_order(world, order, world.post("/subscription/cancel", AT_ONCE))
    await everything_is_told(world)

    assert answer.status_code == 200
    assert (await current_subscription(world))["tier"] == "free"
    assert await refunds(world) == [PRICE * 60 // 100]
    provider = await at_provider(world, checkout)
    assert (provider["status"], provider["paid_count"]) == ("cancelled", 2)


@pytest.mark.sampled(0.6)
@pytest.mark.parametrize("order", ORDERS)
async def test_a_first_payment_during_its_cancellation_is_used_or_refunded(order: str, world: World) -> None:
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    world.database.advance(1)
    await world.check_out(checkout["short_url"])

    answer = await in_order(world, order, world.post("/subscription/cancel", AT_ONCE))
    await everything_is_told(world)

    if answer.status_code == 409:  # nothing was known that could be cancelled: it is theirs, and can be cancelled now
        assert order != "the charge first"
        assert ((await current_subscription(world))["tier"], await refunds(world)) == ("pro", [])
        assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 200
        await everything_is_told(world)
    assert (await current_subscription(world))["tier"] == "free"
    assert await refunds(world) == [pytest.approx(PRICE, rel=0.001)]
    assert (await at_provider(world, checkout))["status"] == "cancelled"


@pytest.mark.sampled(0.6)
@pytest.mark.parametrize("order", ORDERS)
async def test_a_charge_for_a_period_after_the_end_is_refunded_in_full_beside_the_rest(
    order: str, world: World
) -> None:
    checkout = await subscribe(world)
    assert use_at_once(world, 250, "small_messages")
    await set_fault(world, "away")
    assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 200
    # The provider is away for a month, and charges the next period.
    world.database.advance(32 * 24 * 3600)
    await set_fault(world, None)

    again = await in_order(world, order, world.post("/subscription/cancel", AT_ONCE))
    await everything_is_told(world)

    assert again.status_code == 409
    assert (await current_subscription(world))["tier"] == "free"
    assert sorted(await refunds(world)) == [PRICE // 2, PRICE]
    assert (await at_provider(world, checkout))["status"] == "cancelled"


async def test_concurrent_refunds_during_a_charge_refund_once(world: World) -> None:
    await subscribe(world)
    advance_to_period_end(world, hours=-0.1)
    assert use_at_once(world, 100, "small_messages")

    cancelling = asyncio.gather(*(world.post("/subscription/cancel", AT_ONCE) for _ in range(4)))
    answers = await in_order(world, "both at once", cancelling)
    await everything_is_told(world)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await refunds(world) == [PRICE * 4 // 5]
