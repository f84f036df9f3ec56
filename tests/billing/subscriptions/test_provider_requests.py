"""The requests of a workspace that lead to a request to its payment provider are limited together."""

import pytest

from oneai.billing import provider_requests
from tests.billing.stripe.users import CAROL, live_in, pay, sold_at_stripe
from tests.billing.subscriptions.buyers import razorpay_signature
from tests.billing.subscriptions.subscribing import (
    create_checkout,
    current_subscription,
    enterprise_for_sale,
    save_billing_details,
    status_and_code,
)
from tests.credits.buying import Buyer
from tests.world import World

pytestmark = pytest.mark.sampled(0.3)
LIMITED = (429, "rate_limited")


async def test_a_page_is_not_looked_at_again_without_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sold_at_stripe(world, monkeypatch)
    await live_in(world, CAROL)
    monkeypatch.setattr(provider_requests, "BURST", 1)
    monkeypatch.setattr(provider_requests, "PER_MINUTE", 1)
    opened = [await create_checkout(world, currency="USD") for _ in range(3)]
    assert [each.status_code for each in opened] == [201, 200, 429]
    world.database.advance(60)
    assert (await create_checkout(world, currency="USD")).json()["checkout_url"] == opened[0].json()["checkout_url"]

    await pay(world, opened[0].json()["checkout_url"])
    # Its payment is here, so that the limit does not matter; the portal is a request to Stripe.
    assert (await current_subscription(world))["tier"] == "pro"
    assert status_and_code(await world.get("/subscription/portal")) == LIMITED
    world.database.advance(60)
    assert (await world.get("/subscription/portal")).is_success


async def test_pausing_changing_and_signed_results_are_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    enterprise_for_sale(world)
    await save_billing_details(world)
    checkout = (await create_checkout(world)).json()
    proof = await world.check_out(checkout["short_url"])
    # The first request of a workspace is never refused.
    await provider_requests.count_request(world.people["asha"])
    with monkeypatch.context() as changed:
        changed.setattr(provider_requests, "BURST", 0)
        assert status_and_code(await world.post("/subscription/verify", proof)) == LIMITED
    assert (await world.post("/subscription/verify", proof)).json()["tier"] == "pro"

    buyer = Buyer(world)
    order = await buyer.ordered()
    paid = await buyer.pay(order, verify=False)
    with monkeypatch.context() as changed:
        changed.setattr(provider_requests, "BURST", 0)
        change = {"plan_id": "enterprise", "when": "now"}
        signature = razorpay_signature(order["checkout"]["order_id"], paid)
        of_order = {"razorpay_order_id": order["checkout"]["order_id"], "razorpay_payment_id": paid}
        for path, body in (
            ("/subscription/verify", {**of_order, "razorpay_signature": signature}),
            ("/subscription/pause", None),
            ("/subscription/update", change),
            ("/subscription/update?preview=1", change),
        ):
            answer = await world.http.post(path, json=body, headers=world.headers())
            assert status_and_code(answer) == LIMITED, path
        assert status_and_code(await world.get("/subscription/portal")) == LIMITED
    await buyer.verify(order["checkout"]["order_id"], paid)
    paused = await world.post("/subscription/pause", None)
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
