"""A payer who returns from Stripe's or Midtrans' page is served immediately, also without any webhook."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from oneai.billing import provider_requests
from oneai.billing.subscriptions import price_list
from tests.billing.stripe.users import CAROL, live_in, pay, sold_at_stripe, subscription
from tests.billing.subscriptions.paying_ahead import BUDI, choose, open_page
from tests.billing.subscriptions.paying_ahead import pay as pay_ahead
from tests.billing.subscriptions.subscribing import create_checkout, status_and_code
from tests.world import World

pytestmark = pytest.mark.sampled(0.3)


@pytest.fixture
async def carol(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Asha lives in Austin, and Stripe takes payments."""
    sold_at_stripe(world, monkeypatch)
    await live_in(world, CAROL)
    return world


async def confirm(world: World, checkout_id: str, who: str = "asha", **more: str) -> Any:
    """The answer to a confirmation."""
    return await world.post("/subscription/verify", {"checkout_id": checkout_id, **more}, who)


def read_in(world: World) -> float:
    """In how many seconds the only subscription is read from the provider."""
    seconds: float = world.database.one(
        "select extract(epoch from next_sync_at - oneai.now())::double precision from oneai.subscriptions"
    )
    return seconds


async def test_a_plan_begins_on_return_from_stripe_before_its_webhooks(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD")).json()
    unpaid = await confirm(carol, session["subscription_id"])
    assert (unpaid.status_code, unpaid.json()["tier"]) == (200, "free")

    paid = await pay(carol, session["checkout_url"], heard=False)
    (returned,) = parse_qs(urlsplit(paid.headers["location"]).query)["id"]
    assert (await subscription(carol))["tier"] == "free"
    confirmed = await confirm(carol, returned)
    assert (confirmed.status_code, confirmed.json()["tier"]) == (200, "pro")

    assert read_in(carol) > 60
    # A payment that is known is not read again, so Stripe may be away.
    carol.stripe.fault = "away"
    assert (await confirm(carol, returned)).json() == confirmed.json()
    assert read_in(carol) > 60
    carol.stripe.fault = None
    await carol.stripe.catch_up()
    assert carol.database.one("select count(*) from oneai.payments") == 1


async def test_only_the_own_workspaces_checkout_is_confirmed(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD")).json()
    await pay(carol, session["checkout_url"], heard=False)
    ref = carol.database.one("select provider_subscription_id from oneai.subscriptions")

    assert status_and_code(await confirm(carol, session["subscription_id"], "ravi")) == (404, "not_found")
    assert status_and_code(await confirm(carol, str(uuid4()))) == (404, "not_found")
    assert (await confirm(carol, ref)).status_code == 422
    both = await confirm(carol, session["subscription_id"], razorpay_payment_id="pay_x")
    assert both.status_code == 422
    assert (await subscription(carol))["tier"] == "free"
    assert (await carol.get("/subscription", "ravi")).json()["tier"] == "free"


async def test_credits_come_on_return_from_stripe_and_once(carol: World) -> None:
    bought = (await carol.post("/credits/purchase", {"package_id": "credits_10", "currency": "USD"})).json()
    paid = await pay(carol, bought["checkout"]["short_url"], heard=False)
    assert parse_qs(urlsplit(paid.headers["location"]).query)["id"] == [bought["order_id"]]

    assert status_and_code(await confirm(carol, bought["order_id"], "ravi")) == (404, "not_found")
    for _ in range(2):
        assert (await confirm(carol, bought["order_id"])).is_success
    await carol.stripe.catch_up()

    assert (await carol.get("/credits/balance")).json()["available_micro_usd"] == 10_000_000


async def test_the_confirmations_of_a_workspace_are_limited_and_then_count(
    carol: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_requests, "PER_MINUTE", 1)
    monkeypatch.setattr(provider_requests, "BURST", 3)
    plan = (await create_checkout(carol, currency="USD")).json()
    bought = (await carol.post("/credits/purchase", {"package_id": "credits_10", "currency": "USD"})).json()
    checkouts = [plan["subscription_id"], bought["order_id"]]
    await pay(carol, plan["checkout_url"], heard=False)
    # Another workspace's requests, and those that reach no provider, are not counted.
    for _ in range(5):
        assert (await confirm(carol, checkouts[0], "ravi")).status_code == 404

    answers = await asyncio.gather(*(confirm(carol, bought["order_id"]) for _ in range(5)))
    refused = [each for each in answers if each.status_code == 429]
    assert ([each.status_code for each in answers].count(200), len(refused)) == (3, 2)
    assert {each.json()["error"]["limit_name"] for each in refused} == {"payment_provider_requests"}
    assert all(each.headers["retry-after"] for each in refused)
    assert [(await confirm(carol, each)).status_code for each in checkouts] == [429, 429]
    await provider_requests.count_request(carol.people["ravi"])

    carol.database.advance(60)
    assert (await confirm(carol, checkouts[0])).json()["tier"] == "pro"
    # What is known is answered without the provider.
    for _ in range(5):
        assert (await confirm(carol, checkouts[0])).json()["tier"] == "pro"
    assert (await confirm(carol, checkouts[1])).status_code == 429


async def test_a_confirmation_while_stripe_is_away_is_left_to_the_job(carol: World) -> None:
    session = (await create_checkout(carol, currency="USD")).json()
    await pay(carol, session["checkout_url"], heard=False)
    carol.stripe.fault = "away"

    answer = await confirm(carol, session["subscription_id"])

    assert (answer.status_code, answer.json()["tier"]) == (200, "free")
    assert read_in(carol) <= 0
    carol.stripe.fault = None
    assert (await confirm(carol, session["subscription_id"])).json()["tier"] == "pro"


async def test_a_bank_transfer_at_midtrans_is_found_when_its_payer_looks(world: World) -> None:
    world.database.rows("select oneai.set_price('midtrans', 'pro', 'monthly', 'IDR', 99000, 'pro.IDR', 99000)")
    price_list.reset()
    await live_in(world, BUDI)
    first = await open_page(world)
    await choose(first, "bca_va")
    assert (await confirm(world, first["subscription_id"])).json()["tier"] == "free"
    await pay_ahead(world, first, "bca_va", heard=False)
    paid = (await confirm(world, first["subscription_id"])).json()
    assert paid["tier"] == "pro"

    second = await open_page(world)
    assert second["subscription_id"] == first["subscription_id"]
    assert (await confirm(world, second["subscription_id"])).json()["paid_until"] == paid["paid_until"]
    await pay_ahead(world, second, heard=False)
    assert (await confirm(world, second["subscription_id"])).json()["paid_until"] > paid["paid_until"]
