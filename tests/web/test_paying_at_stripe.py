"""Stripe in the browser: its page, turning back from it, a plan and credits that are paid there."""

import re

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web import axe, mails
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.people import User

pytestmark = pytest.mark.exhaustive


async def open_payment_page(page: Page) -> None:
    """Carol, who lives in Austin, fills in the form of Pro in dollars and continues."""
    await page.goto("/checkout/pro?period=monthly&currency=USD")
    await page.get_by_label("Name or company").fill("Carol Jones")
    await page.get_by_label("Address").fill("5 Main St\nAustin 78701")
    await page.get_by_label("Country").select_option("US")
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("$9.99")
    await expect(summary).to_contain_text("You pay on the Stripe page.")
    await page.get_by_role("button", name="Continue to payment").click()
    await expect(page.get_by_role("button", name="Pay $9.99")).to_be_visible()


async def test_a_plan_is_paid_at_stripe_after_turning_back(page: Page, user: User, watch: Watch) -> None:
    watch.expect("402")
    await open_payment_page(page)
    await page.get_by_role("link", name="Back").click()
    await expect(page.get_by_text("You left the payment page before paying.")).to_be_visible()
    await axe.check(page)

    await page.get_by_role("button", name="Continue to payment").click()
    await page.get_by_label("Another number").fill("4000000000009995")
    await page.get_by_role("button", name="Pay $9.99").click()
    await expect(page.get_by_text("Your card was declined.")).to_be_visible()
    await page.get_by_label("Another number").fill("4242424242424242")
    await page.get_by_role("button", name="Pay $9.99").click()

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Your plan")).to_contain_text("$9.99")
    async with user.client() as client:
        found = (await client.get("/api/subscription")).json()
    assert (found["tier"], found["prepaid"]) == ("pro", False)


async def test_credits_are_paid_at_stripe_and_shown(page: Page, user: User, watch: Watch) -> None:
    del watch
    details = {"legal_name": "Carol Jones", "address": "5 Main St", "state": "TX", "country": "US"}
    async with user.client() as client:
        (await client.put("/api/subscription/billing-details", json=details)).raise_for_status()
    await page.goto("/credits")
    await page.get_by_role("button", name="Buy credits").click()
    await page.get_by_role("radio", name=re.compile(r"^\$10\b")).check()
    await page.get_by_role("button", name="Review the order").click()
    await expect(page.get_by_role("region", name="Summary")).to_contain_text("$10")
    await page.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("button", name="Pay $10.00").click()

    await expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()


async def turn_recharge_on(page: Page, user: User, below: str) -> Locator:
    """Carol turns the automatic recharge on, and goes to Stripe's page; the part of our page that is about it."""
    details = {"legal_name": "Carol Jones", "address": "5 Main St", "state": "TX", "country": "US"}
    async with user.client() as client:
        (await client.put("/api/subscription/billing-details", json=details)).raise_for_status()
    await page.goto("/credits?tab=settings")
    recharge = page.get_by_role("region", name="Automatic recharge")
    await recharge.get_by_role("switch", name="Recharge automatically").check()
    await recharge.get_by_label("When less than this is left").fill(below)
    await recharge.get_by_label("At most in a month").fill("50")
    await recharge.get_by_role("button", name="Save").click()
    waits = page.locator("[data-code=recharge_authorization_required]")
    await expect(waits).to_contain_text("$10")
    await waits.get_by_role("button", name="Authorize with the first payment").click()
    await expect(page.get_by_role("button", name="Pay $10.00")).to_be_visible()
    return recharge


async def pay_and_confirm(page: Page) -> None:
    """Pays with a card whose bank asks its payer every time, and says yes to the bank."""
    await page.get_by_label("Another number").fill("4000000000003220")
    await page.get_by_role("button", name="Pay $10.00").click()
    await page.get_by_role("button", name="Confirm this payment").click()
    await expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()


async def test_a_recharge_is_authorized_on_stripes_page(page: Page, user: User) -> None:
    recharge = await turn_recharge_on(page, user, "5")
    await page.get_by_role("button", name="Pay $10.00").click()
    await expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()

    await page.goto("/credits?tab=settings")
    await expect(recharge).to_contain_text("It is on. Nothing is due.")
    await expect(recharge).to_contain_text("$0 of $50 this month")
    await axe.check(page)


async def test_a_recharge_that_a_bank_asks_about_is_mailed_and_confirmed(
    stack: Stack, page: Page, user: User, clock: Clock
) -> None:
    # What the first payment buys is less than the least that should be left, so another recharge is due at once.
    recharge = await turn_recharge_on(page, user, "15")
    await pay_and_confirm(page)
    waits = page.locator("[data-code=recharge_confirmation_required]")

    async def confirmable() -> bool:
        await clock.advance(seconds=60)
        await page.goto("/credits?tab=settings")
        await expect(recharge.get_by_role("switch")).to_be_visible()
        return await waits.count() > 0

    await eventually(confirmable)
    await expect(waits).to_contain_text("A recharge of $10")
    await axe.check(page)
    await eventually(
        lambda: mails.subjects(stack.url, user.email),
        lambda subjects: "Please confirm a recharge of $10.00" in subjects,
    )

    await page.goto(await mails.link(stack.url, user.email, r"/credits\?tab=settings"))
    await waits.get_by_role("button", name="Confirm and pay").click()
    await pay_and_confirm(page)
    await page.goto("/credits?tab=settings")
    await expect(recharge).to_contain_text("It is on. Nothing is due.")
    async with user.client() as client:
        assert (await client.get("/api/credits/balance")).json()["available_micro_usd"] == 20_000_000


async def test_a_plan_begins_on_return_from_stripe_while_its_webhooks_are_lost(
    stack: Stack, page: Page, watch: Watch
) -> None:
    del watch
    async with httpx.AsyncClient(base_url=f"{stack.url}/local/stripe", timeout=PATIENCE) as stripe:
        (await stripe.post("/webhooks", json={"mode": "drop"})).raise_for_status()
        try:
            await open_payment_page(page)
            await page.get_by_role("button", name="Pay $9.99").click()
            await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
        finally:
            (await stripe.post("/webhooks", json={"mode": "normal"})).raise_for_status()
