"""Refunds may complete, fail days later, be made by hand, or never be reported by an event."""

import pytest

from oneai.billing import reconcile_subscriptions
from oneai.clients import razorpay
from stand_ins.razorpay import refunds as standin
from tests.billing.paid_subscription import AMOUNT
from tests.billing.subscriptions.subscribing import current_subscription, refunds
from tests.billing.without_webhooks import DAY, alerts, subscribe_without_webhook
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

NOTES = "select count(*) from oneai.invoices where kind = 'credit_note'"


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def refunds_take(world: World, seconds: int) -> None:
    """Sets the time that the provider takes for later refunds."""
    async with world.razorpay.session() as engine:
        engine.account.refund_delay = seconds


async def by_hand(world: World) -> str:
    """An operator refunds the rest of the only payment, in the dashboard; its ref."""
    async with world.razorpay.session() as engine:
        (payment,) = engine.account.payments
        engine.refund(payment)
    return payment


async def fails(world: World) -> None:
    """The refund that is on its way has failed."""
    async with world.razorpay.session() as engine:
        (pending,) = (each for each in engine.account.refunds.values() if each["status"] == "pending")
        standin.finish_refund(engine.account, pending, ok=False)


def record(world: World) -> list[str]:
    """The stored status of every refund."""
    return world.database.rows("select status from oneai.refunds order by refunded_at, status")


def given_up(world: World) -> object:
    """Whether the alert about the failed refund gives it up."""
    return world.database.one(
        "select detail -> 'given_up' from oneai.operator_alerts where kind = 'provider_call_failed'"
    )


async def test_a_refund_that_fails_later_is_alerted_and_repeated(world: World) -> None:
    await subscribe_without_webhook(world)
    await refunds_take(world, 3600)
    await world.post("/subscription/cancel", {"at_period_end": False}, "asha")
    (promised,) = await refunds(world)
    await fails(world)
    await world.razorpay.catch_up()

    await reconcile_subscriptions()

    assert "provider_call_failed" in [kind for kind, _ in alerts(world)]
    assert given_up(world) is False
    assert await refunds(world) == [promised, promised]
    world.database.advance(3600)
    await world.razorpay.catch_up()
    await reconcile_subscriptions()
    assert sorted(record(world)) == ["failed", "processed"]
    assert world.database.one(NOTES) == 1
    assert await refunds(world) == [promised, promised]


async def test_a_refund_that_always_fails_is_left_to_operators(world: World) -> None:
    await subscribe_without_webhook(world)
    await refunds_take(world, 3600)
    await world.post("/subscription/cancel", {"at_period_end": False}, "asha")

    for _ in range(4):
        await fails(world)
        await world.razorpay.catch_up()
        await reconcile_subscriptions()

    assert record(world) == ["failed"] * 4
    assert len(await refunds(world)) == 4
    assert given_up(world) is True


async def test_a_refund_by_hand_after_a_failed_one_is_not_repeated(world: World) -> None:
    await subscribe_without_webhook(world)
    await refunds_take(world, 3600)
    await world.post("/subscription/cancel", {"at_period_end": False}, "asha")
    await fails(world)
    await refunds_take(world, 0)
    await by_hand(world)
    await world.razorpay.catch_up()

    await reconcile_subscriptions()

    assert sorted(record(world)) == ["failed", "processed"]


async def test_a_refund_by_hand_after_ours_is_alerted(world: World) -> None:
    await subscribe_without_webhook(world)
    world.database.advance(DAY)
    await world.post("/subscription/cancel", {"at_period_end": False}, "asha")
    (ours,) = await refunds(world)
    assert 0 < ours < AMOUNT
    assert alerts(world) == []
    payment = await by_hand(world)

    await world.razorpay.catch_up()

    assert alerts(world) == [("payment_refunded", payment)]


async def test_a_refund_with_an_unreported_outcome_is_fetched(world: World) -> None:
    await subscribe_without_webhook(world)
    await refunds_take(world, 6 * DAY)
    await world.post("/subscription/cancel", {"at_period_end": False}, "asha")

    for _ in range(8):
        world.database.advance(DAY)
        await reconcile_subscriptions()

    assert record(world) == ["processed"]
    assert world.database.one(NOTES) == 1


async def test_a_refund_by_hand_after_the_end_is_found_by_a_sync_of_everything(world: World) -> None:
    await subscribe_without_webhook(world)
    await world.post("/subscription/cancel", {}, "asha")
    world.database.advance(28 * DAY)
    for _ in range(10):
        await reconcile_subscriptions()
        world.database.advance(DAY)
    assert (await current_subscription(world))["status"] == "cancelled"
    await by_hand(world)
    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0

    await reconcile_subscriptions(everything=True)

    assert world.database.one(NOTES) == 1
    assert [kind for kind, _ in alerts(world)] == ["payment_refunded"]


async def test_an_unreported_failure_of_a_refund_by_hand_ends_no_plan(world: World) -> None:
    await subscribe_without_webhook(world)
    await refunds_take(world, 10 * DAY)
    await by_hand(world)
    await reconcile_subscriptions(everything=True)
    assert (await current_subscription(world))["tier"] == "free"
    await fails(world)
    world.database.advance(DAY)

    await reconcile_subscriptions()

    assert (await current_subscription(world))["tier"] == "pro"
    assert record(world) == ["failed"]


async def test_an_unreported_refund_by_hand_of_a_year_is_found_within_days(world: World) -> None:
    await subscribe_without_webhook(world, period="yearly")
    await by_hand(world)
    assert (await current_subscription(world))["tier"] == "pro"

    for _ in range(8):
        world.database.advance(DAY)
        await reconcile_subscriptions()

    assert (await current_subscription(world))["tier"] == "free"
