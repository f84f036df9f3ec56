"""Pausing, resuming, and the page on which one changes how one pays."""

import httpx
import pytest

from oneai.billing import reconcile_subscriptions
from tests.billing.subscriptions.subscribing import (
    advance_to_period_end,
    current_subscription,
    plan_history,
    set_fault,
    status_and_code,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def customer(world: World, checkout: dict[str, dict[str, str]], what: str) -> None:
    """A user does something in their bank's app, and the provider reports it."""
    lever = f"{world.address}/local/razorpay/subscriptions/{checkout['razorpay']['subscription_id']}"
    async with httpx.AsyncClient() as client:
        assert (await client.post(lever, json={"customer": what})).is_success
    await world.razorpay.catch_up()


async def test_a_pause_keeps_the_paid_plan_and_can_be_ended(world: World) -> None:
    await subscribe(world)

    paused = await world.post("/subscription/pause", None)
    again = await world.post("/subscription/pause", None)
    world.database.advance(2)  # the provider counts in seconds
    resumed = await world.post("/subscription/resume", None)

    assert [(each.status_code, each.json()["tier"], each.json()["status"]) for each in (paused, again, resumed)] == [
        (200, "pro", "paused"),
        (200, "pro", "paused"),
        (200, "pro", "active"),
    ]
    assert [reason for _, _, reason in await plan_history(world)] == ["new_subscription", "pause", "resume"]


async def test_a_pause_across_the_end_of_a_period_gives_no_days_and_no_debt(world: World) -> None:
    await subscribe(world)
    advance_to_period_end(world, hours=1)
    await world.post("/subscription/pause", None)
    world.database.advance(2 * 3600)
    await reconcile_subscriptions()
    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "free",
        "paused",
    )
    await world.post("/subscription/resume", None)

    for day in (0, 8):
        world.database.advance(day * 24 * 3600)
        await reconcile_subscriptions()
        assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
            "free",
            "active",
        )
    assert (await world.post("/subscription/pause", None)).status_code == 200
    world.database.advance(2)
    assert (await world.post("/subscription/resume", None)).status_code == 200
    world.database.advance(31 * 24 * 3600)
    await world.razorpay.catch_up()

    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "pro",
        "active",
    )
    assert [reason for _, _, reason in await plan_history(world)] == [
        *("new_subscription", "pause", "pause", "resume", "pause", "resume", "renewal")
    ]


async def test_a_pause_from_a_banking_app_is_resumed_there(world: World) -> None:
    checkout = await subscribe(world, method="upi")
    await customer(world, checkout, "pauses")
    assert (await current_subscription(world))["status"] == "paused"

    refused = await world.post("/subscription/resume", None)

    assert status_and_code(refused) == (409, "subscription_not_changeable")
    assert "your bank's or UPI app" in refused.json()["error"]["message"]
    await customer(world, checkout, "resumes")
    assert (await current_subscription(world))["status"] == "active"


@pytest.mark.parametrize("what", ["pause", "resume"])
async def test_a_pause_and_a_resume_require_a_subscription(what: str, world: World) -> None:
    assert status_and_code(await world.post(f"/subscription/{what}", None)) == (409, "subscription_not_changeable")


async def test_an_active_subscription_cannot_be_resumed(world: World) -> None:
    await subscribe(world)

    assert status_and_code(await world.post("/subscription/resume", None)) == (409, "subscription_not_changeable")


async def test_a_provider_outage_pauses_nothing(world: World) -> None:
    await subscribe(world)
    await set_fault(world, "away")

    assert status_and_code(await world.post("/subscription/pause", None)) == (503, "payment_provider_unavailable")
    assert (await current_subscription(world))["status"] == "active"


async def test_the_portal_is_the_subscriptions_page_at_the_provider(world: World) -> None:
    assert status_and_code(await world.get("/subscription/portal")) == (409, "subscription_not_changeable")
    checkout = await subscribe(world)

    assert (await world.get("/subscription/portal")).json() == {
        "url": checkout["short_url"],
        "purpose": "payment_method",
        "expires_at": None,
    }


async def test_history_has_pages(world: World) -> None:
    await subscribe(world)
    await world.post("/subscription/pause", None)
    world.database.advance(2)
    await world.post("/subscription/resume", None)

    reasons, cursor = [], None
    while True:
        page = (await world.get("/subscription/history", limit=1, **({"cursor": cursor} if cursor else {}))).json()
        reasons += [each["change_reason"] for each in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert reasons == ["resume", "pause", "new_subscription"]
    assert status_and_code(await world.get("/subscription/history", cursor="nonsense")) == (422, "invalid_request")
    assert (await world.get("/subscription/history", "ravi")).json() == {"items": [], "next_cursor": None}
