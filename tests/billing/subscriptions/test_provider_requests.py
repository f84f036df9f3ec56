"""The requests of a workspace that lead to a request to its payment provider are limited together."""

import pytest

from oneai.billing import provider_requests
from tests.billing.stripe.users import CAROL, live_in, pay, sold_at_stripe
from tests.billing.subscriptions.subscribing import (
    create_checkout,
    current_subscription,
    enterprise_for_sale,
    status_and_code,
    subscribe,
)
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


async def test_pausing_and_changing_in_place_are_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    enterprise_for_sale(world)
    await subscribe(world)
    with monkeypatch.context() as changed:
        changed.setattr(provider_requests, "BURST", 0)
        change = {"plan_id": "enterprise", "when": "now"}
        for path, body in (
            ("/subscription/pause", None),
            ("/subscription/update", change),
            ("/subscription/update?preview=1", change),
        ):
            answer = await world.http.post(path, json=body, headers=world.headers())
            assert status_and_code(answer) == LIMITED, path
        assert (await world.get("/subscription/portal")).status_code == 429
    paused = await world.post("/subscription/pause", None)
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
