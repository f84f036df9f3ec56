"""The job looks through the provider's list of payments: none is lost with its events, and none stays
unexplained. Nor is a dispute."""

from typing import Any

import pytest

from oneai.billing import credit_packages, reconcile_subscriptions
from oneai.clients import razorpay
from tests.billing.subscriptions.subscribing import current_subscription, set_fault
from tests.billing.without_webhooks import DAY, alerts, pay_without_webhook, subscribe_without_webhook
from tests.credits.buying import DOLLAR, TEN, Buyer
from tests.credits.test_ledger import problems
from tests.world import World

SIX_HOURS = 6 * 3_600 + 601


@pytest.fixture(autouse=True)
def _without_events(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()
    world.razorpay.deliveries.switch("drop")


async def unexplained(world: World) -> list[tuple[str, str]]:
    """What an operator sees that nothing explains."""
    (items,) = world.database.rows("select oneai.unexplained_credits(100)")
    return [(each["kind"], each["id"]) for each in items]


def forget_syncs(world: World) -> None:
    """Nothing else would look at what is open, as after an error of the job."""
    world.database.rows("select oneai.mark_job('credit_payments', oneai.now())")
    world.database.rows("update oneai.orders set next_sync_at = null")
    world.database.rows("update oneai.subscriptions set next_sync_at = null")


async def paid_in_time(world: World, buyer: Buyer) -> str:
    """Credits that are bought."""
    order = await buyer.ordered()
    forget_syncs(world)
    return await buyer.pay(order, verify=False)


async def paid_late(world: World, buyer: Buyer) -> str:
    """An order that nothing fetches any more."""
    order = await buyer.ordered()
    world.database.advance(9 * DAY)
    await buyer.settle_all()
    forget_syncs(world)
    return await buyer.pay(order, verify=False)


async def paid_twice(world: World, buyer: Buyer) -> str:
    """The second payment of an order that was paid in time."""
    order = await buyer.ordered()
    await buyer.pay(order)
    forget_syncs(world)
    return await buyer.pay(order, verify=False)


@pytest.mark.parametrize(
    ("pay", "available"), [(paid_in_time, 10), (paid_late, 0), (paid_twice, 10)], ids=["in_time", "late", "twice"]
)
async def test_a_payment_without_any_event_is_found_and_explained(world: World, pay: Any, available: int) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await pay(world, buyer)

    world.database.advance(SIX_HOURS)
    assert (await reconcile_subscriptions())["payments_recovered"] == 1
    await buyer.settle_all()
    world.database.advance(2 * DAY)
    await buyer.settle_all()

    assert await buyer.available() == available * DOLLAR
    bought = pay is paid_in_time
    async with world.razorpay.session() as engine:
        assert [each["amount"] for each in engine.refunds_of(payment)] == ([] if bought else [TEN])
    assert await unexplained(world) == []
    assert "credits_unexplained" not in dict(alerts(world))
    assert problems(world.database) == []


async def test_a_renewal_without_any_event_is_found_by_its_invoice(world: World) -> None:
    page = await subscribe_without_webhook(world)
    world.database.advance(32 * DAY)
    async with world.razorpay.session() as engine:
        assert len([each for each in engine.account.payments.values() if each["captured"]]) == 2
    forget_syncs(world)
    assert page["razorpay"]["subscription_id"]

    await reconcile_subscriptions()

    assert world.database.one("select count(*) from oneai.payments where captured_at is not null") == 2
    assert (await current_subscription(world))["status"] == "active"
    assert await unexplained(world) == []


async def foreign_payment(world: World, amount: int = 4_200) -> str:
    """A payment in our account that is not for anything of ours."""
    async with world.razorpay.session() as engine:
        order = engine.make_order({"amount": amount, "currency": "INR"})
        return str(engine.pay_order(order["id"])["id"])


async def test_a_dispute_at_razorpay_without_any_event_is_found(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await paid_in_time(world, buyer)
    world.database.advance(SIX_HOURS)
    await reconcile_subscriptions()
    assert await buyer.available() == 10 * DOLLAR
    async with world.razorpay.session() as engine:
        engine.dispute(payment, "created")
    world.database.advance(SIX_HOURS)

    assert (await reconcile_subscriptions())["disputes_recovered"] == 1

    assert world.database.rows("select status from oneai.disputes") == ["open"]
    assert await buyer.available() == 0
    async with world.razorpay.session() as engine:
        engine.dispute(payment, "won")
    world.database.advance(SIX_HOURS)
    assert (await reconcile_subscriptions())["disputes_recovered"] == 1
    assert await buyer.available() == 10 * DOLLAR
    assert problems(world.database) == []


async def test_a_payment_that_belongs_to_nothing_is_an_alert_until_it_is_refunded(world: World) -> None:
    await pay_without_webhook(world)
    payment = await foreign_payment(world)
    gone_back = await foreign_payment(world)
    async with world.razorpay.session() as engine:
        engine.refund(gone_back)
    world.database.advance(SIX_HOURS)
    assert (await reconcile_subscriptions())["payments_unexplained"] == 0
    assert await unexplained(world) == []

    world.database.advance(DAY)
    await reconcile_subscriptions()

    assert await unexplained(world) == [("unknown_payment", payment)]
    (detail,) = world.database.rows("select detail from oneai.operator_alerts where kind = 'credits_unexplained'")
    assert (detail["amount"], detail["currency"], detail["payment_provider"]) == (4_200, "INR", "razorpay")
    world.database.advance(DAY)
    await reconcile_subscriptions()
    assert await unexplained(world) == [("unknown_payment", payment)]
    world.database.rows("update oneai.operator_alerts set acknowledged_at = oneai.now()")
    assert await unexplained(world) == []


async def test_a_time_whose_list_was_not_read_is_listed_again(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    await paid_in_time(world, buyer)
    world.database.advance(SIX_HOURS)
    await set_fault(world, "away")
    await reconcile_subscriptions()
    assert await buyer.available() == 0

    await set_fault(world, None)
    assert (await reconcile_subscriptions())["payments_recovered"] == 1

    assert await buyer.available() == 10 * DOLLAR
