"""498 seats in the last hour of a period cost and bring one hour's share, at Stripe and at Midtrans."""

from datetime import datetime

import pytest

from tests.billing.stripe.users import CAROL, live_in, sold_at_stripe
from tests.billing.stripe.users import pay as pay_at_stripe
from tests.billing.subscriptions.buyers import SMALL, Buyers
from tests.billing.subscriptions.paying_ahead import pay as pay_at_midtrans
from tests.billing.subscriptions.paying_ahead import prepaid_team

pytestmark = pytest.mark.exhaustive

# An hour of a month of 28 to 31 days, less the minute in which the order is paid.
LEAST, MOST = 0.98 / (31 * 24), 1 / (28 * 24)


async def go_to_the_last_hour(buyers: Buyers) -> None:
    """An hour before the paid period ends."""
    found = await buyers.subscription()
    ends, now = datetime.fromisoformat(found["current_period_end"]), buyers.world.database.one("select oneai.now()")
    buyers.world.database.advance((ends - now).total_seconds() - 3600)


def shares_of_an_hour(buyers: Buyers, amount: int, price: int) -> tuple[bool, bool]:
    """Whether the order's amount, and the units that came with it, are those of 498 seats for an hour."""
    paid, brought = amount / (498 * price), (buyers.pool - 2 * SMALL) / (498 * SMALL)
    return LEAST <= paid <= MOST, LEAST <= brought <= MOST


async def test_498_seats_in_the_last_hour_cost_and_bring_an_hour_at_stripe(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = buyers.world
    sold_at_stripe(world, monkeypatch)
    await live_in(world, CAROL, str(buyers.team))
    created = await buyers.create(seats=2, currency="USD")
    await pay_at_stripe(world, created.json()["checkout_url"])
    assert buyers.pool == 2 * SMALL
    await go_to_the_last_hour(buyers)

    changed = await buyers.change(seats=500)
    assert changed.is_success, changed.text
    order = changed.json()["seat_order"]
    await pay_at_stripe(world, order["short_url"])
    await world.stripe.catch_up()

    assert buyers.seats == 500
    assert shares_of_an_hour(buyers, order["amount"], created.json()["charged_amount"] // 2) == (True, True)


async def test_498_seats_in_the_last_hour_cost_and_bring_an_hour_at_midtrans(buyers: Buyers) -> None:
    await prepaid_team(buyers, seats=2)
    assert buyers.pool == 2 * SMALL
    await go_to_the_last_hour(buyers)

    changed = await buyers.change(seats=500)
    assert changed.is_success, changed.text
    await pay_at_midtrans(buyers.world, changed.json())

    assert buyers.seats == 500
    assert shares_of_an_hour(buyers, changed.json()["seat_order"]["amount"], 129_000) == (True, True)
