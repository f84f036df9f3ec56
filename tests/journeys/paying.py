"""What people who pay do in the town, over nothing but its one port, and how they stand."""

from typing import Any

import httpx

from tests.billing.documents.issuing import ASHA
from tests.journeys.town import Town
from tests.patience import PATIENCE

PRO = {"plan_id": "pro", "period": "monthly", "currency": "INR"}
DAY = 86_400


async def open_subscription(town: Town, who: str) -> dict[str, Any]:
    """Says who they are, and asks for pro by the month; what `create` answered."""
    told = await town.http.put("/subscription/billing-details", json=ASHA, headers=town.headers(who))
    assert told.is_success, told.text
    created = await town.post("/subscription/create", PRO, who)
    assert created.status_code == 201, created.text
    opened: dict[str, Any] = created.json()
    return opened


async def switch(town: Town, path: str, body: Any) -> dict[str, Any]:
    """One of the stand-in's switches."""
    answer = await town.http.post(f"{town.address}/local/razorpay{path}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def deliveries(town: Town, subscription: str) -> list[dict[str, Any]]:
    """What became of the events of a subscription at the provider, in the order in which they are sent."""
    items = (await town.http.get(f"{town.address}/local/razorpay/deliveries")).json()["items"]
    return [each for each in items if each["subscription_id"] == subscription]


async def told(town: Town) -> None:
    """Everything that has happened has been told by now."""
    await town.advance(0)


async def reconcile(town: Town) -> dict[str, Any]:
    """The job that makes good what no webhook told; what it did."""
    outcome = await town.run("reconcile_subscriptions")
    assert outcome["status"] == "succeeded", outcome
    done: dict[str, Any] = outcome["output"]
    return done


async def current(town: Town, who: str) -> dict[str, Any]:
    """`GET /subscription`."""
    answer = await town.get("/subscription", who)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def tier_and_status(town: Town, who: str) -> tuple[str, str]:
    """Of `GET /subscription`."""
    found = await current(town, who)
    return found["tier"], found["status"]


async def changes(town: Town, who: str) -> list[tuple[str, str, str]]:
    """Their history, the oldest first: why, from which tier to which."""
    items = (await town.get("/subscription/history", who)).json()["items"]
    return [(each["change_reason"], each["old_tier"], each["new_tier"]) for each in reversed(items)]


async def invoiced(town: Town, who: str) -> list[int]:
    """What their invoices say, the oldest first."""
    items = (await town.get("/subscription/invoice", who)).json()["items"]
    return [each["total"] for each in reversed(items)]


async def standing(town: Town, who: str) -> dict[str, Any]:
    """All that somebody sees of their subscription; when things happened is told to the day."""
    found = await current(town, who)
    quotas = (await town.get("/quota/status", who)).json()["quotas"]
    return {
        "now": (found["tier"], found["status"], found["plan_id"]),
        "until": (found["current_period_end"] or "")[:10],
        "changes": await changes(town, who),
        "invoices": await invoiced(town, who),
        "quotas": {key: (each["limit"], each["used"]) for key, each in quotas.items()},
    }


async def mail_to(town: Town, who: str) -> list[str]:
    """The subjects of what `who` was mailed, oldest first."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        items = (await browser.get(f"{town.address}/local/outbox/")).json()["items"]
    return [each["subject"] for each in reversed(items) if each["to"] == f"{who}@example.com"]
