"""Plan and billing: what one has, changing, pausing and cancelling it, invoices and the details on them."""

import re
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web import axe, paying
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.people import User


@pytest.fixture
async def subscriber(user: User) -> User:
    """The test's user, who pays for Pro each month."""
    async with user.client() as client:
        await paying.subscribe(client)
    return user


async def test_a_user_on_the_free_plan_sees_how_to_upgrade(page: Page) -> None:
    await page.goto("/billing")
    plan = page.get_by_role("region", name="Your plan")
    await expect(plan).to_contain_text("Free")
    await expect(plan.get_by_role("link", name="Upgrade to Pro")).to_have_attribute("href", "/checkout/pro")
    await expect(page.get_by_role("region", name="Invoices")).to_contain_text("after the first payment")
    await axe.check(page)


@pytest.mark.usefixtures("subscriber")
async def test_an_invoice_is_downloaded_as_a_pdf(page: Page, tmp_path: Path) -> None:
    await page.goto("/billing")
    invoices = page.get_by_role("region", name="Invoices")
    row = invoices.get_by_role("row").nth(1)
    await expect(row).to_contain_text("₹799")
    await expect(row).to_contain_text("₹121.88")
    async with page.expect_download() as downloading:
        await row.get_by_role("button", name=re.compile("Download INV.* as PDF")).click()
    file = tmp_path / "invoice.pdf"
    download = await downloading.value
    await download.save_as(file)
    assert download.suggested_filename.startswith("INV-")
    assert file.read_bytes().startswith(b"%PDF-")
    await axe.check(page)


@pytest.mark.exhaustive
@pytest.mark.usefixtures("subscriber")
async def test_a_cancellation_at_the_period_end_is_undone(page: Page) -> None:
    await page.goto("/billing")
    plan = page.get_by_role("region", name="Your plan")
    await plan.get_by_role("button", name="Cancel plan").click()
    dialog = page.get_by_role("dialog", name="Cancel your plan?")
    await expect(dialog.get_by_role("radio", name="At the end of the paid period")).to_be_checked()
    await axe.check(page)
    await dialog.get_by_label("Why are you cancelling?").fill("I am travelling.")
    await dialog.get_by_role("button", name="Cancel the plan").click()

    await expect(plan).to_contain_text("Ends soon")
    await expect(page.get_by_role("region", name="History")).to_contain_text("Subscribed")
    await plan.get_by_role("button", name="Keep the plan").click()
    await expect(plan).to_contain_text("Renews on")
    await expect(plan.get_by_text("Active")).to_be_visible()


async def test_an_immediate_cancellation_shows_its_refund_and_makes_it(page: Page, subscriber: User) -> None:
    await page.goto("/billing")
    await page.get_by_role("button", name="Cancel plan").click()
    dialog = page.get_by_role("dialog", name="Cancel your plan?")
    now = dialog.get_by_role("radio", name="Now")
    await expect(now).to_have_accessible_description(re.compile(r"You’ll get back ₹79\d.* of the ₹799 you paid"))
    await now.check()
    await dialog.get_by_role("button", name="Cancel the plan").click()

    plan = page.get_by_role("region", name="Your plan")
    await expect(plan).to_contain_text("Your Pro plan has ended")
    await expect(page.get_by_role("region", name="Invoices")).to_contain_text("Credit note")
    async with subscriber.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "free"


@pytest.mark.usefixtures("subscriber")
async def test_a_plan_is_paused_and_resumed(page: Page) -> None:
    await page.goto("/billing")
    plan = page.get_by_role("region", name="Your plan")
    await plan.get_by_role("button", name="Pause").click()
    await page.get_by_role("dialog", name="Pause the plan?").get_by_role("button", name="Pause").click()
    await expect(plan).to_contain_text("Your plan is paused")
    await axe.check(page)
    await plan.get_by_role("button", name="Resume").click()
    await expect(plan).to_contain_text("Renews on")


async def test_a_change_shows_its_price_and_refund_and_a_shorter_period_begins_later(
    page: Page, subscriber: User, watch: Watch
) -> None:
    watch.refused(422)  # the preview of a shorter period that would begin at once
    await page.goto("/billing")
    await page.get_by_role("button", name="Change plan").click()
    dialog = page.get_by_role("dialog", name="Change plan")
    await expect(dialog.get_by_role("radio", name="Pro · Yearly")).to_be_checked()
    await expect(dialog).to_contain_text(re.compile("Charged now ?₹7,990"))
    await expect(dialog).to_contain_text("Based on the time left.")
    await dialog.get_by_role("radio", name="After the paid period").check()
    await expect(dialog).to_contain_text(re.compile("Charged now ?₹0"))
    await axe.check(page)
    await dialog.get_by_role("radio", name="Now", exact=True).check()
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()

    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Your plan")).to_contain_text("₹7,990")
    await page.get_by_role("button", name="Change plan").click()
    await expect(dialog.get_by_role("radio", name="Pro · Monthly")).to_be_checked()
    await expect(dialog.get_by_role("radio", name="Now", exact=True)).to_be_disabled()
    await expect(dialog).to_contain_text("starts after the period you paid for")
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("status").get_by_text("You keep your current plan until then")).to_be_visible()
    async with subscriber.client() as client:
        assert (await client.get("/api/subscription")).json()["period"] == "yearly"


async def test_billing_details_are_changed_and_errors_are_shown_at_their_fields(
    page: Page, subscriber: User, watch: Watch
) -> None:
    watch.refused(422)
    await page.goto("/billing")
    details = page.get_by_role("region", name="Billing details")
    await expect(details).to_contain_text("Karnataka, India")
    await details.get_by_role("button", name="Edit").click()
    await details.get_by_label("GSTIN").fill("nonsense")
    await details.get_by_role("button", name="Save").click()
    await expect(details.get_by_label("GSTIN")).to_have_accessible_description(re.compile("fifteen characters"))
    await details.get_by_label("GSTIN").fill("")
    await details.get_by_label("Name or company").fill("Asha Rao & Co")
    await details.get_by_role("button", name="Save").click()
    await expect(details).to_contain_text("Asha Rao & Co")
    async with subscriber.client() as client:
        saved = (await client.get("/api/subscription/billing-details")).json()
    assert (saved["legal_name"], saved["gstin"]) == ("Asha Rao & Co", None)


@pytest.mark.usefixtures("subscriber")
async def test_the_payment_method_links_to_the_provider(page: Page) -> None:
    await page.goto("/billing")
    await page.get_by_role("button", name="Payment method").click()
    await expect(page).to_have_url(re.compile("/razorpay/i/"))


@pytest.mark.exhaustive
async def test_a_failed_renewal_is_shown_and_paid(page: Page, subscriber: User, clock: Clock, stack: Stack) -> None:
    async with subscriber.client() as client:
        ref = (await client.get("/api/subscription/portal")).json()["url"].rsplit("/", 1)[-1]
        end = datetime.fromisoformat((await client.get("/api/subscription")).json()["current_period_end"])
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as local:
        items = (await local.get("/local/razorpay/subscriptions")).json()["items"]
    subscription = next(item["id"] for item in items if item["short_url"].endswith(ref))
    await paying.control(stack.url, f"subscriptions/{subscription}", {"outcome": "fail"})
    await clock.advance_past(end, days=1)

    await page.goto("/billing")
    alert = page.get_by_role("alert").filter(has_text="Your last payment failed")
    await expect(alert).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Pay now").click()
    await page.get_by_role("button", name="Pay ₹").click()
    await expect(page.get_by_text("Payment successful")).to_be_visible()
    async with subscriber.client() as client:
        await eventually(lambda: client.get("/api/subscription"), lambda answer: answer.json()["status"] == "active")
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Your plan").get_by_text("Active")).to_be_visible()


@pytest.mark.exhaustive
async def test_the_page_read_last_is_shown_offline_and_a_change_explains_why_it_fails(
    page: Page, subscriber: User, watch: Watch
) -> None:
    watch.expect(
        "Failed to load resource|ERR_INTERNET_DISCONNECTED|Failed to fetch|error occurred when fetching the script"
    )
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Invoices")).to_contain_text("INV/")
    await page.get_by_role("button", name="Cancel plan").click()
    await page.get_by_role("dialog").get_by_role("button", name="Go back").click()
    await page.context.set_offline(True)
    await page.get_by_role("button", name="Cancel plan").click()
    dialog = page.get_by_role("dialog", name="Cancel your plan?")
    await expect(dialog.get_by_role("alert")).to_contain_text("The connection failed")
    await page.context.set_offline(False)
    await dialog.get_by_role("button", name="Try again").click()
    await expect(dialog.get_by_role("radio", name="At the end of the paid period")).to_be_checked()
    async with subscriber.client() as client:
        assert (await client.get("/api/subscription")).json()["cancel_requested_at"] is None
