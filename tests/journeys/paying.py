"""Pays as users over the stack's port, and reads their plans."""

from typing import Any

import httpx

from tests.billing.documents.issuing import ASHA
from tests.journeys.running_stack import RunningStack
from tests.patience import PATIENCE

PRO = {"plan_id": "pro", "period": "monthly", "currency": "INR"}
DAY = 86_400


async def open_subscription(stack: RunningStack, who: str) -> dict[str, Any]:
    """Stores billing details and creates a monthly pro subscription; the response of `create`."""
    saved = await stack.http.put("/subscription/billing-details", json=ASHA, headers=stack.headers(who))
    assert saved.is_success, saved.text
    created = await stack.post("/subscription/create", PRO, who)
    assert created.status_code == 201, created.text
    opened: dict[str, Any] = created.json()
    return opened


async def switch(stack: RunningStack, path: str, body: Any) -> dict[str, Any]:
    """A request to the stand-in's control API."""
    answer = await stack.http.post(f"{stack.address}/local/razorpay{path}", json=body)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


async def deliveries(stack: RunningStack, subscription: str) -> list[dict[str, Any]]:
    """The deliveries of a subscription's events, in the order in which they are sent."""
    items = (await stack.http.get(f"{stack.address}/local/razorpay/deliveries")).json()["items"]
    return [each for each in items if each["subscription_id"] == subscription]


async def wait_for_deliveries(stack: RunningStack) -> None:
    """Waits until every event is delivered."""
    await stack.advance(0)


async def reconcile(stack: RunningStack) -> dict[str, Any]:
    """Runs the reconciliation job; its result."""
    outcome = await stack.run("reconcile_subscriptions")
    assert outcome["status"] == "succeeded", outcome
    done: dict[str, Any] = outcome["output"]
    return done


async def current(stack: RunningStack, who: str) -> dict[str, Any]:
    """`GET /subscription`."""
    answer = await stack.get("/subscription", who)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def tier_and_status(stack: RunningStack, who: str) -> tuple[str, str]:
    """Of `GET /subscription`."""
    found = await current(stack, who)
    return found["tier"], found["status"]


async def changes(stack: RunningStack, who: str) -> list[tuple[str, str, str]]:
    """Their history, the oldest first: why, from which tier to which."""
    items = (await stack.get("/subscription/history", who)).json()["items"]
    return [(each["change_reason"], each["old_tier"], each["new_tier"]) for each in reversed(items)]


async def invoiced(stack: RunningStack, who: str) -> list[int]:
    """The amounts of their invoices, the oldest first."""
    items = (await stack.get("/subscription/invoice", who)).json()["items"]
    return [each["total"] for each in reversed(items)]


async def subscription_view(stack: RunningStack, who: str) -> dict[str, Any]:
    """Everything a user sees of their subscription; times to the day."""
    found = await current(stack, who)
    quotas = (await stack.get("/quota/status", who)).json()["quotas"]
    return {
        "now": (found["tier"], found["status"], found["plan_id"]),
        "until": (found["current_period_end"] or "")[:10],
        "changes": await changes(stack, who),
        "invoices": await invoiced(stack, who),
        "quotas": {key: (each["limit"], each["used"]) for key, each in quotas.items()},
    }


async def mail_to(stack: RunningStack, who: str) -> list[str]:
    """The subjects of the mails to `who`, oldest first."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        items = (await browser.get(f"{stack.address}/local/outbox/")).json()["items"]
    return [each["subject"] for each in reversed(items) if each["to"] == f"{who}@example.com"]
