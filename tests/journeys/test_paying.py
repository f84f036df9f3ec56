"""A user runs out, subscribes, fails to renew, is reminded, falls back and recovers, with any delivery of webhooks."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from tests.journeys.paying import (
    DAY,
    PRO,
    changes,
    current,
    deliveries,
    invoiced,
    mail_to,
    open_subscription,
    reconcile,
    subscription_view,
    switch,
    tier_and_status,
    wait_for_deliveries,
)
from tests.journeys.running_stack import RunningStack
from tests.journeys.test_a_quota_used_up import look, use_up


async def until_renewal(stack: RunningStack, who: str, after: float = 3600) -> None:
    """Advances to this many seconds after the end of the paid period."""
    ends = datetime.fromisoformat((await current(stack, who))["current_period_end"])
    await stack.advance((ends - stack.database.one("select oneai.now()")).total_seconds() + after)


@pytest.mark.exhaustive
async def test_a_subscription_is_bought_fails_to_renew_falls_back_and_recovers(stack: RunningStack) -> None:
    asha = stack.newcomer()
    free = (await stack.get("/quota/status", asha)).json()["quotas"]["small_messages"]
    use_up(stack, asha)
    assert (await look(stack, asha)).status_code == 429

    opened = await open_subscription(stack, asha)
    again = await stack.post("/subscription/create", PRO, asha)
    assert (again.status_code, again.json()["short_url"]) == (200, opened["short_url"])
    assert await tier_and_status(stack, asha) == ("free", "active")

    # She pays on the page, and her browser hands over what the checkout gave it.
    there = opened["razorpay"]["subscription_id"]
    proof = await stack.check_out(opened["short_url"], method="card")
    verified = await stack.post("/subscription/verify", proof, asha)
    assert (verified.status_code, verified.json()["tier"], verified.json()["status"]) == (200, "pro", "active")
    assert await stack.quota_of(asha) == (0, 0)
    assert (await look(stack, asha)).status_code == 200
    assert (await stack.ask("What did I pay for?", asha)).last["state"] == "complete"
    assert await stack.quota_of(asha) == (1, 0)

    # The webhooks say it all again, and nothing is granted twice.
    await wait_for_deliveries(stack)
    assert {(each["state"], *each["answered"]) for each in await deliveries(stack, there)} == {("delivered", "200")}
    assert await stack.quota_of(asha) == (1, 0)
    assert await changes(stack, asha) == [("new_subscription", "free", "pro")]
    assert await invoiced(stack, asha) == [opened["charged_amount"]]
    await stack.run("send_mail")
    assert len([each for each in await mail_to(stack, asha) if each.startswith("Receipt: ")]) == 1

    # The renewal fails, and on the next three days again.
    await switch(stack, f"/subscriptions/{there}", {"outcome": "fail"})
    await until_renewal(stack, asha)
    assert await tier_and_status(stack, asha) == ("pro", "past_due")
    await stack.advance(4 * DAY)
    assert await tier_and_status(stack, asha) == ("free", "unpaid")
    assert [each for each in await mail_to(stack, asha) if "payment for" in each] == [
        "Your payment for OneAI Pro failed",
        *(f"Reminder {attempt}: your payment for OneAI Pro" for attempt in (2, 3, 4)),
    ]
    assert (await stack.get("/quota/status", asha)).json()["quotas"]["small_messages"]["limit"] == free["limit"]

    # She pays the open invoice on the page she is led to.
    portal = (await stack.get("/subscription/portal", asha)).json()
    await stack.check_out(portal["url"], method="upi")
    await wait_for_deliveries(stack)
    assert await tier_and_status(stack, asha) == ("pro", "active")
    assert await changes(stack, asha) == [
        ("new_subscription", "free", "pro"),
        ("payment_failure", "pro", "pro"),
        ("payment_failure", "pro", "free"),
        ("recovery", "free", "pro"),
    ]
    assert len(await invoiced(stack, asha)) == 2
    await stack.run("send_mail")
    assert len([each for each in await mail_to(stack, asha) if each.startswith("Receipt: ")]) == 2


@pytest.fixture
async def four(stack: RunningStack) -> dict[str, tuple[str, str, str]]:
    """People whose webhooks come in four ways: their name, their subscription at the provider, their page."""
    found = {}
    for mode in ("normal", "drop", "duplicate", "reorder"):
        who = stack.newcomer()
        opened = await open_subscription(stack, who)
        there = opened["razorpay"]["subscription_id"]
        await switch(stack, "/webhooks", {"mode": mode, "subscription_id": there})
        found[mode] = (who, there, opened["short_url"])
    return found


@pytest.mark.exhaustive
async def test_webhooks_once_twice_reversed_or_never_lead_to_the_same_state(
    stack: RunningStack, four: dict[str, tuple[str, str, str]]
) -> None:
    async def all_stand(tier: str, status: str) -> None:
        """After reconciliation no difference is visible, whichever webhooks were delivered."""
        await wait_for_deliveries(stack)
        await reconcile(stack)
        seen = {mode: await subscription_view(stack, who) for mode, (who, _, _) in four.items()}
        assert seen["normal"]["now"][:2] == (tier, status)
        for mode in four:
            assert seen[mode] == seen["normal"], mode

    (normal, _, _) = four["normal"]
    await asyncio.gather(*(stack.check_out(page, method="card") for _, _, page in four.values()))
    await stack.advance(DAY)
    await all_stand("pro", "active")

    for _, there, _ in four.values():
        await switch(stack, f"/subscriptions/{there}", {"outcome": "fail"})
    await until_renewal(stack, normal, 5 * DAY)
    await all_stand("free", "unpaid")

    await asyncio.gather(*(stack.check_out(page, method="upi") for _, _, page in four.values()))
    await stack.advance(DAY)
    await all_stand("pro", "active")

    states = {mode: {each["state"] for each in await deliveries(stack, there)} for mode, (_, there, _) in four.items()}
    assert states == {"drop": {"dropped"}, **{mode: {"delivered"} for mode in four if mode != "drop"}}


async def at_the_provider(stack: RunningStack, our_id: str) -> list[dict[str, Any]]:
    """The provider's subscription for one of ours."""
    items = (await stack.http.get(f"{stack.address}/local/razorpay/subscriptions")).json()["items"]
    return [each for each in items if our_id in dict(each["notes"] or {}).values()]


@pytest.mark.parametrize("fault", ["away", "lost"])
async def test_a_razorpay_outage_creates_nothing_twice_and_misses_no_payment(stack: RunningStack, fault: str) -> None:
    asha = stack.newcomer()
    await stack.http.put(
        "/subscription/billing-details",
        json={"legal_name": "Asha", "address": "1 MG Road", "state": "KA", "country": "IN"},
        headers=stack.headers(asha),
    )
    await switch(stack, "/trouble", {"trouble": fault})
    try:
        refused = await stack.post("/subscription/create", PRO, asha)
    finally:
        await switch(stack, "/trouble", {"trouble": None})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "payment_provider_unavailable")
    assert await tier_and_status(stack, asha) == ("free", "active")

    created = await stack.post("/subscription/create", PRO, asha)
    assert created.status_code in (200, 201), created.text
    opened = created.json()
    (there,) = await at_the_provider(stack, opened["subscription_id"])
    assert there["id"] == opened["razorpay"]["subscription_id"]

    proof = await stack.check_out(opened["short_url"])
    assert (await stack.post("/subscription/verify", proof, asha)).json()["tier"] == "pro"
    assert len(await invoiced(stack, asha)) == 1
