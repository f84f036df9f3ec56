"""A plan in rupiah over its life in the browser: its invoice, a change, a cancellation, and its end."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe, mails, paying_in_rupiah
from tests.web.chromium import Watch
from tests.web.clock import JOB_SECONDS, Clock
from tests.web.paying_in_rupiah import act, continue_to_page, newest_order, pay_there
from tests.web.people import User

pytestmark = pytest.mark.exhaustive


async def buy(user: User, method: str) -> datetime:
    """Has the user pay for thirty days of Pro; when they end."""
    async with user.client() as client:
        found = await paying_in_rupiah.subscribe(client, method)
    return datetime.fromisoformat(found["paid_until"])


def day(moment: datetime) -> str:
    """A day as the pages write it, in India's time."""
    return f"{moment + timedelta(hours=5.5):%-d %b %Y}".replace("Sep", "Sept")


async def open_dialog(page: Page, button: str, title: str) -> Locator:
    """Opens a dialog of the billing page."""
    await page.goto("/billing")
    await page.get_by_role("button", name=button, exact=True).click()
    return page.get_by_role("dialog", name=title)


def plan(page: Page) -> Locator:
    """The card of the plan."""
    return page.get_by_role("region", name="Your plan")


async def test_an_invoice_with_ppn_adds_up_and_is_downloaded(
    page: Page, user: User, watch: Watch, tmp_path: Path
) -> None:
    del watch
    ends = await buy(user, "qris_on_us")
    await page.goto("/billing")
    await expect(plan(page)).to_contain_text("Rp 149.000")
    await expect(plan(page)).to_contain_text(f"Paid until {day(ends)}")
    row = page.get_by_role("region", name="Invoices").get_by_role("row").nth(1)
    # 149,000 with 11 % is 134,234 and 14,766.
    await expect(row).to_contain_text("Rp 14.766")
    await expect(row).to_contain_text("Rp 149.000")
    async with page.expect_download() as downloading:
        await row.get_by_role("button", name=re.compile("Download INV.ID.* as PDF")).click()
    file = tmp_path / "invoice.pdf"
    await (await downloading.value).save_as(file)
    assert file.read_bytes().startswith(b"%PDF-")
    await axe.check(page)


async def expect_credit_note(page: Page, user: User) -> None:
    """The refund has its credit note on the page, over the amount that went back."""

    async def note() -> dict[str, object] | None:
        async with user.client() as client:
            items = (await client.get("/api/subscription/invoice")).json()["items"]
        return next((each for each in items if each["kind"] == "credit_note"), None)

    found = await eventually(note)
    assert found is not None
    await page.goto("/billing")
    row = page.get_by_role("region", name="Invoices").get_by_role("row").filter(has_text="Credit note for INV/ID")
    await expect(row).to_contain_text(f"Rp {found['total']:,}".replace(",", "."))
    await expect(page.get_by_role("region", name="History")).to_contain_text("Refunded")


async def test_a_change_refunds_what_a_wallet_paid_and_shows_the_credit_note(
    page: Page, user: User, watch: Watch, clock: Clock
) -> None:
    del watch
    await buy(user, "gopay")
    dialog = await open_dialog(page, "Change plan", "Change plan")
    await expect(dialog).to_contain_text(re.compile(r"Charged now\s*Rp\s1\.490\.000"))
    refund = r"Refund for your current plan\s*Based on the time left\.\s*Rp\s14\d\.\d{3}"
    await expect(dialog).to_contain_text(re.compile(refund))
    await expect(dialog).to_contain_text(re.compile(r"Starts\s*immediately"))
    await axe.check(page)
    await continue_to_page(dialog, "GoPay")
    await pay_there(page, "Rp 1.490.000")

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    async with user.client() as client:
        found = (await client.get("/api/subscription")).json()
    await page.goto("/billing")
    await expect(plan(page)).to_contain_text("Rp 1.490.000")
    await expect(plan(page)).to_contain_text(f"Paid until {day(datetime.fromisoformat(found['paid_until']))}")
    await clock.advance(seconds=JOB_SECONDS)
    await expect_credit_note(page, user)


async def test_a_change_after_a_bank_transfer_adds_the_days_that_it_showed(
    stack: Stack, page: Page, user: User, watch: Watch
) -> None:
    del watch
    await buy(user, "bca_va")
    dialog = await open_dialog(page, "Change plan", "Change plan")
    await expect(dialog).to_contain_text("Payments made this way can’t be refunded.")
    await expect(dialog).to_contain_text("more days")
    await expect(dialog).not_to_contain_text("Refund for your current plan")
    shown = re.search(r"([\d.]+) more days", await dialog.inner_text())
    assert shown is not None
    await continue_to_page(dialog, "BCA virtual account")
    await act(stack, await newest_order(stack), "pay")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()

    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    async with user.client() as client:
        found = (await client.get("/api/subscription")).json()
    start, end = (datetime.fromisoformat(found[each]) for each in ("current_period_start", "paid_until"))
    assert abs((end - start) / timedelta(days=1) - 365 - float(shown[1])) < 0.02
    await page.goto("/billing")
    await expect(plan(page)).to_contain_text(f"Paid until {day(end)}")
    await expect(page.get_by_role("region", name="Invoices")).not_to_contain_text("Credit note")


async def test_a_plan_after_the_paid_period_is_paid_now_and_shown_as_what_follows(
    page: Page, user: User, watch: Watch
) -> None:
    del watch
    ends = await buy(user, "gopay")
    dialog = await open_dialog(page, "Change plan", "Change plan")
    await dialog.get_by_role("radio", name="After the paid period").check()
    await expect(dialog).to_contain_text(re.compile(rf"Starts\s*{day(ends)}"))
    await expect(dialog).to_contain_text(re.compile(r"Charged now\s*Rp\s1\.490\.000"))
    await expect(dialog).not_to_contain_text("Refund")
    await continue_to_page(dialog, "GoPay")
    await pay_there(page, "Rp 1.490.000")

    await expect(page.get_by_text(f"Pro starts on {day(ends)}. You keep your current plan until then.")).to_be_visible()
    await page.goto("/billing")
    await expect(plan(page)).to_contain_text(f"Pro · Yearly starts on {day(ends)}. It’s paid already.")
    await expect(plan(page)).to_contain_text("Rp 149.000")
    await expect(plan(page).get_by_text("Active")).to_be_visible()
    for name in ("Pay for the next period", "Keep the plan"):
        await expect(plan(page).get_by_text(name)).to_have_count(0)
    await axe.check(page)


async def test_a_cancellation_returns_what_a_wallet_paid(page: Page, user: User, watch: Watch) -> None:
    del watch
    ends = await buy(user, "qris_on_us")
    dialog = await open_dialog(page, "Cancel plan", "Cancel your plan?")
    later = dialog.get_by_role("radio", name="At the end of the paid period")
    await expect(later).to_have_accessible_description(
        f"You keep everything until {day(ends)}. You can change your mind until then."
    )
    await dialog.get_by_role("button", name="Cancel the plan").click()
    await expect(plan(page)).to_contain_text("Ends soon")
    await expect(plan(page)).to_contain_text(f"You keep the plan until {day(ends)}")
    await plan(page).get_by_role("button", name="Keep the plan").click()
    await expect(plan(page)).to_contain_text(f"Paid until {day(ends)}")

    await page.get_by_role("button", name="Cancel plan").click()
    now = dialog.get_by_role("radio", name="Now")
    await expect(now).to_have_accessible_description(
        re.compile(r"You’ll get back Rp\s14\d\.\d{3} of the Rp\s149\.000 you paid")
    )
    await axe.check(page)
    await now.check()
    await dialog.get_by_role("button", name="Cancel the plan").click()
    await expect(plan(page)).to_contain_text("Your Pro plan has ended")
    await expect_credit_note(page, user)


async def test_a_cancellation_after_a_bank_transfer_gives_the_credits_that_it_showed(
    page: Page, user: User, watch: Watch
) -> None:
    del watch
    await buy(user, "bca_va")
    dialog = await open_dialog(page, "Cancel plan", "Cancel your plan?")
    now = dialog.get_by_role("radio", name="Now")
    await expect(now).to_have_accessible_description(re.compile(r"can’t be refunded, so you get \$9\.\d\d in credits"))
    await expect(dialog).not_to_contain_text("get back")
    await now.check()
    await dialog.get_by_role("button", name="Cancel the plan").click()
    await expect(plan(page)).to_contain_text("Your Pro plan has ended")

    async def credited() -> int:
        async with user.client() as client:
            return int((await client.get("/api/credits/balance")).json()["available_micro_usd"])

    amount = await eventually(credited)
    assert 9_900_000 < amount < 149_000 * 1_000_000 // 15_000
    await page.goto("/credits")
    await expect(page.get_by_role("main")).to_contain_text(f"${amount // 10_000 / 100:.2f}")
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Invoices")).not_to_contain_text("Credit note")


async def test_a_plan_that_runs_out_is_announced_ends_and_is_paid_again(
    stack: Stack, page: Page, user: User, watch: Watch, clock: Clock
) -> None:
    del watch
    ends = await buy(user, "gopay")
    await clock.advance(days=26)
    subject = f"Your OneAI Pro plan ends on {ends:%-d %B %Y}"
    await eventually(lambda: mails.subjects(stack.url, user.email), lambda subjects: subject in subjects)
    await page.goto("/billing")
    await expect(plan(page).locator("[data-code=ends_soon]")).to_contain_text(f"Your plan ends on {day(ends)}.")
    await expect(plan(page).get_by_role("link", name="Pay for the next period")).to_be_visible()
    await axe.check(page)

    await clock.advance(days=5)
    await page.goto("/billing")
    await expect(plan(page)).to_contain_text("Your Pro plan has ended. You’re on the free plan.")
    assert (await mails.subjects(stack.url, user.email)).count(subject) == 1

    await plan(page).get_by_role("link", name="Upgrade to Pro").click()
    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("Rp 149.000")
    await expect(page.get_by_label("Name or company")).to_have_value("Budi Santoso")
    await continue_to_page(page, "QRIS (GoPay)")
    await pay_there(page, "Rp 149.000")
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    async with user.client() as client:
        found = (await client.get("/api/subscription")).json()
    start, end = (datetime.fromisoformat(found[each]) for each in ("current_period_start", "paid_until"))
    assert (start > ends, end - start) == (True, timedelta(days=30))
    await page.goto("/billing")
    await expect(plan(page)).to_contain_text(f"Paid until {day(end)}")
    await expect(plan(page).locator("[data-code=ends_soon]")).to_have_count(0)


async def test_a_page_whose_time_is_over_opens_the_same_choice_again(
    stack: Stack, page: Page, user: User, watch: Watch
) -> None:
    del watch
    async with user.client() as client:
        (await client.put("/api/subscription/billing-details", json=paying_in_rupiah.BUDI)).raise_for_status()
    await page.goto("/checkout/pro?period=yearly&currency=IDR")
    await continue_to_page(page, "BCA virtual account")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()
    await expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    await expect(page.get_by_role("button", name="Choose again")).to_have_count(0)
    await end_time(page)
    await expect(page.get_by_role("heading", name="The time to pay is over")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Choose again").click()

    await expect(page.get_by_role("radio", name="Yearly")).to_be_checked()
    await expect(page.get_by_role("region", name="Summary")).to_contain_text("Rp 1.490.000")
    await expect(page).to_have_url(re.compile(r"/checkout/pro$"))

    await page.goto("/credits?buy")
    await page.get_by_role("radio", name=re.compile(r"^Rp\s150\.000")).check()
    await page.get_by_role("button", name="Review the order").click()
    await continue_to_page(page, "BCA virtual account")
    await page.get_by_role("button", name="Kembali / Back to OneAI").click()
    await end_time(page)
    await page.get_by_role("button", name="Choose again").click()
    await expect(page.get_by_role("radio", name=re.compile(r"^Rp\s150\.000"))).to_be_checked()


async def end_time(page: Page) -> None:
    """Lets the page believe that the payment's time has passed."""
    until = await page.evaluate("JSON.parse(sessionStorage.getItem('oneai.payment')).expires_at")
    await page.clock.set_fixed_time(datetime.fromisoformat(until) + timedelta(seconds=1))
