"""Money that should not have come goes back by itself: charges after the end, pages paid twice, two plans at once."""

from uuid import UUID

import pytest

from oneai.billing import reconcile_subscriptions
from oneai.clients import razorpay
from tests.billing.event_source import EventSource
from tests.billing.paid_subscription import AMOUNT, create_paid_subscription
from tests.billing.subscriptions.subscribing import (
    create_checkout,
    current_subscription,
    provider_subscriptions,
    set_fault,
)
from tests.billing.without_webhooks import (
    DAY,
    HISTORY,
    alerts,
    pay_without_webhook,
    set_outcome,
    subscribe_without_webhook,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def refund_amounts(world: World) -> list[int]:
    """Every refund at the provider, in order."""
    async with world.razorpay.session() as engine:
        return [each["amount"] for each in engine.account.refunds.values()]


async def test_a_cancellation_reaches_the_provider_three_days_before_the_period_ends(world: World) -> None:
    await subscribe_without_webhook(world)
    asked = await world.post("/subscription/cancel", {}, "asha")
    assert asked.json()["cancel_requested_at"]
    world.database.advance(26 * DAY)
    assert (await reconcile_subscriptions()).get("calls_done", 0) == 0

    world.database.advance(2 * DAY)
    assert (await reconcile_subscriptions())["calls_done"] == 1

    assert (await world.post("/subscription/cancel/undo", {}, "asha")).json()["error"]["code"] == "cancellation_final"
    assert (await current_subscription(world))["tier"] == "pro"
    world.database.advance(5 * DAY)
    await reconcile_subscriptions()
    assert (await current_subscription(world))["tier"] == "free"
    assert [each["paid_count"] for each in await provider_subscriptions(world)] == [1]


async def test_an_unexpected_charge_gives_no_access_and_is_refunded_in_full(world: World) -> None:
    page = await subscribe_without_webhook(world)
    await world.post("/subscription/cancel", {}, "asha")
    world.database.advance(28 * DAY)
    await reconcile_subscriptions()
    await set_outcome(world, page, "slips_through")
    world.database.advance(5 * DAY)

    await reconcile_subscriptions()

    assert await refund_amounts(world) == [AMOUNT]
    assert (await current_subscription(world))["tier"] == "free"
    assert [kind for kind, _ in alerts(world)] == ["payment_slipped_through"]
    assert world.database.rows("select detail ->> 'reason' from oneai.operator_alerts") == ["cancellation_requested"]
    assert world.database.one("select count(*) from oneai.subscription_history where change_reason = 'renewal'") == 0
    for _ in range(3):
        world.database.advance(DAY)
        await reconcile_subscriptions(everything=True)
    assert await refund_amounts(world) == [AMOUNT]
    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled"]


async def test_a_renewal_before_a_late_cancellation_is_refunded_in_full(world: World) -> None:
    await subscribe_without_webhook(world)
    await world.post("/subscription/cancel", {}, "asha")
    world.database.advance(32 * DAY)  # and the job slept

    await reconcile_subscriptions()
    await reconcile_subscriptions(everything=True)

    assert await refund_amounts(world) == [AMOUNT]
    assert (await current_subscription(world))["tier"] == "free"
    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled"]


async def test_an_unexpected_charge_cancels_a_subscription_that_is_still_active(world: World) -> None:
    await subscribe_without_webhook(world)
    await world.post("/subscription/cancel", {}, "asha")
    world.database.advance(27 * DAY + 3600)
    await set_fault(world, "away")
    for _ in range(30):
        world.database.advance(DAY / 4)
        await reconcile_subscriptions()
    assert world.database.rows("select state from oneai.provider_operations") == ["failed"]
    await set_fault(world, None)

    for _ in range(3):
        world.database.advance(DAY)
        await reconcile_subscriptions()

    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled"]
    assert await refund_amounts(world) == [AMOUNT]
    world.database.advance(40 * DAY)
    assert [each["paid_count"] for each in await provider_subscriptions(world)] == [2]


async def test_a_payment_on_a_page_given_up_for_another_is_refunded(world: World) -> None:
    await pay_without_webhook(world)  # and it is not yet known here
    world.database.advance(5)
    yearly = (await create_checkout(world, period="yearly")).json()
    await world.check_out(yearly["short_url"])

    await reconcile_subscriptions()

    found = await current_subscription(world)
    assert (found["tier"], found["period"]) == ("pro", "yearly")
    assert await refund_amounts(world) == [AMOUNT]
    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled", "active"]
    assert {reason for reason, _ in world.database.rows(HISTORY)} == {"new_subscription", "refund"}


async def test_the_newer_of_two_plans_is_kept_and_the_older_refunded_pro_rata(world: World) -> None:
    older = await create_paid_subscription(world)
    world.database.advance(2 * DAY)
    newer = await create_paid_subscription(world)

    for _ in range(3):
        await reconcile_subscriptions(everything=True)
        world.database.advance(1800)

    assert (await older.at_provider())["status"] == "cancelled"
    assert (await newer.at_provider())["status"] == "active"
    (back,) = await older.refunds()
    assert 0.9 * AMOUNT < back < AMOUNT
    assert await newer.refunds() == []
    assert (await current_subscription(world))["tier"] == "pro"
    assert "two_subscriptions" in [kind for kind, _ in alerts(world)]


async def test_a_flood_of_forged_charges_is_one_alert_of_their_subscription(
    event_source: EventSource, asha: UUID
) -> None:
    await event_source.process("first", event_source.charge())
    event_source.database.advance(20 * DAY)
    event_source.database.rows("update oneai.subscriptions set cancel_requested_at = oneai.now()")
    event_source.database.advance(15 * DAY)

    for n in range(12):
        await event_source.process(f"made up {n}", event_source.charge(payment=f"pay_{n}", invoice_ref=f"inv_{n}"))

    rows = event_source.database.rows("select kind, subject, count from oneai.operator_alerts order by 1")
    assert rows == [("payment_slipped_through", "sub_1", 12)]
