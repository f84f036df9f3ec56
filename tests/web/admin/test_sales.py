"""An admin finds a team, answers a request of sales with an offer, and records its bank transfer."""

import re
from datetime import timedelta

from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, staff
from tests.web.admin.test_journeys import act
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.people import User

ACCOUNT = (
    "insert into oneai.bank_accounts (currency, holder, bank, account_number, code) "
    "values ('INR', 'OneAI', 'HDFC Bank', '50100', 'HDFC0000123') on conflict do nothing"
)


async def test_a_request_of_sales_ends_in_a_paid_offer(
    desk: Page, stack: Stack, user: User, watch: Watch, clock: Clock
) -> None:
    watch.refused(422)
    staff.rows(stack, ACCOUNT)
    async with user.client() as client:
        team = (await client.post("/api/workspaces", json={"name": "Nilgiri Tea"})).raise_for_status().json()["id"]
        client.headers["oneai-workspace"] = team
        asked = {"message": "We are forty people.", "seats": 40, "company": "Nilgiri Tea"}
        (await client.post("/api/support/sales", json=asked)).raise_for_status()
    now = await clock.now()

    await desk.goto("/admin/sales/support")
    request = desk.get_by_role("region", name="Nilgiri Tea")
    await expect(request).to_contain_text("We are forty people.")
    await request.get_by_role("button", name="Make an offer: Nilgiri Tea").click()
    dialog = desk.get_by_role("dialog", name="Make an offer")
    await expect(dialog.get_by_role("textbox", name="Seats")).to_have_value("40")
    await dialog.get_by_label("Price of all months").fill("6,00,000")
    await dialog.get_by_label("Open until the end of").fill(f"{now + timedelta(days=30):%Y-%m-%d}")
    await dialog.get_by_label("Payment").select_option("bank_transfer")
    await dialog.get_by_label("Reason").fill("Contract 17")
    await axe.check(desk)
    await dialog.get_by_role("button", name="Make an offer").click()
    await expect(dialog).to_be_hidden()
    await act(desk, "Mark as answered: Nilgiri Tea", "Offer sent", "Mark as answered")
    await expect(request).to_be_hidden()

    await desk.get_by_role("link", name="Offers", exact=True).click()
    offer = desk.get_by_role("region", name="Nilgiri Tea")
    await expect(offer).to_contain_text("₹6,00,000")
    await offer.get_by_role("button", name=re.compile("Record the transfer")).click()
    dialog = desk.get_by_role("dialog", name="Record the transfer")
    await dialog.get_by_label("Amount received").fill("599999")
    await dialog.get_by_label("The bank’s reference").fill(f"UTR{team[:8]}")
    await dialog.get_by_label("Received on").fill(f"{now:%Y-%m-%d}")
    await dialog.get_by_label("Reason").fill("On the account")
    await dialog.get_by_role("button", name="Record the transfer").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("not the amount of the offer")
    await dialog.get_by_label("Amount received").fill("600000")
    await dialog.get_by_role("button", name="Record the transfer").click()
    await expect(offer).to_contain_text("Paid")

    await desk.get_by_role("link", name="Workspaces", exact=True).click()
    await desk.get_by_role("searchbox").fill("nilgiri")
    await desk.get_by_role("combobox", name="Kind").select_option("team")
    await desk.keyboard.press("Enter")
    await desk.get_by_role("link", name="Nilgiri Tea").first.click()
    shown = desk.get_by_role("region", name="Nilgiri Tea")
    await expect(shown).to_contain_text("Enterprise")
    await expect(shown).to_contain_text("40")
    await act(desk, "Suspend", "Payment fraud", "Suspend the team")
    await expect(shown.get_by_role("button", name="End the suspension")).to_be_visible()
    await axe.check(desk)
