"""Owners and guests of a team who buy, sell and take its seats in the same moment."""

import asyncio

import httpx

from oneai.billing import reconcile_subscriptions
from tests.billing.invoices.issuing import ASHA
from tests.billing.subscriptions.buyers import PRICE, Buyers
from tests.patience import PATIENCE
from tests.workspaces.teams import accept, add_member, invited

NET = "select coalesce(sum(amount - amount_refunded), 0)::bigint from oneai.payments where captured_at is not null"


async def test_two_owners_who_buy_the_plan_at_once_pay_for_it_once(buyers: Buyers) -> None:
    world = buyers.world
    add_member(world.database, buyers.team, world.people["ravi"], "owner")
    await buyers.send("PUT", "/subscription/billing-details", ASHA)

    opened = await asyncio.wait_for(
        asyncio.gather(buyers.create("asha", seats=5), buyers.create("ravi", seats=7)), PATIENCE
    )
    assert {answer.status_code for answer in opened} <= {200, 201, 409, 503}
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        for answer in opened:
            if answer.is_success:
                world.database.advance(1)
                await browser.post(answer.json()["short_url"], data={"method": "card", "outcome": "ok"})
    await world.razorpay.catch_up()
    await reconcile_subscriptions()

    assert buyers.seats in (5, 7)
    assert world.database.one(NET) == buyers.seats * PRICE


async def test_an_invitation_that_is_accepted_while_its_seat_is_sold_keeps_its_seat(buyers: Buyers) -> None:
    await buyers.subscribe(seats=3)
    add_member(buyers.world.database, buyers.team, buyers.world.people[buyers.world.newcomer()], "member")
    token = await invited(buyers.world, buyers.team, "ravi@example.com")

    accepted, sold = await asyncio.wait_for(
        asyncio.gather(accept(buyers.world, token, "ravi"), buyers.change(seats=2)), PATIENCE
    )

    assert accepted.status_code == 200, accepted.text
    assert (sold.status_code, sold.json()["error"]["details"][0]["field"]) == (422, "seats")
    assert (await buyers.subscription())["renewal_seats"] in (None, 3)
