"""Somebody runs out, subscribes, fails to renew, is reminded, falls back and recovers, whatever the webhooks do."""

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
    standing,
    switch,
    tier_and_status,
    told,
)
from tests.journeys.test_a_quota_used_up import look, use_up
from tests.journeys.town import Town


async def until_renewal(town: Town, who: str, after: float = 3600) -> None:
    """To the moment so many seconds after the paid period ends."""
    ends = datetime.fromisoformat((await current(town, who))["current_period_end"])
    await town.advance((ends - town.database.one("select oneai.now()")).total_seconds() + after)


async def test_run_out_subscribe_fail_to_renew_be_reminded_fall_back_and_recover(town: Town) -> None:
    asha = town.newcomer()
    free = (await town.get("/quota/status", asha)).json()["quotas"]["small_messages"]
    use_up(town, asha)
    assert (await look(town, asha)).status_code == 429

    opened = await open_subscription(town, asha)
    again = await town.post("/subscription/create", PRO, asha)
    assert (again.status_code, again.json()["short_url"]) == (200, opened["short_url"])
    assert await tier_and_status(town, asha) == ("free", "active")

    # She pays on the page, and her browser hands over what the checkout gave it.
    there = opened["razorpay"]["subscription_id"]
    proof = await town.check_out(opened["short_url"], method="card")
    verified = await town.post("/subscription/verify", proof, asha)
    assert (verified.status_code, verified.json()["tier"], verified.json()["status"]) == (200, "pro", "active")
    assert await town.quota_of(asha) == (0, 0)
    assert (await look(town, asha)).status_code == 200
    assert (await town.ask("What did I pay for?", asha)).last["state"] == "complete"
    assert await town.quota_of(asha) == (1, 0)

    # The webhooks say it all again, and nothing is granted twice.
    await told(town)
    assert {(each["state"], *each["answered"]) for each in await deliveries(town, there)} == {("delivered", "200")}
    assert await town.quota_of(asha) == (1, 0)
    assert await changes(town, asha) == [("new_subscription", "free", "pro")]
    assert await invoiced(town, asha) == [opened["charged_amount"]]
    await town.run("send_mail")
    assert len([each for each in await mail_to(town, asha) if each.startswith("Receipt: ")]) == 1

    # The renewal fails, and on the next three days again.
    await switch(town, f"/subscriptions/{there}", {"outcome": "fail"})
    await until_renewal(town, asha)
    assert await tier_and_status(town, asha) == ("pro", "past_due")
    await town.advance(4 * DAY)
    assert await tier_and_status(town, asha) == ("free", "unpaid")
    assert [each for each in await mail_to(town, asha) if "payment for" in each] == [
        "Your payment for OneAI Pro failed",
        *(f"Reminder {attempt}: your payment for OneAI Pro" for attempt in (2, 3, 4)),
    ]
    assert (await town.get("/quota/status", asha)).json()["quotas"]["small_messages"]["limit"] == free["limit"]

    # She pays the open invoice on the page she is led to.
    portal = (await town.get("/subscription/portal", asha)).json()
    await town.check_out(portal["url"], method="upi")
    await told(town)
    assert await tier_and_status(town, asha) == ("pro", "active")
    assert await changes(town, asha) == [
        ("new_subscription", "free", "pro"),
        ("payment_failure", "pro", "pro"),
        ("payment_failure", "pro", "free"),
        ("recovery", "free", "pro"),
    ]
    assert len(await invoiced(town, asha)) == 2
    await town.run("send_mail")
    assert len([each for each in await mail_to(town, asha) if each.startswith("Receipt: ")]) == 2


@pytest.fixture
async def four(town: Town) -> dict[str, tuple[str, str, str]]:
    """People whose webhooks come in four ways: their name, their subscription at the provider, their page."""
    found = {}
    for mode in ("normal", "drop", "duplicate", "reorder"):
        who = town.newcomer()
        opened = await open_subscription(town, who)
        there = opened["razorpay"]["subscription_id"]
        await switch(town, "/webhooks", {"mode": mode, "subscription_id": there})
        found[mode] = (who, there, opened["short_url"])
    return found


@pytest.mark.exhaustive
async def test_whether_webhooks_come_once_twice_upside_down_or_never_all_stand_the_same(
    town: Town, four: dict[str, tuple[str, str, str]]
) -> None:
    async def all_stand(tier: str, status: str) -> None:
        """Nobody sees the difference, once the job has asked about those who were told nothing."""
        await told(town)
        await reconcile(town)
        seen = {mode: await standing(town, who) for mode, (who, _, _) in four.items()}
        assert seen["normal"]["now"][:2] == (tier, status)
        for mode in four:
            assert seen[mode] == seen["normal"], mode

    (normal, _, _) = four["normal"]
    await asyncio.gather(*(town.check_out(page, method="card") for _, _, page in four.values()))
    await town.advance(DAY)
    await all_stand("pro", "active")

    for _, there, _ in four.values():
        await switch(town, f"/subscriptions/{there}", {"outcome": "fail"})
    await until_renewal(town, normal, 5 * DAY)
    await all_stand("free", "unpaid")

    await asyncio.gather(*(town.check_out(page, method="upi") for _, _, page in four.values()))
    await town.advance(DAY)
    await all_stand("pro", "active")

    states = {mode: {each["state"] for each in await deliveries(town, there)} for mode, (_, there, _) in four.items()}
    assert states == {"drop": {"dropped"}, **{mode: {"delivered"} for mode in four if mode != "drop"}}


async def at_the_provider(town: Town, our_id: str) -> list[dict[str, Any]]:
    """What was opened there for a subscription of ours."""
    items = (await town.http.get(f"{town.address}/local/razorpay/subscriptions")).json()["items"]
    return [each for each in items if our_id in dict(each["notes"] or {}).values()]


@pytest.mark.parametrize("trouble", ["away", "lost"])
async def test_with_razorpay_down_nothing_is_opened_twice_and_nothing_is_paid_unseen(town: Town, trouble: str) -> None:
    asha = town.newcomer()
    await town.http.put(
        "/subscription/billing-details",
        json={"legal_name": "Asha", "address": "1 MG Road", "state": "KA", "country": "IN"},
        headers=town.headers(asha),
    )
    await switch(town, "/trouble", {"trouble": trouble})
    try:
        refused = await town.post("/subscription/create", PRO, asha)
    finally:
        await switch(town, "/trouble", {"trouble": None})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "payment_provider_unavailable")
    assert await tier_and_status(town, asha) == ("free", "active")

    created = await town.post("/subscription/create", PRO, asha)
    assert created.status_code in (200, 201), created.text
    opened = created.json()
    (there,) = await at_the_provider(town, opened["subscription_id"])
    assert there["id"] == opened["razorpay"]["subscription_id"]

    proof = await town.check_out(opened["short_url"])
    assert (await town.post("/subscription/verify", proof, asha)).json()["tier"] == "pro"
    assert len(await invoiced(town, asha)) == 1
