"""Paying at Stripe without the pages of the app: a subscription, and what happens at the stand-in."""

from typing import Any

import httpx

from tests.patience import PATIENCE, eventually

CAROL = {"legal_name": "Carol Jones", "address": "5 Main St\nAustin 78701", "state": "TX", "country": "US"}
OK = "4242424242424242"


async def subscribe(client: httpx.AsyncClient, plan_id: str = "pro", **terms: Any) -> dict[str, Any]:
    """Has the user of `client` subscribe from Austin, by the month unless said otherwise, and pay on Stripe's page; the
    subscription."""
    (await client.put("/api/subscription/billing-details", json=CAROL)).raise_for_status()
    wanted = {"plan_id": plan_id, "period": "monthly", "currency": "USD"} | terms
    opened = (await client.post("/api/subscription/create", json=wanted)).raise_for_status().json()
    paid = await client.post(opened["checkout_url"], data={"card": OK})
    assert paid.status_code == 303, paid.text
    found = await eventually(lambda: client.get("/api/subscription"), lambda answer: answer.json()["tier"] == plan_id)
    return dict(found.json())


async def act(stack_url: str, path: str, change: dict[str, Any]) -> None:
    """What a bank does, or happens in Stripe's dashboard: `act(url, "customers/cus_1", {"outcome": "decline"})`."""
    async with httpx.AsyncClient(base_url=f"{stack_url}/local/stripe", timeout=PATIENCE) as client:
        (await client.post(f"/{path}", json=change)).raise_for_status()


async def subscriptions(stack_url: str, workspace: str) -> list[dict[str, Any]]:
    """A workspace's subscriptions as Stripe has them, the newest first."""
    async with httpx.AsyncClient(base_url=stack_url, timeout=PATIENCE) as client:
        items = (await client.get("/local/stripe/subscriptions")).json()["items"]
    return [each for each in items if each["metadata"]["oneai_workspace"] == workspace]
