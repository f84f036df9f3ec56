"""What goes wrong at Midtrans: it is away for an hour, a notification names no order of ours, two pages are paid at
once."""

import json

import pytest

from oneai.billing import provider_operations, reconcile_subscriptions
from oneai.billing.subscriptions import price_list
from oneai.clients import midtrans as client
from tests.billing.subscriptions.paying_ahead import BUDI, choose, open_page, pay
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    current_subscription,
    status_and_code,
)
from tests.billing.subscriptions.using import use_at_once
from tests.world import World

pytestmark = pytest.mark.exhaustive

HOUR = 1 / 24


@pytest.fixture
async def budi(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Asha lives in Bandung, Pro has a price in rupiah, and the client gives up soon."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.001)
    world.database.rows(
        "select oneai.set_price('midtrans', 'pro', 'monthly', 'IDR', 99000, 'pro.monthly.IDR.99000', 99000)"
    )
    price_list.reset()
    saved = await world.http.put("/subscription/billing-details", json=BUDI, headers=world.headers())
    assert saved.is_success, saved.text
    return world


async def test_midtrans_away_for_an_hour_during_a_checkout_leaves_one_page(budi: World) -> None:
    budi.midtrans.fault = "away"
    for _ in range(2):
        refused = await create_checkout(budi, currency="IDR")
        assert status_and_code(refused) == (503, "payment_provider_unavailable")
    advance_days(budi, HOUR)
    budi.midtrans.fault = None
    await reconcile_subscriptions()

    await pay(budi, await open_page(budi))

    assert (await current_subscription(budi))["tier"] == "pro"
    assert budi.database.rows("select status, amount from oneai.payments") == [("captured", 99_000)]


async def test_midtrans_away_while_a_page_is_paid_is_asked_again_by_the_job(budi: World) -> None:
    session = await open_page(budi)
    await choose(session, "gopay")
    await budi.midtrans.catch_up()
    budi.midtrans.fault = "away"
    await pay(budi, session)
    assert (await current_subscription(budi))["tier"] == "free"

    advance_days(budi, HOUR)
    budi.midtrans.fault = None
    await reconcile_subscriptions()

    assert (await current_subscription(budi))["tier"] == "pro"


@pytest.mark.parametrize("fault", ["away", "lost"])
async def test_midtrans_away_for_an_hour_during_a_cancellation_refunds_once_later(budi: World, fault: str) -> None:
    await pay(budi, await open_page(budi))
    # Less than half is refunded, so that Midtrans would make a second refund.
    advance_days(budi, 1)
    assert use_at_once(budi, 60, "large_messages")
    budi.midtrans.deliveries.switch("drop")
    budi.midtrans.fault = fault
    cancelled = await budi.post("/subscription/cancel", {"at_period_end": False})
    assert cancelled.is_success, cancelled.text
    assert (await current_subscription(budi))["tier"] == "free"

    advance_days(budi, HOUR)
    budi.midtrans.fault = None
    for _ in range(2):
        await provider_operations.run_pending(budi.people["asha"])
        await reconcile_subscriptions()
        await budi.midtrans.catch_up()

    ((status, amount),) = budi.database.rows("select status, amount from oneai.refunds")
    assert (status, amount) == ("processed", 39_600)
    (transaction,) = budi.midtrans.engine.account.transactions.values()
    assert len(transaction.refunds) == 1


async def test_a_true_notification_without_our_order_leaves_the_payment_to_the_job(budi: World) -> None:
    session = await open_page(budi)
    budi.midtrans.deliveries.switch("drop")
    await pay(budi, session, "dana")
    sent = json.loads(budi.midtrans.deliveries.all[-1].body)
    other = {**sent, "order_id": sent["transaction_id"], "metadata": {}}
    signed = [other[name] for name in ("order_id", "status_code", "gross_amount")]
    other["signature_key"] = budi.midtrans.keys.signature(*signed)

    answer = await budi.http.post("/webhooks/midtrans", content=json.dumps(other))
    assert (answer.status_code, (await current_subscription(budi))["tier"]) == (200, "free")
    budi.database.advance(300)
    await reconcile_subscriptions()

    assert (await current_subscription(budi))["tier"] == "pro"
