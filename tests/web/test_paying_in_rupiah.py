"""Rupiah in the browser: prices for visitors from Indonesia, Midtrans' page, and a payment that comes later."""

from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.paying_in_rupiah import act, newest_order, open_page
from tests.web.people import User

pytestmark = pytest.mark.exhaustive


async def test_a_visitor_from_jakarta_sees_rupiah_first_and_can_switch(open_context: OpenContext) -> None:
    context = await open_context(timezone_id="Asia/Jakarta", locale="en-ID")
    page = await context.new_page()
    await page.goto("/pricing")

    await expect(page.get_by_text("Rp 149.000").first).to_be_visible()
    await page.get_by_role("radio", name="₹ INR").check(force=True)
    await expect(page.get_by_text("₹799").first).to_be_visible()


async def test_a_page_waits_for_a_payment_that_comes_later(stack: Stack, page: Page, user: User, watch: Watch) -> None:
    del watch
    await open_page(page, "BCA virtual account")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()

    await expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    await expect(page.get_by_text("Bayar sesuai petunjuk")).to_be_visible()
    await axe.check(page)

    await act(stack, await newest_order(stack), "pay")

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Your plan")).to_contain_text("Paid until")
    async with user.client() as client:
        found = (await client.get("/api/subscription")).json()
    assert (found["tier"], found["prepaid"]) == ("pro", True)

    await page.get_by_role("button", name="Change plan").click()
    dialog = page.get_by_role("dialog", name="Change plan")
    await expect(dialog).to_contain_text("Payments made this way can’t be refunded.")
    await expect(dialog).to_contain_text("more days")
    await dialog.get_by_role("radio", name="After the paid period").check()
    await expect(dialog.get_by_text("more days")).to_have_count(0)
    await expect(dialog).not_to_contain_text("immediately")
    await expect(dialog).to_contain_text("Rp 1.490.000")
    await axe.check(page)
    await page.keyboard.press("Escape")

    await page.get_by_role("button", name="Cancel plan").click()
    await expect(page.get_by_role("dialog", name="Cancel your plan?")).to_contain_text("change your mind until then")


async def test_a_qris_code_that_is_paid_after_its_end_begins_the_plan(stack: Stack, page: Page, watch: Watch) -> None:
    del watch
    await open_page(page, "QRIS (GoPay)")
    await expect(page.get_by_role("img", name="QRIS")).to_be_visible()
    order = await newest_order(stack)
    await act(stack, order, "expire")
    await page.goto(page.url)
    await expect(page.get_by_text("This payment is over: expire.")).to_be_visible()
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()
    await expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()

    await act(stack, order, "pay")

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()


async def test_an_expired_virtual_account_changes_nothing_and_another_page_pays(
    stack: Stack, page: Page, user: User, watch: Watch
) -> None:
    del watch
    await open_page(page, "BCA virtual account")
    await act(stack, await newest_order(stack), "expire")
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "free"

    # Snap offers the methods again on its page.
    await open_page(page, "GoPay")
    await page.get_by_role("button", name="Bayar / Pay").click()
    await expect(page.get_by_text("Pembayaran berhasil")).to_be_visible()
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()


async def test_a_second_payment_is_one_more_period_and_no_third_is_sold(
    stack: Stack, page: Page, user: User, watch: Watch
) -> None:
    del watch
    await open_page(page, "BCA virtual account")
    await act(stack, await newest_order(stack), "pay")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    await page.goto("/billing")
    card = page.get_by_role("region", name="Your plan")
    await card.get_by_role("link", name="Pay for the next period").click()
    await expect(page.get_by_text("You pay for one more period, which begins on")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("radio", name="QRIS (GoPay)").check()
    await page.get_by_role("button", name="Lanjut / Next").click()
    await expect(page.get_by_text("Bayar sebelum")).to_be_visible()
    await act(stack, await newest_order(stack), "pay")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()

    await expect(page.get_by_text("is paid until")).to_be_visible()
    await page.goto("/billing")
    await expect(card).to_contain_text("Paid until")
    await expect(card.get_by_role("link", name="Pay for the next period")).to_have_count(0)
    async with user.client() as client:
        found = (await client.get("/api/subscription")).json()
    length = datetime.fromisoformat(found["paid_until"]) - datetime.fromisoformat(found["current_period_start"])
    assert length == timedelta(days=60)
