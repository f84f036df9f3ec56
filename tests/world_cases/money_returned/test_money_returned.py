"""After money came back by another hand, nothing is charged again, and what is still paid for stays."""

from typing import Any

import pytest

from oneai.billing import reconcile_subscriptions
from oneai.clients import razorpay
from tests.billing.subscriptions.subscribing import current_subscription, provider_subscriptions
from tests.billing.without_webhooks import DAY, alerts, subscribe_without_webhook
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

AMOUNT = 79_900
MAILS = "select data ->> 'by', data ->> 'ends_at' is not null from oneai.outbox where kind = 'payment_reversed'"


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def payment_refs(world: World) -> list[str]:
    """Every payment at the provider, in order."""
    async with world.razorpay.session() as engine:
        return list(engine.account.payments)


async def dispute(world: World, payment: str, step: str) -> None:
    """The payer's bank questions the payment, or decides; a second after all before."""
    world.database.advance(1)
    async with world.razorpay.session() as engine:
        engine.dispute(payment, step)
    await world.razorpay.catch_up()


async def refund(world: World, payment: str, amount: int | None = None) -> None:
    """An operator refunds a payment in the dashboard, all that is left or a part of it."""
    world.database.advance(1)
    async with world.razorpay.session() as engine:
        engine.refund(payment, {} if amount is None else {"amount": amount})
    await world.razorpay.catch_up()


async def days_pass(world: World, days: int) -> None:
    """Days pass, with the provider's charges and events and our job on each."""
    for _ in range(days):
        world.database.advance(DAY)
        await world.razorpay.catch_up()
        await reconcile_subscriptions()
    await world.razorpay.catch_up()


async def paid_counts(world: World) -> list[int]:
    """How often each subscription was charged at the provider."""
    return [each["paid_count"] for each in await provider_subscriptions(world)]


async def at_provider(world: World) -> list[str]:
    """The status of each subscription at the provider."""
    return [each["status"] for each in await provider_subscriptions(world)]


def reversal_alerts(world: World) -> int:
    """How many subscriptions operators heard of."""
    return [kind for kind, _ in alerts(world)].count("payment_reversed")


async def subscribe(world: World, **terms: Any) -> str:
    """Pays for a month of pro; the payment's ref."""
    await subscribe_without_webhook(world, **terms)
    await world.razorpay.catch_up()
    return (await payment_refs(world))[-1]


@pytest.mark.parametrize("by", ["dispute", "refund"])
async def test_nothing_is_charged_after_a_full_refund(world: World, by: str) -> None:
    payment = await subscribe(world)
    await (dispute(world, payment, "lost") if by == "dispute" else refund(world, payment))

    assert (await current_subscription(world))["tier"] == "free"
    await reconcile_subscriptions()
    assert await at_provider(world) == ["cancelled"]
    await days_pass(world, 35)
    assert await paid_counts(world) == [1]
    await days_pass(world, 30)
    assert await paid_counts(world) == [1]

    found = await current_subscription(world)
    assert (found["tier"], found["status"]) == ("free", "cancelled")
    assert world.database.rows(MAILS) == [(by, False)]
    assert reversal_alerts(world) == 1


async def test_partial_refunds_that_add_up_to_the_whole_stop_the_subscription(world: World) -> None:
    payment = await subscribe(world)
    await refund(world, payment, 30_000)
    await days_pass(world, 35)
    assert await paid_counts(world) == [2]
    second = (await payment_refs(world))[-1]

    await refund(world, second, 30_000)
    await reconcile_subscriptions()
    assert await at_provider(world) == ["active"]
    await refund(world, second)
    await days_pass(world, 35)

    assert await paid_counts(world) == [2]
    assert (await current_subscription(world))["tier"] == "free"


async def test_a_refund_beside_a_manual_cancellation_is_not_a_failure(world: World) -> None:
    payment = await subscribe(world)
    async with world.razorpay.session() as engine:
        (subscription,) = engine.account.subscriptions
        engine.cancel(subscription)
    await refund(world, payment)
    await days_pass(world, 2)

    assert await at_provider(world) == ["cancelled"]
    assert "provider_call_failed" not in [kind for kind, _ in alerts(world)]
    pending = "select count(*) from oneai.provider_operations where state in ('pending', 'failed')"
    assert world.database.one(pending) == 0


@pytest.mark.parametrize("steps", [["created"], ["created", "under_review", "won"], ["created", "closed"]])
async def test_an_open_or_won_dispute_changes_nothing(world: World, steps: list[str]) -> None:
    payment = await subscribe(world)
    for step in steps:
        await dispute(world, payment, step)
    await days_pass(world, 35)

    assert await paid_counts(world) == [2]
    assert (await current_subscription(world))["tier"] == "pro"
    assert world.database.rows(MAILS) == []


async def test_a_lost_dispute_that_is_won_later_restarts_nothing(world: World) -> None:
    payment = await subscribe(world)
    await dispute(world, payment, "lost")
    await days_pass(world, 1)
    await dispute(world, payment, "won")
    await days_pass(world, 35)

    assert await paid_counts(world) == [1]
    assert (await current_subscription(world))["tier"] == "free"
    # The user can subscribe again, and that subscription is charged as any other.
    await subscribe(world)
    await days_pass(world, 35)
    assert sorted(await paid_counts(world)) == [1, 2]
    assert (await current_subscription(world))["tier"] == "pro"


async def test_the_refund_of_an_older_period_keeps_the_current_one(world: World) -> None:
    first = await subscribe(world)
    await days_pass(world, 35)
    await refund(world, first)
    await days_pass(world, 35)

    assert await paid_counts(world) == [3]
    assert (await current_subscription(world))["tier"] == "pro"
    assert reversal_alerts(world) == 0


async def test_a_lost_dispute_of_an_older_period_ends_renewals_alone(world: World) -> None:
    first = await subscribe(world)
    await days_pass(world, 35)
    await dispute(world, first, "lost")
    await reconcile_subscriptions()

    assert await at_provider(world) == ["cancelled"]
    assert (await current_subscription(world))["tier"] == "pro"
    await days_pass(world, 35)
    assert await paid_counts(world) == [2]
    assert (await current_subscription(world))["tier"] == "free"
    assert world.database.rows(MAILS) == [("dispute", True)]


async def test_the_refund_of_our_own_cancellation_is_not_a_manual_one(world: World) -> None:
    await subscribe(world)
    asked = await world.post("/subscription/cancel", {"at_period_end": False}, "asha")
    assert asked.is_success
    await days_pass(world, 35)

    assert await paid_counts(world) == [1]
    kinds = "select kind, reason from oneai.provider_operations order by kind"
    assert world.database.rows(kinds) == [("cancel", "requested"), ("refund", "requested")]
    assert (world.database.rows(MAILS), reversal_alerts(world)) == ([], 0)


async def test_an_admins_full_refund_stops_the_subscription_too(world: World) -> None:
    await subscribe(world)
    payment = world.database.one("select id from oneai.payments")
    operation = world.database.one("select oneai.refund_payment(%s, %s, %s, %s)", payment, AMOUNT, AMOUNT, 100)
    world.database.advance(1)
    await reconcile_subscriptions()
    await days_pass(world, 35)

    assert world.database.one("select state from oneai.provider_operations where id = %s", operation) == "succeeded"
    assert (await paid_counts(world), await at_provider(world)) == ([1], ["cancelled"])
    assert world.database.rows(MAILS) == [("refund", False)]


async def test_a_plan_that_was_to_follow_is_not_charged_either(world: World) -> None:
    payment = await subscribe(world)
    yearly = {"plan_id": "pro", "period": "yearly", "when": "period_end"}
    chosen = await world.post("/subscription/update", yearly, "asha")
    assert chosen.is_success, chosen.text
    world.database.advance(1)
    await world.check_out(chosen.json()["short_url"])
    await world.razorpay.catch_up()
    await reconcile_subscriptions()
    assert sorted(await at_provider(world)) == ["active", "authenticated"]

    await dispute(world, payment, "lost")
    await days_pass(world, 35)
    assert sorted(await paid_counts(world)) == [0, 1]
    assert await at_provider(world) == ["cancelled", "cancelled"]
    assert len(world.database.rows(MAILS)) == 1


async def test_a_cancellation_that_the_provider_refuses_is_retried(world: World) -> None:
    payment = await subscribe(world)
    await dispute(world, payment, "lost")
    world.razorpay.fault = "away"
    await reconcile_subscriptions()
    world.razorpay.fault = None
    assert await at_provider(world) == ["active"]

    await days_pass(world, 35)
    assert await at_provider(world) == ["cancelled"]
    assert await paid_counts(world) == [1]


async def test_a_charge_in_progress_is_refunded_in_full(world: World) -> None:
    payment = await subscribe(world)
    world.database.advance(29 * DAY)
    await world.razorpay.catch_up()
    await dispute(world, payment, "lost")
    # The provider is away until it has charged again.
    world.razorpay.fault = "away"
    world.database.advance(2 * DAY)
    await world.razorpay.catch_up()
    assert await paid_counts(world) == [2]
    world.razorpay.fault = None
    await days_pass(world, 35)

    assert await paid_counts(world) == [2]
    charged = (await payment_refs(world))[-1]
    async with world.razorpay.session() as engine:
        assert [each["amount"] for each in engine.refunds_of(charged)] == [AMOUNT]
    assert (await current_subscription(world))["tier"] == "free"
