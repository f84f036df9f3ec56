"""Cancelling at once gives back the least share that is left of anything that was paid for: time, or any quota."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from oneai.billing import provider_operations
from tests.billing.subscriptions.subscribing import advance_days, pay, refunds, set_fault, subscribe
from tests.billing.subscriptions.test_nothing_is_gained import again, mid_month
from tests.billing.subscriptions.using import KEYS, use, use_at_once
from tests.world import World

pytestmark = pytest.mark.sampled(0.45)

AT_ONCE = {"at_period_end": False}
PRICE = 79_900
YEARLY = {"plan_id": "pro", "period": "yearly", "when": "now"}
# The windows of three hours in the period paid on 10 January at noon, which ends with 9 February in India.
WINDOWS = 243


@pytest.fixture(autouse=True)
def _the_tenth_of_january(world: World) -> None:
    """Sets a fixed time, so that shares do not depend on the date of the run."""
    world.database.rows("update local.clock set ahead = %s - pg_catalog.now()", datetime(2027, 1, 10, 12, tzinfo=UTC))


async def preview(world: World, body: dict[str, Any] = AT_ONCE, path: str = "cancel") -> dict[str, Any]:
    """The preview of the cancellation."""
    answer = await world.http.post(f"/subscription/{path}?preview=1", json=body, headers=world.headers())
    assert answer.is_success, answer.text
    previewed: dict[str, Any] = answer.json()
    return previewed


async def test_using_499_of_500_small_messages_refunds_one_five_hundredth(world: World) -> None:
    await subscribe(world)
    assert use_at_once(world, 499, "small_messages")
    world.database.advance(116)

    previewed = await preview(world)
    await world.post("/subscription/cancel", AT_ONCE)

    assert previewed["limited_by"] == "small_messages"
    assert previewed["explanation"] == (
        "Counted by answers from small models: you used 499 of the 500 that this payment covers."
    )
    assert previewed["refund_amount"] == PRICE // 500
    assert await refunds(world) == [PRICE // 500]


@pytest.mark.parametrize(
    ("key", "units", "granted"),
    [("small_messages", 300, 500), ("large_messages", 60, 100), ("image_generation", 10, 10 * WINDOWS)],
)
async def test_each_quota_is_measured_against_all_that_the_payment_grants(
    key: str, units: int, granted: int, world: World
) -> None:
    await subscribe(world)
    assert use_at_once(world, units, key)

    previewed = await preview(world)
    await world.post("/subscription/cancel", AT_ONCE)

    assert previewed["limited_by"] == key
    assert f"you used {units} of the {granted:,} that this payment covers." in previewed["explanation"]
    assert previewed["refund_amount"] == PRICE * (granted - units) // granted
    assert await refunds(world) == [previewed["refund_amount"]]


async def test_the_time_limits_the_refund_if_every_quota_is_used_less(world: World) -> None:
    await subscribe(world)
    for key in KEYS:
        assert use_at_once(world, 1, key)
    advance_days(world, 3.1)

    previewed = await preview(world)
    await world.post("/subscription/cancel", AT_ONCE)

    assert (previewed["limited_by"], previewed["explanation"]) == (
        "time",
        "By time: 89.7 % of the period you paid for is left.",
    )
    assert await refunds(world) == [pytest.approx(PRICE * 0.8975, rel=0.001)]


async def test_the_time_is_the_reason_after_the_refund_period(world: World) -> None:
    await subscribe(world)
    assert use_at_once(world, 100, "large_messages")
    advance_days(world, 8)

    previewed = await preview(world)

    assert (previewed["refund_amount"], previewed["limited_by"]) == (0, "time")
    assert previewed["explanation"] == "There is no refund later than 7 days after a payment."


async def test_a_cancellation_at_the_period_end_has_no_limiting_reason(world: World) -> None:
    await subscribe(world)

    previewed = await preview(world, {})

    assert (previewed["refund_amount"], previewed["limited_by"], previewed["explanation"]) == (0, None, None)


async def test_units_granted_by_an_operator_do_not_raise_a_refund(world: World) -> None:
    await subscribe(world)
    world.database.rows(
        "update oneai.usage_quotas set extra_units = 400, override_until = 'infinity' "
        "where workspace_id = %s and quota_key = 'small_messages'",
        world.people["asha"],
    )
    assert use_at_once(world, 450, "small_messages")

    assert (await preview(world))["refund_amount"] == PRICE // 10
    assert use_at_once(world, 450, "small_messages")
    await world.post("/subscription/cancel", AT_ONCE)

    assert await refunds(world) == []


async def test_each_payment_is_reduced_by_its_own_usage(world: World) -> None:
    mid_month(world)
    await subscribe(world)
    assert use_at_once(world, 499, "small_messages")
    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(60)
    await again(world)
    assert use(world, 2, "small_messages") == 1, "the first purchase of the month used up the rest"

    await world.post("/subscription/cancel", AT_ONCE)

    assert sorted(await refunds(world)) == [PRICE // 500, PRICE * 499 // 500]


async def test_concurrent_cancellations_refund_the_previewed_amount_once(world: World) -> None:
    await subscribe(world)
    assert use_at_once(world, 200, "small_messages")
    previewed = await preview(world)

    answers = await asyncio.gather(*(world.post("/subscription/cancel", AT_ONCE) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert await refunds(world) == [previewed["refund_amount"]] == [PRICE * 300 // 500]


async def test_a_refund_that_fails_halfway_keeps_its_amount(world: World) -> None:
    await subscribe(world)
    assert use_at_once(world, 200, "small_messages")
    await set_fault(world, "lost")
    assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 200
    await set_fault(world, None)

    # Later there would be less time left, and this month's windows of the free plan are used as well.
    advance_days(world, 2)
    use(world, 5, "image_generation")
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert await refunds(world) == [PRICE * 300 // 500]


async def test_the_refund_of_a_replaced_plan_is_limited_by_every_quota_too(world: World) -> None:
    await subscribe(world)
    assert use_at_once(world, 499, "small_messages")
    previewed = await preview(world, YEARLY, "update")

    await pay(world, (await world.post("/subscription/update", YEARLY)).json())
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert (previewed["refund_amount"], previewed["limited_by"]) == (PRICE // 500, "small_messages")
    assert await refunds(world) == [PRICE // 500]
    # The year has the small messages of twelve months, and none were used since it was paid.
    assert (await preview(world))["limited_by"] == "time"
    assert use_at_once(world, 1, "large_messages")
    assert "you used 1 of the 1,200 " in (await preview(world))["explanation"]
