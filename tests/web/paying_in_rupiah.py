"""Paying in rupiah: Budi's billing details, Midtrans' page in the browser, and what its payers and banks do."""

from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE

BUDI = {"legal_name": "Budi Santoso", "address": "Jl. Melati 7\nBandung 40111", "state": "JB", "country": "ID"}


async def fill_in_details(page: Page) -> None:
    """The billing details of a user in Bandung."""
    await page.get_by_label("Name or company").fill(BUDI["legal_name"])
    await page.get_by_label("Address").fill(BUDI["address"])
    await page.get_by_label("Country").select_option("ID")


async def open_page(page: Page, method: str) -> None:
    """Budi fills in the checkout of Pro, goes to Midtrans' page and chooses how to pay."""
    await page.goto("/checkout/pro?period=monthly&currency=IDR")
    await fill_in_details(page)
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("Rp 149.000")
    await expect(summary).to_contain_text("Paid ahead for 30 days")
    await continue_to_page(page, method)


async def continue_to_page(within: Page | Locator, method: str) -> None:
    """Leaves the app for Midtrans' page, and chooses how to pay there."""
    page = within if isinstance(within, Page) else within.page
    await within.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("radio", name=method, exact=True).check()
    await page.get_by_role("button", name="Lanjut / Next").click()
    await expect(page.get_by_text("Bayar sebelum")).to_be_visible()


async def pay_there(page: Page, amount: str) -> None:
    """Pays this amount on Midtrans' page, and comes back."""
    await expect(page.get_by_text(amount, exact=True)).to_be_visible()
    await page.get_by_role("button", name="Bayar / Pay").click()
    await expect(page.get_by_text("Pembayaran berhasil")).to_be_visible()
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()


async def newest_order(stack: Stack) -> str:
    """The order of the page that was opened last."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as payer:
        return str((await payer.get("/local/midtrans/pages")).json()["items"][0]["order_id"])


async def act(stack: Stack, order: str, what: str) -> None:
    """What a payer, a bank or Midtrans does."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as payer:
        (await payer.post(f"/local/midtrans/orders/{order}", json={"act": what})).raise_for_status()


async def subscribe(client: httpx.AsyncClient, method: str, plan_id: str = "pro", **terms: Any) -> dict[str, Any]:
    """Has the user of `client` pay a plan by this method, without the pages; the subscription."""
    (await client.put("/api/subscription/billing-details", json=BUDI)).raise_for_status()
    wanted = {"plan_id": plan_id, "period": "monthly", "currency": "IDR", **terms}
    opened = (await client.post("/api/subscription/create", json=wanted)).raise_for_status().json()
    async with httpx.AsyncClient(timeout=PATIENCE) as payer:
        for step in ({"method": method}, {"outcome": "pay"}):
            assert (await payer.post(opened["checkout_url"], data=step)).is_success
    answer = await client.post("/api/subscription/verify", json={"checkout_id": opened["subscription_id"]})
    verified: dict[str, Any] = answer.raise_for_status().json()
    assert (verified["tier"], verified["prepaid"]) == (plan_id, True)
    return verified
