"""Paying in the browser: billing details, the stand-in's page, and the stand-in's control API."""

import re
from typing import Any

import httpx
from playwright.async_api import Page, expect

from tests.patience import PATIENCE

ADDRESS = "1 MG Road\nBengaluru 560001"
DETAILS = {"legal_name": "Asha Rao", "address": ADDRESS, "country": "IN", "state": "KA"}


async def fill_in_details(page: Page) -> None:
    """The billing details of a user in Karnataka."""
    await page.get_by_label("Name or company").fill(DETAILS["legal_name"])
    await page.get_by_label("Address").fill(ADDRESS)
    await page.get_by_label("State or union territory").select_option("KA")


async def continue_to_payment(page: Page) -> None:
    """Leaves the app for the stand-in's page."""
    await page.get_by_role("button", name="Continue to payment").click()
    await expect(page.get_by_role("button", name="Let this payment fail")).to_be_visible()


async def pay(page: Page) -> None:
    """Pays on the stand-in's page, and comes back."""
    await page.get_by_role("button", name="Pay ₹").click()
    await page.get_by_role("link", name="Continue to OneAI").click()


async def subscribe(
    client: httpx.AsyncClient, period: str = "monthly", plan_id: str = "pro", **terms: Any
) -> dict[str, Any]:
    """Has the user of `client` subscribe, to Pro unless said otherwise, and pay, without the pages; the
    subscription."""
    (await client.put("/api/subscription/billing-details", json=DETAILS)).raise_for_status()
    opened = await client.post("/api/subscription/create", json={"plan_id": plan_id, "period": period, **terms})
    opened.raise_for_status()
    paid = await client.post(opened.json()["short_url"], data={"method": "card", "outcome": "ok"})
    proof = dict(_fields(paid.text))
    verified = await client.post("/api/subscription/verify", json=proof)
    verified.raise_for_status()
    assert verified.json()["tier"] == plan_id
    return dict(verified.json())


async def control(stack_url: str, path: str, change: dict[str, Any]) -> None:
    """Posts to the stand-in's control API: `control(url, "webhooks", {"mode": "drop"})`."""
    async with httpx.AsyncClient(base_url=stack_url, timeout=PATIENCE) as client:
        (await client.post(f"/local/razorpay/{path}", json=change)).raise_for_status()


def _fields(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="(razorpay_\w+)" value="([^"]*)"', page)
