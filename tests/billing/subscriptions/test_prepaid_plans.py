"""A plan in rupiah is a prepaid period, paid on Midtrans' page: over HTTP, with the stand-in for Midtrans."""

import json
from typing import Any

import httpx
import pytest

from oneai.billing import reconcile_subscriptions
from oneai.billing.subscriptions import price_list
from oneai.billing.subscriptions.change_preview import PREPAID_SEATS
from stand_ins.midtrans.deliveries import edited
from tests.billing.subscriptions.buyers import Buyers
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    current_subscription,
    status_and_code,
)
from tests.patience import PATIENCE
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

BUDI = {"legal_name": "Budi Santoso", "address": "Jl. Melati 7\nBandung 40111", "state": "JB", "country": "ID"}


@pytest.fixture
async def budi(world: World) -> World:
    """Asha lives in Bandung, and Pro and Enterprise have prices in rupiah."""
    for tier, amount in (("pro", 99_000), ("enterprise", 396_000)):
        plan = f"{tier}.monthly.IDR.{amount}"
        world.database.rows(
            "select oneai.set_price('midtrans', %s, 'monthly', 'IDR', %s, %s, %s)", tier, amount, plan, amount
        )
    price_list.reset()
    saved = await world.http.put("/subscription/billing-details", json=BUDI, headers=world.headers())
    assert saved.is_success, saved.text
    return world


async def open_page(world: World, **terms: Any) -> dict[str, Any]:
    """The session of a checkout in rupiah."""
    created = await create_checkout(world, **{"currency": "IDR", **terms})
    assert created.status_code in (200, 201), created.text
    session: dict[str, Any] = created.json()
    return session


async def choose(session: dict[str, Any], method: str) -> None:
    """The payer chooses how to pay on the page."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        assert (await browser.post(session["checkout_url"], data={"method": method})).is_success


async def pay(world: World, session: dict[str, Any], method: str = "gopay", *, heard: bool = True) -> None:
    """Chooses and pays; the notification arrives if it is `heard`."""
    await choose(session, method)
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        assert (await browser.post(session["checkout_url"], data={"outcome": "pay"})).is_success
    if heard:
        await world.midtrans.catch_up()


async def test_a_plan_in_rupiah_is_paid_on_snaps_page_for_thirty_days(budi: World) -> None:
    session = await open_page(budi)
    assert (session["payment_provider"], session["razorpay"], session["charged_amount"]) == ("midtrans", None, 99_000)
    assert session["checkout_url"].startswith(f"{budi.address}/midtrans/snap/v4/redirection/")
    assert (await current_subscription(budi))["tier"] == "free"

    await pay(budi, session)

    found = await current_subscription(budi)
    assert (found["tier"], found["status"], found["plan_id"]) == ("pro", "active", "pro")
    (invoice,) = (await budi.get("/subscription/invoice")).json()["items"]
    assert (invoice["form"], invoice["currency"], invoice["total"]) == ("ppn", "IDR", 99_000)
    assert invoice["period_end"] == found["current_period_end"]
    (quota,) = budi.database.rows(
        "select extract(day from q.next_reset_at - q.window_start)::integer from oneai.usage_quotas as q "
        "where q.workspace_id = %s and q.quota_key = 'small_messages'",
        budi.people["asha"],
    )
    assert quota == 30

    advance_days(budi, 30.1)
    assert (await current_subscription(budi))["tier"] == "free"


async def test_a_forged_notification_changes_nothing(budi: World) -> None:
    session = await open_page(budi)
    await choose(session, "bca_va")
    await budi.midtrans.catch_up()
    true = budi.midtrans.deliveries.all[-1].body
    unsigned = json.dumps({**json.loads(true), "signature_key": "0" * 128, "transaction_status": "settlement"})

    answers = [
        await budi.http.post("/webhooks/midtrans", content=body)
        for body in (edited(true, "settlement"), unsigned, edited(true, "capture"), true)
    ]

    assert [each.status_code for each in answers] == [200, 400, 200, 200]
    assert (await current_subscription(budi))["tier"] == "free"


async def test_a_virtual_account_that_is_paid_a_day_late_still_counts(budi: World) -> None:
    session = await open_page(budi)
    await choose(session, "permata_va")
    advance_days(budi, 2)
    await budi.midtrans.catch_up()

    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        order = budi.midtrans.deliveries.all[-1].subscription_id
        paid = await http.post(f"{budi.address}/local/midtrans/orders/{order}", json={"act": "pay"})
        assert paid.is_success, paid.text
    await budi.midtrans.catch_up()

    assert (await current_subscription(budi))["tier"] == "pro"


async def test_a_payment_that_its_bank_takes_back_ends_the_plan(budi: World) -> None:
    session = await open_page(budi)
    await pay(budi, session, "permata_va")
    assert (await current_subscription(budi))["tier"] == "pro"

    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        order = budi.midtrans.deliveries.all[-1].subscription_id
        await http.post(f"{budi.address}/local/midtrans/orders/{order}", json={"act": "take_back"})
    await budi.midtrans.catch_up()

    assert (await current_subscription(budi))["tier"] == "free"
    kinds = [each["kind"] for each in (await budi.get("/subscription/invoice")).json()["items"]]
    assert kinds == ["credit_note", "invoice"]


async def test_the_next_period_is_paid_once_ahead_and_added_at_the_end(budi: World) -> None:
    await pay(budi, await open_page(budi))
    first = await current_subscription(budi)
    advance_days(budi, 20)

    again = await open_page(budi)
    assert (await open_page(budi))["checkout_url"] == again["checkout_url"]
    await pay(budi, again, "bca_va")

    assert status_and_code(await create_checkout(budi, currency="IDR")) == (409, "already_subscribed")
    advance_days(budi, 15)
    second = await current_subscription(budi)
    assert (second["tier"], second["current_period_start"]) == ("pro", first["current_period_end"])


async def test_cancelling_at_once_sends_the_money_of_a_wallet_back(budi: World) -> None:
    await pay(budi, await open_page(budi))
    preview = await budi.post("/subscription/cancel?preview=1", {"at_period_end": False})
    cancelled = await budi.post("/subscription/cancel", {"at_period_end": False})
    assert cancelled.is_success, cancelled.text

    (transaction,) = budi.midtrans.engine.account.transactions.values()
    assert transaction.refunded == preview.json()["refund_amount"] > 98_000
    assert (await current_subscription(budi))["tier"] == "free"


async def test_a_payment_without_a_notification_is_found_by_the_job(budi: World) -> None:
    await pay(budi, await open_page(budi), heard=False)
    assert (await current_subscription(budi))["tier"] == "free"

    budi.database.advance(301)
    await reconcile_subscriptions()

    assert (await current_subscription(budi))["tier"] == "pro"


async def test_an_absent_midtrans_is_reported_and_the_same_request_continues(budi: World) -> None:
    budi.midtrans.fault = "away"
    assert status_and_code(await create_checkout(budi, currency="IDR")) == (503, "payment_provider_unavailable")

    budi.midtrans.fault = None
    await pay(budi, await open_page(budi))
    assert (await current_subscription(budi))["tier"] == "pro"


async def test_a_change_says_that_money_of_a_virtual_account_becomes_time(budi: World) -> None:
    await pay(budi, await open_page(budi), "bca_va")
    cancelling = (await budi.post("/subscription/cancel?preview=1", {"at_period_end": False})).json()
    assert (cancelling["refund_amount"], "time of that plan" in cancelling["explanation"]) == (0, True)
    advance_days(budi, 15)
    change = {"plan_id": "enterprise"}

    preview = (await budi.post("/subscription/update?preview=1", change)).json()
    assert (preview["refund_amount"], preview["returned_as"], preview["added_days"]) == (0, "time", 3.74)

    changed = await budi.post("/subscription/update", change)
    assert changed.is_success, changed.text
    await pay(budi, changed.json(), "bca_va")

    found = await current_subscription(budi)
    assert found["tier"] == "enterprise"
    days = budi.database.one(
        "select extract(epoch from max(current_period_end) - oneai.now())::float8 / 86400 from oneai.subscriptions"
    )
    assert 33.7 < days < 33.76


async def test_credits_in_rupiah_are_paid_on_the_same_page_also_late(budi: World) -> None:
    packages = (await budi.get("/credits/packages")).json()
    assert packages["currencies"] == ["INR", "USD", "IDR"]

    bought = await budi.post("/credits/purchase", {"package_id": "credits_10", "currency": "IDR"})
    assert bought.status_code == 201, bought.text
    order = bought.json()
    assert (order["amount"], order["checkout"]["key_id"]) == (150_000, None)
    page = {"checkout_url": order["checkout"]["short_url"]}
    await choose(page, "bca_va")
    advance_days(budi, 1.5)
    await budi.midtrans.catch_up()
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        ref = budi.midtrans.deliveries.all[-1].subscription_id
        await http.post(f"{budi.address}/local/midtrans/orders/{ref}", json={"act": "pay"})
    await budi.midtrans.catch_up()

    balance = (await budi.get("/credits/balance")).json()
    assert balance["available_micro_usd"] == 10_000_000


async def test_rupiah_are_for_people_in_indonesia(budi: World) -> None:
    budi.database.rows("update oneai.billing_details set country = 'SG', state = ''")

    for answer in (
        await create_checkout(budi, currency="IDR"),
        await budi.post("/credits/purchase", {"package_id": "credits_10", "currency": "IDR"}),
    ):
        assert answer.status_code == 422, answer.text
        assert [each["field"] for each in answer.json()["error"]["details"]] == ["currency"]


async def test_choosing_another_plan_closes_the_page_of_the_first(budi: World) -> None:
    first = await open_page(budi)
    await choose(first, "bca_va")
    await open_page(budi, plan_id="enterprise")

    (transaction,) = budi.midtrans.engine.account.transactions.values()
    assert transaction.status == "expire"


async def prepaid_team(buyers: Buyers, seats: int = 3, method: str = "gopay") -> None:
    """The team pays for thirty days ahead, at Rp 129.000 a seat."""
    buyers.world.database.rows(
        "select oneai.set_price('midtrans', 'team', 'monthly', 'IDR', 129000, 'team.IDR', 129000)"
    )
    price_list.reset()
    assert (await buyers.send("PUT", "/subscription/billing-details", BUDI)).is_success
    created = await buyers.create(seats=seats, currency="IDR")
    assert created.json()["charged_amount"] == seats * 129_000
    await pay(buyers.world, created.json(), method)
    assert buyers.seats == seats


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
    advance_days(buyers.world, 1)
    ahead = (await buyers.create(seats=5, currency="IDR")).json()
    assert ahead["charged_amount"] == 645_000
    await pay(buyers.world, ahead)
    assert (await buyers.subscription())["renewal_seats"] == 5
    advance_days(buyers.world, 15)
    await reconcile_subscriptions()
    assert buyers.seats == 5
    invoices = (await buyers.send("GET", "/subscription/invoice")).json()["items"]
    assert [each["total"] for each in invoices] == [645_000, order["amount"], 387_000]


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
