"""A dispute freezes the credits of its payment. A lost one takes them, and what was used of them is owed."""

from typing import Any

import pytest

from oneai.billing import credit_packages
from oneai.clients import razorpay
from tests.billing.without_webhooks import DAY
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, Buyer
from tests.credits.test_ledger import problems, verify
from tests.workspaces.teams import refusal
from tests.world import World


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def dispute(world: World, payment: str, step: str) -> None:
    """The payer's bank takes the next step, and its event arrives."""
    world.database.advance(1)
    async with world.razorpay.session() as engine:
        engine.dispute(payment, step)
    await world.razorpay.catch_up()


async def standing(buyer: Buyer) -> tuple[int, int, int]:
    """Available, held and owed."""
    balance: dict[str, Any] = await buyer.balance()
    return balance["available_micro_usd"], balance["held_micro_usd"], balance["owed_micro_usd"]


async def test_a_lost_dispute_takes_the_credits_and_what_was_used_is_owed(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy(package_id="credits_50")
    account = Credits(world.database, buyer.account)
    account.settle(account.hold(12 * DOLLAR), 12 * DOLLAR)
    running = account.hold(3 * DOLLAR)
    await dispute(world, payment, "created")
    assert await standing(buyer) == (0, 3 * DOLLAR, 0)

    await dispute(world, payment, "lost")

    assert await standing(buyer) == (0, 3 * DOLLAR, 12 * DOLLAR)
    # An answer that was running is owed too, and what it did not use is not.
    account.settle(running, DOLLAR)
    await buyer.settle_all()
    assert await standing(buyer) == (0, 0, 13 * DOLLAR)
    # Neither buying nor asking goes on, also with other credits.
    assert refusal(await buyer.order()) == (403, "credits_blocked")
    account.grant(20 * DOLLAR, kind="promotional")
    assert (await standing(buyer), account.hold(DOLLAR)) == ((0, 0, 0), None)
    # The same card and the same address are blocked in another workspace.
    neighbour = Buyer(world, "ravi")
    await neighbour.live_at("1 asha ROAD")
    assert refusal(await neighbour.order()) == (403, "credits_blocked")
    await neighbour.live_at("9 Park Street")
    async with world.razorpay.session() as engine:
        card = str(engine.payment(payment)["card"]["last4"])
    other = await neighbour.buy(instrument=f"4111 1111 1111 {card}")
    await neighbour.settle_all()
    assert await standing(neighbour) == (0, 0, 0)
    assert world.database.one("select amount_refunded from oneai.payments where provider_payment_id = %s", other) > 0

    # An operator releases it. A dispute that is won after it was lost restores nothing by itself.
    await dispute(world, payment, "won")
    world.database.rows("update oneai.credit_blocks set released_at = oneai.now()")
    assert await standing(buyer) == (7 * DOLLAR, 0, 0)
    # What was lost still counts as bought.
    assert refusal(await buyer.order()) == (403, "credit_limit_reached")
    assert problems(world.database) == []
    assert (await verify(world.database))[0] == 0


async def test_a_won_dispute_gives_the_credits_back_with_the_frozen_days(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    payment = await buyer.buy()
    ends = "select expires_at from oneai.credit_grants"
    before = world.database.one(ends)
    await dispute(world, payment, "created")
    world.database.advance(400 * DAY)
    assert await standing(buyer) == (0, 0, 0)

    await dispute(world, payment, "won")

    assert await standing(buyer) == (10 * DOLLAR, 0, 0)
    assert (world.database.one(ends) - before).days == 400
    assert [each[0] for each in Credits(world.database, buyer.account).movements()] == ["purchase"]
    assert problems(world.database) == []


async def test_a_dispute_that_is_known_before_its_payment_ends_the_same(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    order = await buyer.ordered()
    payment = await buyer.pay(order, verify=False)
    async with world.razorpay.session() as engine:
        engine.dispute(payment, "lost")
    world.razorpay.deliveries.switch("reorder")
    await world.razorpay.catch_up()
    await buyer.settle_all()

    assert await standing(buyer) == (0, 0, 0)
    assert [each[:2] for each in Credits(world.database, buyer.account).movements()] == [
        ("purchase", 10 * DOLLAR),
        ("adjustment", -10 * DOLLAR),
    ]
    assert refusal(await buyer.order()) == (403, "credits_blocked")
