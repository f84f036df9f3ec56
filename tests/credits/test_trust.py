"""What may be bought grows with time, and is counted by buyer, by billing address and by instrument."""

import asyncio

import pytest

from oneai.billing import credit_packages
from oneai.clients import razorpay
from tests.billing.without_webhooks import DAY
from tests.credits.buying import DOLLAR, Buyer
from tests.patience import PATIENCE
from tests.workspaces.teams import insert_team, refusal
from tests.world import World

CARD = "4111 1111 1111 1111"


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


async def left(buyer: Buyer, package: str = "credits_50") -> tuple[int, str]:
    """What a refused order says that can still be bought, in dollars, and by what it is counted."""
    answer = await buyer.order(package_id=package)
    assert refusal(answer) == (403, "credit_limit_reached"), answer.text
    error = answer.json()["error"]
    return error["left_micro_usd"] // DOLLAR, error["counted_by"]


async def test_what_may_be_bought_grows_with_the_days_since_the_first_purchase(world: World) -> None:
    buyer = Buyer(world)
    await buyer.live_at()
    assert await left(buyer, "credits_200") == (50, "person")
    await buyer.buy()
    assert await left(buyer) == (40, "person")
    world.database.advance(7 * DAY)
    assert await left(buyer, "credits_200") == (190, "person")
    await buyer.buy(package_id="credits_50")
    world.database.advance(24 * DAY)

    await buyer.buy(package_id="credits_200")

    assert await buyer.available() == (10 + 60 + 250) * DOLLAR
    # An operator sets another limit.
    world.database.rows("insert into oneai.credit_buying_limits values (%s, 0)", buyer.account)
    assert await left(buyer) == (0, "person")


async def test_orders_of_two_teams_at_once_are_counted_together(world: World) -> None:
    teams = [Buyer(world, "asha", insert_team(world.database, world.people["asha"])) for _ in range(3)]
    for number, team in enumerate(teams):
        await team.live_at(f"{number} Long Street")

    answers = await asyncio.wait_for(asyncio.gather(*(team.order(package_id="credits_50") for team in teams)), PATIENCE)

    assert sorted(each.status_code for each in answers) == [201, 403, 403], [each.text for each in answers]


async def test_three_accounts_with_one_card_buy_as_much_as_one(world: World) -> None:
    buyers = [Buyer(world, world.newcomer()) for _ in range(3)]
    orders = []
    for buyer in buyers:
        await buyer.live_at()
        orders.append(await buyer.ordered(package_id="credits_50"))
    # All are open before one is paid.
    payments = [
        await buyer.pay(order, instrument=CARD, verify=False) for buyer, order in zip(buyers, orders, strict=True)
    ]

    await asyncio.wait_for(
        asyncio.gather(
            *(
                buyer.verify(order["checkout"]["order_id"], payment)
                for buyer, order, payment in zip(buyers, orders, payments, strict=True)
            )
        ),
        PATIENCE,
    )
    await buyers[0].settle_all()

    assert sorted([await each.available() for each in buyers]) == [0, 0, 60 * DOLLAR]
    outcomes = [await buyer.outcome(order) for buyer, order in zip(buyers, orders, strict=True)]
    assert sorted(map(str, outcomes)) == ["('paid', None)", *["('refused', 'over_limit')"] * 2]
    refunds = world.database.rows("select amount_refunded = amount from oneai.payments")
    assert sorted(refunds) == [False, True, True]
    reasons = world.database.rows("select detail ->> 'reason' from oneai.operator_alerts")
    assert reasons == ["over_limit", "over_limit"]
    # The card is known now, also before it pays.
    world.database.advance(DAY)
    poor = next(
        each
        for each in buyers
        if world.database.one("select count(*) from oneai.credit_grants where workspace_id = %s", each.account) == 0
    )
    assert await left(poor) == (0, "instrument")


async def test_one_billing_address_is_one_buyer(world: World) -> None:
    buyer, neighbour = Buyer(world), Buyer(world, "ravi")
    await buyer.live_at("22 MG Road\nBengaluru 560038")
    await neighbour.live_at("22, M.G. Road, Bengaluru - 560038")

    await buyer.buy(package_id="credits_50")

    assert await left(neighbour, "credits_10") == (0, "address")
