"""A team pays for its seats ahead at Midtrans, and adds some within a period."""

import httpx
import pytest

from oneai.billing import reconcile_subscriptions
from oneai.billing.subscriptions.change_preview import PREPAID_SEATS
from tests.billing.subscriptions.buyers import Buyers
from tests.billing.subscriptions.paying_ahead import choose, pay, prepaid_team
from tests.billing.subscriptions.subscribing import advance_days, status_and_code
from tests.patience import PATIENCE

pytestmark = pytest.mark.sampled(0.2)


async def test_seats_that_are_paid_ahead_are_chosen_with_the_next_period(buyers: Buyers) -> None:
    world = buyers.world
    await prepaid_team(buyers)

    assert status_and_code(await buyers.change(seats=2)) == (409, "subscription_not_changeable")
    advance_days(world, 1)  # Midtrans says when something was paid to the second
    ahead = await buyers.create(seats=5, currency="IDR")
    assert ahead.json()["charged_amount"] == 645_000
    await pay(world, ahead.json())

    assert buyers.seats == 3
    advance_days(world, 30.1)
    await reconcile_subscriptions()
    assert buyers.seats == 5


async def test_seats_are_added_to_a_prepaid_period_and_to_the_page_of_the_next(buyers: Buyers) -> None:
    await prepaid_team(buyers)
    advance_days(buyers.world, 15)

    preview = (await buyers.send("POST", "/subscription/update?preview=1", {"seats": 5})).json()
    changed = await buyers.change(seats=5)
    assert changed.status_code == 200, changed.text
    session, order = changed.json(), changed.json()["seat_order"]
    assert (order["key_id"], order["order_id"], order["seats"]) == (None, None, 2)
    assert order["short_url"] == session["checkout_url"] == (await buyers.change(seats=5)).json()["checkout_url"]
    assert 128_000 < order["amount"] <= preview["charged_now"] <= 129_000
    assert (preview["explanation"], session["payment_needed"]) == (PREPAID_SEATS, False)
    await pay(buyers.world, session)
    assert buyers.seats == 5

    found = await buyers.subscription()
    assert (found["seats"], found["renewal_seats"]) == (5, None)
    assert found["paid_until"] == found["current_period_end"]
    advance_days(buyers.world, 1)
    ahead = (await buyers.create(seats=5, currency="IDR")).json()
    assert ahead["charged_amount"] == 645_000
    await pay(buyers.world, ahead)
    found = await buyers.subscription()
    assert found["renewal_seats"] == 5
    assert found["paid_until"] > found["current_period_end"]
    advance_days(buyers.world, 15)
    await reconcile_subscriptions()
    assert buyers.seats == 5
    invoices = (await buyers.send("GET", "/subscription/invoice")).json()["items"]
    assert [each["total"] for each in invoices] == [645_000, order["amount"], 387_000]
    lines = buyers.world.database.rows("select description from oneai.invoices order by issued_at")
    assert lines[0] == "Team, 30 hari / 30 days, 3 kursi / seats × IDR 129.000"


async def test_added_seats_are_paid_late_by_bank_transfer_until_their_period_ends(buyers: Buyers) -> None:
    await prepaid_team(buyers)
    session = (await buyers.change(seats=5)).json()
    await choose(session, "bca_va")
    advance_days(buyers.world, 2)
    await buyers.world.midtrans.catch_up()
    ref = buyers.world.midtrans.deliveries.all[-1].subscription_id
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        paid = await http.post(f"{buyers.world.address}/local/midtrans/orders/{ref}", json={"act": "pay"})
        assert paid.is_success, paid.text
    await buyers.world.midtrans.catch_up()

    assert buyers.seats == 5


async def test_cancelling_a_prepaid_team_returns_its_period_and_added_seats(buyers: Buyers) -> None:
    await prepaid_team(buyers)
    session = (await buyers.change(seats=5)).json()
    await pay(buyers.world, session)
    due = (await buyers.send("POST", "/subscription/cancel?preview=1", {"at_period_end": False})).json()

    assert (await buyers.send("POST", "/subscription/cancel", {"at_period_end": False})).is_success
    await reconcile_subscriptions()

    refunded = [each.refunded for each in buyers.world.midtrans.engine.account.transactions.values()]
    assert sum(refunded) == due["refund_amount"] > 640_000
    assert all(refunded)


async def test_members_fill_no_seat_that_the_next_period_lacks(buyers: Buyers) -> None:
    await prepaid_team(buyers)
    advance_days(buyers.world, 1)
    await pay(buyers.world, (await buyers.create(seats=2, currency="IDR")).json())
    await pay(buyers.world, (await buyers.change(seats=6)).json())

    assert buyers.seats == 6
    assert (await buyers.subscription())["renewal_seats"] == 2
    assert buyers.world.database.one("select oneai.seats_to_fill(%s)", buyers.team) == 2


async def test_a_failed_payment_of_added_seats_is_followed_by_another_order(buyers: Buyers) -> None:
    await prepaid_team(buyers)
    first = (await buyers.change(seats=5)).json()
    await choose(first, "gopay")
    engine = buyers.world.midtrans.engine
    engine.act(list(engine.account.transactions)[-1], "expire")

    second = (await buyers.change(seats=5)).json()

    assert second["checkout_url"] != first["checkout_url"]
    await pay(buyers.world, second)
    assert buyers.seats == 5
