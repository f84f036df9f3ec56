"""What an operator offers is on the billing page of its owner, who accepts it; and users write to the sales team."""

import json

from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, paying, staff
from tests.web.admin.test_sales import ACCOUNT
from tests.web.chromium import Watch
from tests.web.people import User

OFFER = """
    insert into oneai.offers (
      workspace_id, plan_id, seats, limits, amount, currency, months, method, description, valid_until)
    values (%s, 'enterprise', 1, %s, 60000000, 'INR', 12, %s, 'Enterprise, 12 months', '2100-01-01')
"""
LIMITS = json.dumps({"small_messages": 40_000, "large_messages": 8_000})
DETAILS = {"legal_name": "Asha Rao", "address": "22 MG Road, Bengaluru 560038", "state": "KA", "country": "IN"}


async def test_an_owner_accepts_an_offer_and_sees_where_to_pay(
    page: Page, stack: Stack, user: User, watch: Watch
) -> None:
    watch.refused(422)
    staff.rows(stack, ACCOUNT)
    staff.rows(stack, OFFER, [user.id, LIMITS, "bank_transfer"])

    await page.goto("/billing")
    await page.get_by_role("region", name="Offers for you").get_by_role("link", name="See the offer").click()
    offer = page.get_by_role("region", name="Enterprise")
    await expect(offer).to_contain_text("₹6,00,000")
    await expect(offer).to_contain_text("40,000 from small models")
    await offer.get_by_role("button", name="Accept").click()
    await expect(offer.get_by_role("link", name="Add billing details")).to_have_attribute("href", "/billing")
    async with user.client() as client:
        (await client.put("/api/subscription/billing-details", json=DETAILS)).raise_for_status()
    await offer.get_by_role("button", name="Accept").click()
    await expect(offer).to_contain_text("HDFC0000123")
    await expect(offer).to_contain_text("Reference")
    await axe.check(page)

    await page.goto("/checkout/offer/request")
    await page.get_by_role("textbox", name="How many people").fill("40")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Write a few words.")).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("We are forty people.")
    await axe.check(page)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you. We answer by")).to_be_visible()
    asked = "select seats, message from oneai.support_requests where user_id = %s"
    assert staff.rows(stack, asked, [user.id]) == [(40, "We are forty people.")]


async def test_an_offer_is_paid_by_checkout_and_brings_its_plan(page: Page, stack: Stack, user: User) -> None:
    staff.rows(stack, OFFER, [user.id, LIMITS, "checkout"])
    async with user.client() as client:
        (await client.put("/api/subscription/billing-details", json=DETAILS)).raise_for_status()
        offer = (await client.get("/api/subscription/offers")).raise_for_status().json()["items"][0]["id"]

    await page.goto(f"/checkout/offer/{offer}")
    await page.get_by_role("button", name="Accept").click()
    await paying.pay(page)

    await expect(page.get_by_role("region", name="Enterprise")).to_contain_text("This offer is paid.")
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "enterprise"
