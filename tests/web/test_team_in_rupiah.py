"""A team buys seats in rupiah, adds some within the paid period, and chooses fewer for the next one."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, paying_in_rupiah
from tests.web.chromium import Watch
from tests.web.paying_in_rupiah import act, continue_to_page, newest_order, pay_there
from tests.web.people import User
from tests.web.test_team_billing import change_seats
from tests.web.test_teams import make_team

pytestmark = pytest.mark.exhaustive


async def test_a_team_pays_for_its_seats_ahead_and_adds_some(page: Page, user: User, watch: Watch) -> None:
    del watch
    team = (await make_team(user))["id"]
    await page.goto(f"/checkout/team?workspace={team}&seats=3&currency=IDR")
    await paying_in_rupiah.fill_in_details(page)
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("Rp 129.000 × 3 seats")
    await expect(summary).to_contain_text("You pay on the Midtrans page, by QRIS, e-wallet, virtual account or card.")
    await axe.check(page)
    await continue_to_page(page, "GoPay")
    await pay_there(page, "Rp 387.000")
    await expect(page.get_by_text("Your team is on Team now, with 3 seats")).to_be_visible()

    await change_seats(page, 2)
    dialog = page.get_by_role("dialog", name="Change seats")
    await expect(dialog.get_by_text("Choose fewer seats when you pay for the next period.")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Continue to payment")).to_be_disabled()
    await dialog.get_by_role("textbox", name="Seats").fill("5")
    await expect(dialog).to_contain_text("2 seats more until")
    await expect(dialog).to_contain_text("Rp 258.000")
    await expect(dialog).to_contain_text("You choose the seats of the next period when you pay for it.")
    await expect(dialog).not_to_contain_text("next charge")
    await axe.check(page)
    await continue_to_page(dialog, "QRIS (GoPay)")
    await pay_there(page, "Rp 258.000")
    await expect(page.get_by_text("Your team has 5 seats now.")).to_be_visible()
    await page.goto("/billing")
    plan = page.get_by_role("region", name="Your plan")
    await expect(plan).to_contain_text("Rp 645.000")
    await expect(plan).to_contain_text("5 seats")
    await expect(page.get_by_role("region", name="Invoices", exact=True)).to_contain_text("Rp 258.000")


async def test_a_team_pays_for_fewer_seats_in_the_next_period(
    stack: Stack, page: Page, user: User, watch: Watch
) -> None:
    del watch
    team = (await make_team(user))["id"]
    async with user.client() as client:
        client.headers["oneai-workspace"] = team
        await paying_in_rupiah.subscribe(client, "gopay", plan_id="team", seats=5)
    await page.goto(f"/billing?workspace={team}")
    plan = page.get_by_role("region", name="Your plan")
    await plan.get_by_role("link", name="Pay for the next period").click()
    await expect(page.get_by_text("You pay for one more period, which begins on")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Seats")).to_have_value("5")
    await page.get_by_role("textbox", name="Seats").fill("2")
    await expect(page.get_by_role("region", name="Summary")).to_contain_text("Rp 258.000")
    await continue_to_page(page, "BCA virtual account")
    await act(stack, await newest_order(stack), "pay")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()

    await expect(page.get_by_text("Team is paid until")).to_be_visible()
    await expect(page.get_by_text(re.compile("From .* on, your team has 2 seats."))).to_be_visible()
    await page.goto("/billing")
    await expect(plan).to_contain_text("Rp 645.000")
    await expect(plan).to_contain_text("5 seats")
    await expect(plan).to_contain_text(re.compile("From .* on, your team has 2 seats."))
    await expect(plan.get_by_text("Agree to the")).to_have_count(0)
    await expect(plan.get_by_role("link", name="Pay for the next period")).to_have_count(0)
    await axe.check(page)
