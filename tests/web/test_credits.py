"""Prepaid credits: buying, using, seeing what they paid, checking their ledger, and a refund."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe, chat, paying
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.invitations import join
from tests.web.operator_commands import operate
from tests.web.people import User, newcomer
from tests.web.test_teams import make_team

ADDRESS = "1 Canal Street\nKochi 682001"


async def open_form(page: Page) -> None:
    """Opens the form of the purchase, and chooses the package of ten dollars."""
    await page.goto("/credits")
    await page.get_by_role("button", name="Buy credits").click()
    await page.get_by_role("radio", name="₹999 · $10.00 of credits").check()


async def review(page: Page) -> None:
    """Has the order opened, whose price and tax are shown."""
    await page.get_by_role("button", name="Review the order").click()
    await expect(page.get_by_role("region", name="Summary")).to_contain_text("₹999")


async def buy(user: User, **headers: str) -> str:
    """Ten dollars of credits, bought without the pages; the payment's id at the provider."""
    async with user.client() as client:
        client.headers.update(headers)
        lives = {**paying.DETAILS, "address": f"1 {user.email}\nBengaluru"}
        (await client.put("/api/subscription/billing-details", json=lives)).raise_for_status()
        opened = await client.post("/api/credits/purchase", json={"package_id": "credits_10", "currency": "INR"})
        opened.raise_for_status()
        paid = await client.post(opened.json()["checkout"]["short_url"], data={"method": "upi", "outcome": "ok"})
        proof = dict(re.findall(r'name="(razorpay_\w+)" value="([^"]*)"', paid.text))
        (await client.post("/api/subscription/verify", json=proof)).raise_for_status()
        balance = (await client.get("/api/credits/balance")).json()
        assert balance["available_micro_usd"] == 10_000_000
        return str(proof["razorpay_payment_id"])


async def pay_with_credits(user: User) -> None:
    """Credits alone pay the user's answers."""
    async with user.client() as client:
        only = {"order": ["credits"], "chatbots": []}
        (await client.put("/api/credits/sources", json=only)).raise_for_status()


async def test_credits_are_bought_used_seen_checked_and_refunded(page: Page, user: User, tmp_path: Path) -> None:
    await buy_on_the_pages(page, user)
    await use_them(page)
    await see_what_they_paid(page, tmp_path / "credits.csv")
    await page.goto("/credits?tab=ledger")
    await page.get_by_role("button", name="Check the ledger").click()
    await expect(page.locator("[data-code=ledger_holds]")).to_contain_text("All 4 entries hold")
    await axe.check(page)
    await refund(page)


async def buy_on_the_pages(page: Page, user: User) -> None:
    """Buys the first credits."""
    await page.goto("/credits")
    await expect(page.get_by_text("You have no credits yet")).to_be_visible()
    await axe.check(page)
    await open_form(page)
    await paying.fill_in_details(page)
    await page.get_by_label("Address").fill(f"{user.email}\nBengaluru 560001")
    await axe.check(page)
    await review(page)
    await expect(page.get_by_role("region", name="Summary")).to_contain_text("GST")
    await axe.check(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()
    await expect(page.get_by_role("region", name="Available")).to_contain_text("$10.00")
    assert "#" not in page.url
    await axe.check(page)


async def use_them(page: Page) -> None:
    """Has credits alone pay an answer, whose receipt says it."""
    await page.get_by_role("link", name="Settings").and_(page.locator('[href*="tab=settings"]')).click()
    await page.get_by_role("radio", name="Only credits").check()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await axe.check(page)
    await chat.begin(page, "What does this cost?", "GPT-4.1 Mini")
    payer = page.get_by_role("status", name="What pays the next answer")
    await expect(payer).to_contain_text("Credits pay · $")
    await chat.answers(page).get_by_role("button", name="Receipt").click()
    receipt = page.get_by_role("dialog", name="Receipt")
    await expect(receipt).to_contain_text("Price in credits")
    await expect(receipt).not_to_contain_text("answer from a small model")
    await axe.check(page)
    await page.keyboard.press("Escape")


async def see_what_they_paid(page: Page, file: Path) -> None:
    """Finds the purchase and the answer among the transactions, and saves the purchases."""
    await page.goto("/credits?tab=transactions")
    rows = page.get_by_role("table", name="Transactions").get_by_role("row")
    await expect(rows.filter(has_text="Purchase")).to_contain_text("+$10.00")
    await expect(rows.filter(has_text="Answer")).to_contain_text("−$0.00")
    await axe.check(page)
    await page.get_by_label("Show").select_option("Purchase")
    await expect(rows).to_have_count(2)
    async with page.expect_download() as saving:
        await page.get_by_role("button", name="Save as CSV").click()
    await (await saving.value).save_as(file)
    header, line, *rest = (await asyncio.to_thread(file.read_text)).splitlines()
    assert header.startswith("at,kind,amount_micro_usd")
    assert (line.split(",")[1:3], rest) == (["purchase", "10000000"], [])


async def refund(page: Page) -> None:
    """Has the purchase refunded, less what was used of it."""
    await page.goto("/credits")
    by_model = page.get_by_role("table", name="By model")
    await expect(by_model.get_by_role("row").filter(has_text="GPT-4.1 Mini")).to_be_visible()
    await page.get_by_role("button", name="Refund the purchase of $10.00").click()
    dialog = page.get_by_role("dialog", name="Refund this purchase?")
    await expect(dialog).to_contain_text("₹998")
    await axe.check(page)
    await dialog.get_by_role("button", name="Refund").click()
    await expect(page.get_by_text("goes back to what you paid with").last).to_be_visible()
    await expect(page.get_by_role("region", name="Available")).to_contain_text("$0.00")
    await page.goto("/credits?tab=transactions")
    refunds = page.get_by_role("table", name="Transactions").get_by_role("row").filter(has_text="Refund")
    await expect(refunds).to_have_count(1)


async def test_a_payment_that_failed_was_left_or_came_late_says_so(page: Page, user: User, clock: Any) -> None:
    await open_form(page)
    await paying.fill_in_details(page)
    await page.get_by_label("Address").fill(f"2 {user.email}\nBengaluru")
    await review(page)
    await paying.continue_to_payment(page)
    await page.get_by_role("link", name="Back to OneAI").click()
    await expect(page.locator("[data-code=payment_closed]")).to_contain_text("You weren’t charged")

    await open_form(page)
    await review(page)
    await paying.continue_to_payment(page)
    await page.get_by_role("button", name="Let this payment fail").click()
    await page.get_by_role("link", name="Back to OneAI").click()
    await expect(page.locator("[data-code=payment_failed]")).to_be_visible()
    await axe.check(page)

    await open_form(page)
    await review(page)
    await paying.continue_to_payment(page)
    await clock.advance(hours=2)
    await paying.pay(page)
    late = page.locator("[data-code=payment_late]")
    await expect(late).to_contain_text("The whole amount goes back to you")
    await expect(page.get_by_role("region", name="Available")).to_contain_text("$0.00")
    await axe.check(page)


async def test_an_amount_that_is_not_sold_and_one_above_the_limit_are_refused(page: Page, watch: Watch) -> None:
    watch.refused(403)
    await page.goto("/credits?buy")
    await page.get_by_role("radio", name="Another amount").check()
    await paying.fill_in_details(page)
    await page.get_by_label("Amount in Rupees").fill("10")
    await page.get_by_role("button", name="Review the order").click()
    await expect(page.get_by_label("Amount in Rupees")).to_have_attribute("aria-invalid", "true")
    await axe.check(page)
    await page.get_by_label("Amount in Rupees").fill("50,000")
    await expect(page.get_by_text("$500.50 of credits")).to_be_visible()
    await page.get_by_role("button", name="Review the order").click()
    await expect(page.locator("[data-code=credit_limit_reached]")).to_contain_text("You can still buy $50.00 of $50.00")
    await axe.check(page)


async def test_an_entry_that_was_changed_is_named(page: Page, user: User) -> None:
    await buy(user)

    async def change(route: Route) -> None:
        answer = await route.fetch()
        found = await answer.json()
        found["items"][1]["amount_micro_usd"] -= 1
        await route.fulfill(response=answer, body=json.dumps(found))

    await page.route("**/api/ledger/entries*", change)
    await page.goto("/credits?tab=ledger")
    await page.get_by_role("button", name="Check the ledger").click()
    broken = page.locator("[data-code=ledger_broken]")
    await expect(broken).to_contain_text("Entry 2 does not hold")
    await expect(broken).to_contain_text("Its hash is not that of its fields.")
    await axe.check(page)


async def test_a_dispute_freezes_credits_and_a_lost_one_blocks_them(page: Page, user: User, stack: Stack) -> None:
    payment = await buy(user)
    await paying.control(stack.url, f"payments/{payment}", {"dispute": "created"})

    async def shown(text: str) -> bool:
        await page.goto("/credits")
        await expect(page.get_by_role("region", name="Available")).to_contain_text("$")
        return await page.get_by_text(text).count() > 0

    await eventually(lambda: shown("Frozen since"))
    await axe.check(page)
    await paying.control(stack.url, f"payments/{payment}", {"dispute": "lost"})
    await eventually(lambda: shown("Credits are blocked"))
    await expect(page.get_by_role("button", name="Buy credits")).to_have_count(0)
    await axe.check(page)


async def test_an_owner_limits_a_member_who_reads_who_can_raise_it(
    page: Page, user: User, open_context: OpenContext, watch: Watch
) -> None:
    watch.refused(402, 403, 429)
    team = (await make_team(user))["id"]
    admin, member = [await newcomer(user.stack_url) for _ in range(2)]
    await join(user, team, admin, "admin")
    await join(user, team, member, "member")
    await buy(user, **{"oneai-workspace": team})

    await page.goto(f"/credits?workspace={team}&tab=settings")
    await page.get_by_role("button", name="Add a limit").click()
    dialog = page.get_by_role("dialog", name="Add a limit")
    await dialog.get_by_label("For").select_option(f"member {member.id}")
    await dialog.get_by_label("US dollars in a month").fill("0")
    await axe.check(page)
    await dialog.get_by_role("button", name="Add a limit").click()
    await expect(page.get_by_role("meter", name=member.email)).to_have_attribute("aria-valuetext", "$0.00 of $0.00")
    await page.get_by_role("radio", name="Only credits").check()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await axe.check(page)

    managed, theirs = [await (await open_context(each.storage())).new_page() for each in (admin, member)]
    await managed.goto(f"/credits?workspace={team}")
    await expect(managed.get_by_role("region", name="Available")).to_contain_text("Only owners can buy credits")
    await expect(managed.get_by_role("button", name="Buy credits")).to_have_count(0)
    await managed.goto("/credits?tab=settings")
    await expect(managed.get_by_role("radio", name="Only credits")).to_be_disabled()
    await theirs.goto(f"/credits?workspace={team}")
    await expect(theirs.get_by_role("heading", name="Only owners and admins see the credits")).to_be_visible()
    await axe.check(theirs)
    await theirs.goto("/c")
    await chat.send(theirs, "Hello")
    refused = theirs.locator("[data-code=spending_limit_reached]")
    await expect(refused).to_contain_text("You may use $0.00 of credits in a month.")
    await expect(refused).to_contain_text("An owner or admin can raise it.")
    await axe.check(theirs)


async def test_a_question_without_enough_credits_leads_to_the_form(page: Page, user: User, watch: Watch) -> None:
    watch.refused(402)
    await pay_with_credits(user)
    await page.goto("/c")
    await chat.send(page, "Hello")
    refused = page.locator("[data-code=credits_exhausted]")
    await axe.check(page)
    await refused.get_by_role("link", name="Buy credits").click()
    await expect(page.get_by_role("button", name="Review the order")).to_be_visible()


async def test_the_wizard_asks_what_pays_a_chatbot_and_its_page_says_it(page: Page, user: User, stack: Stack) -> None:
    async with user.client() as client:
        made = await client.post("/api/chatbots", json={"name": "Opening hours", "model": "openai/gpt-4.1-mini"})
        made.raise_for_status()
        chatbot = made.json()["id"]
    await page.goto(f"/chatbots/{chatbot}/edit?step=model")
    await page.get_by_role("group", name="How do you want to use AI?").last.get_by_label("Credits", exact=True).check()
    await expect(page.get_by_text("There are no credits yet.")).to_be_visible()
    await axe.check(page)
    await operate(stack, "credits", "grant", user.email, "5", "--reason", "A test")
    await page.goto(f"/chatbots/{chatbot}")
    await expect(page.get_by_text("Paid by credits")).to_be_visible()
    await expect(page.get_by_role("link", name="$5.00 of credits left")).to_be_visible()
    await axe.check(page)


@pytest.mark.exhaustive
async def test_every_section_is_there_in_hindi_on_a_phone_in_the_dark(open_context: OpenContext, user: User) -> None:
    await buy(user)
    storage = user.storage(theme="dark", language="hi")
    page = await (await open_context(storage, viewport={"width": 375, "height": 740})).new_page()
    for tab, text in (
        ("overview", "क्रेडिट खरीदें"),
        ("transactions", "+$10.00"),
        ("settings", "प्लान, फिर क्रेडिट"),
        ("ledger", "बही जाँचें"),
    ):
        await page.goto(f"/credits?tab={tab}")
        await expect(page.get_by_text(text).first).to_be_visible()
        await axe.check(page)
