"""What the pages of credits show beside a purchase: the recharge, daily roots, quotes, rare states, and deletions."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.local.running import Stack
from tests.patience import PATIENCE
from tests.web import axe, chat, paying
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.operator_commands import operate
from tests.web.people import User
from tests.web.test_credits import buy, open_form, pay_with_credits, review
from tests.web.test_teams import make_team

pytestmark = pytest.mark.exhaustive


async def answer(page: Page, path: str, **fields: Any) -> dict[str, Any]:
    """Answers of this route have these fields instead of their own; the caller may change them."""
    changed = dict(fields)

    async def change(route: Route) -> None:
        real = await route.fetch()
        await route.fulfill(response=real, body=json.dumps({**await real.json(), **changed}))

    await page.route(path, change)
    return changed


async def test_the_recharge_starts_with_a_payment_and_ends_with_a_press(page: Page, user: User) -> None:
    await page.goto("/credits?tab=settings")
    recharge = page.get_by_role("region", name="Automatic recharge")
    await expect(recharge).to_contain_text("Buy credits once first")
    await axe.check(page)
    await buy(user)
    await page.reload()

    await recharge.get_by_role("switch", name="Recharge automatically").check()
    await recharge.get_by_label("When less than this is left").fill("lots")
    await recharge.get_by_label("At most in a month").fill("5000")
    await recharge.get_by_role("button", name="Save").click()
    await expect(recharge.get_by_label("When less than this is left")).to_have_attribute("aria-invalid", "true")
    await axe.check(page)
    await recharge.get_by_label("When less than this is left").fill("2")
    await recharge.get_by_role("button", name="Save").click()
    waits = page.locator("[data-code=recharge_authorization_required]")
    await expect(waits).to_contain_text("₹999")
    await axe.check(page)
    await waits.get_by_role("button", name="Authorize with the first payment").click()
    await paying.pay(page)
    await expect(page.get_by_role("heading", name="Your credits are here")).to_be_visible()

    await page.goto("/credits?tab=settings")
    await expect(recharge).to_contain_text("It is on. Nothing is due.")
    await expect(recharge).to_contain_text("₹0 of ₹5,000 this month")
    await axe.check(page)
    await recharge.get_by_role("switch", name="Recharge automatically").uncheck()
    await expect(recharge).to_contain_text("It is off.")


async def test_a_proof_and_the_daily_roots_are_checked_in_the_browser(page: Page, user: User, stack: Stack) -> None:
    await buy(user)
    async with user.client() as client:
        await client.post("/local/clock", json={"advance_seconds": 86_400}, timeout=6 * PATIENCE)
    await user.run_job("roll_up_usage")

    await page.goto("/credits?tab=ledger")
    roots = page.get_by_role("region", name="Daily roots")
    await expect(roots.get_by_role("listitem").first).to_contain_text("Holds")
    await page.get_by_role("button", name="Check the ledger").click()
    proof = page.locator("[data-code=proof_holds]")
    await expect(proof).to_contain_text("covers your first 2 entries")
    await expect(proof).to_contain_text("Its signature is valid.")
    await axe.check(page)

    async with user.client() as client:
        root = (await client.get("/api/ledger/proof")).json()["root"]
    await answer(page, "**/api/ledger/proof", root={**root, "root": "0" * 64})
    await answer(page, "**/api/ledger/roots*", items=[{**root, "signature": "0" * 128}], next_cursor=None)
    await page.reload()
    await page.get_by_role("button", name="Check the ledger").click()
    await expect(page.locator("[data-code=proof_broken]")).to_contain_text("lead to another root")
    await expect(roots.get_by_role("listitem").first).not_to_contain_text("Holds")
    await axe.check(page)


async def test_a_quote_says_what_credits_would_pay_at_most(page: Page, user: User, stack: Stack) -> None:
    await operate(stack, "credits", "grant", user.email, "5", "--reason", "A test")
    await pay_with_credits(user)
    await page.goto("/c")
    await chat.choose_model(page, "GPT-4.1")
    await page.get_by_role("textbox", name="Message").fill("Plan three days in Jaipur")
    quote = page.locator("[data-quote=true]")
    await expect(quote).to_contain_text(re.compile(r"Uses up to \$[\d.]+ of credits"))
    await expect(quote).not_to_contain_text("costs at most")
    await axe.check(page)


async def test_a_payment_that_waits_or_has_another_amount_says_so(page: Page, user: User) -> None:
    await open_form(page)
    await paying.fill_in_details(page)
    await page.get_by_label("Address").fill(f"3 {user.email}\nBengaluru")
    await review(page)
    state = await answer(page, "**/api/credits/purchase?*", state="open")
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_text("Your payment arrived and is being confirmed")).to_be_visible()
    await axe.check(page)
    state |= {"state": "checking", "refused": None}
    await expect(page.locator("[data-code=payment_checking]")).to_be_visible()
    await axe.check(page)


async def test_the_pages_of_credits_without_a_network_show_what_was_read(
    open_context: OpenContext, user: User, watch: Watch
) -> None:
    watch.expect("net::ERR_INTERNET_DISCONNECTED")
    await buy(user)
    context = await open_context(user.storage())
    page = await context.new_page()
    await page.goto("/credits")
    await expect(page.get_by_role("region", name="Available")).to_contain_text("$10.00")
    await page.get_by_role("link", name="Transactions").click()
    await expect(page.get_by_role("table", name="Transactions")).to_contain_text("+$10.00")
    await context.set_offline(True)
    await page.get_by_role("link", name="Overview").click()
    await expect(page.get_by_role("region", name="Available")).to_contain_text("$10.00")
    await axe.check(page)
    await context.set_offline(False)


async def test_deleting_an_account_or_a_team_names_the_credits_that_end(page: Page, user: User, stack: Stack) -> None:
    team = (await make_team(user))["id"]
    await buy(user)
    await operate(stack, "credits", "grant", user.email, "5", "--reason", "A test")
    await page.goto("/settings/delete")
    await expect(page.get_by_text("Credits you bought lately and did not use: ₹999")).to_be_visible()
    await expect(page.get_by_text("Credits that are lost: $5")).to_be_visible()
    await axe.check(page)
    await buy(user, **{"oneai-workspace": team})
    await page.goto(f"/settings/workspace?workspace={team}")
    await page.get_by_role("button", name="Delete this team").click()
    await expect(page.get_by_text("Credits you bought lately and did not use: ₹999")).to_be_visible()
    await axe.check(page)


async def test_an_owner_reads_that_a_chatbot_has_no_credits(page: Page, user: User) -> None:
    async with user.client() as client:
        made = await client.post("/api/chatbots", json={"name": "Opening hours", "model": "openai/gpt-4.1-mini"})
        chatbot = made.raise_for_status().json()["id"]
    await pay_with_credits(user)
    await page.goto(f"/chatbots/{chatbot}")
    away = page.locator("[data-code=chatbot_without_credits]")
    await expect(away).to_contain_text("No credits are left")
    await axe.check(page)
    await away.get_by_role("link", name="Buy credits").click()
    await expect(page.get_by_role("button", name="Review the order")).to_be_visible()
