"""A plan at Stripe in the browser: another plan, a failed renewal, a cancellation, a refund and the documents."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe, mails, paying_at_stripe
from tests.web.chromium import Watch
from tests.web.clock import JOB_SECONDS, Clock
from tests.web.people import User

pytestmark = pytest.mark.exhaustive


@pytest.fixture
async def carol(user: User) -> User:
    """The test's user, who lives in Austin and pays $9.99 a month for Pro."""
    async with user.client() as client:
        await paying_at_stripe.subscribe(client)
    return user


def plan_of(page: Page) -> Locator:
    """The part of the page of the plan that is about the plan."""
    return page.get_by_role("region", name="Your plan")


async def documents(user: User, count: int) -> None:
    """Waits until the user has this number of invoices and credit notes."""
    async with user.client() as client:
        await eventually(
            lambda: client.get("/api/subscription/invoice"), lambda answer: len(answer.json()["items"]) == count
        )


def day(moment: str) -> str:
    """A day as the page writes it, such as `28 Nov 2026`."""
    return f"{datetime.fromisoformat(moment) + timedelta(hours=5, minutes=30):%-d %b %Y}"


async def test_an_upgrade_shows_its_charge_and_refund_and_a_downgrade_starts_later(
    page: Page, carol: User, watch: Watch, clock: Clock, stack: Stack
) -> None:
    watch.refused(422)  # the preview of a shorter period that would start at once
    await page.goto("/billing")
    plan = plan_of(page)
    await expect(plan).to_contain_text("$9.99")
    await expect(plan.get_by_role("button", name="Pause")).to_have_count(0)
    await plan.get_by_role("button", name="Change plan").click()
    dialog = page.get_by_role("dialog", name="Change plan")
    await expect(dialog.get_by_role("radio", name="Pro · Yearly")).to_be_checked()
    await expect(dialog).to_contain_text(re.compile(r"Charged now ?\$99.90"))
    await expect(dialog).to_contain_text(re.compile(r"Refund for your current plan.*\$9\.9\d"))
    await expect(dialog).to_contain_text(re.compile(r"Then each year ?\$99.90"))
    await axe.check(page)
    await dialog.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("button", name="Pay $99.90").click()
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()

    await page.goto("/billing")
    await expect(plan).to_contain_text(re.compile(r"\$99\.90 ?a year"))
    await clock.advance(seconds=JOB_SECONDS)
    await documents(carol, 3)
    await page.goto("/billing")
    note = page.get_by_role("region", name="Invoices").get_by_role("row").filter(has_text="Credit note")
    await expect(note).to_contain_text(re.compile(r"\$9\.9\d"))
    await plan.get_by_role("button", name="Change plan").click()
    await expect(dialog.get_by_role("radio", name="Pro · Monthly")).to_be_checked()
    await expect(dialog.get_by_role("radio", name="Now", exact=True)).to_be_disabled()
    await expect(dialog).to_contain_text(re.compile(r"Charged now ?\$0"))
    async with carol.client() as client:
        end = (await client.get("/api/subscription")).json()["current_period_end"]
    await expect(dialog).to_contain_text(f"Starts {day(end)}")
    await dialog.get_by_role("button", name="Continue to payment").click()
    await expect(page.get_by_text("first charge")).to_be_visible()
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_role("status").get_by_text("You keep your current plan until then")).to_be_visible()

    await page.goto("/billing")
    await expect(plan).to_contain_text(
        f"Pro · Monthly starts on {day(end)}, for $9.99 a month. You keep your plan until then."
    )
    await expect(plan).not_to_contain_text("You cancelled")
    await axe.check(page)
    await plan.get_by_role("button", name="Keep the plan").click()
    await expect(plan).to_contain_text(f"Renews on {day(end)}")
    await clock.advance(seconds=JOB_SECONDS)
    await eventually(
        lambda: paying_at_stripe.subscriptions(stack.url, carol.id),
        lambda found: [each["status"] for each in found] == ["canceled", "active", "canceled"],
    )


async def test_a_failed_renewal_is_shown_mailed_and_paid(page: Page, carol: User, clock: Clock, stack: Stack) -> None:
    (subscription,) = await paying_at_stripe.subscriptions(stack.url, carol.id)
    await paying_at_stripe.act(stack.url, f"customers/{subscription['customer']}", {"outcome": "decline"})
    async with carol.client() as client:
        end = datetime.fromisoformat((await client.get("/api/subscription")).json()["current_period_end"])
    await clock.advance_past(end, days=1)

    await page.goto("/billing")
    plan = plan_of(page)
    async with carol.client() as client:
        last = (await client.get("/api/subscription")).json()["grace_ends_at"]
    assert datetime.fromisoformat(last) > await clock.now()
    await expect(plan.get_by_role("alert")).to_contain_text(
        f"Your last payment failed. You keep the plan until {day(last)} at the latest."
    )
    await expect(plan).to_contain_text("$9.99")
    await axe.check(page)
    failed = "Your payment for OneAI Pro failed"
    await eventually(lambda: mails.subjects(stack.url, carol.email), lambda subjects: failed in subjects)
    await page.goto(await mails.link(stack.url, carol.email, "/billing"))
    await plan.get_by_role("button", name="Pay now").click()
    await page.get_by_role("button", name="Pay $9.99").click()
    await expect(page.get_by_text("It is paid.")).to_be_visible()

    async with carol.client() as client:
        await eventually(lambda: client.get("/api/subscription"), lambda answer: answer.json()["status"] == "active")
    await page.goto("/billing")
    await expect(plan).to_contain_text("Renews on")
    await expect(page.get_by_role("region", name="History")).to_contain_text("Paid after a failed payment")
    await expect(page.get_by_role("region", name="Invoices").get_by_role("row")).to_have_count(3)


async def test_another_card_and_a_cancellation_in_the_portal_are_shown(page: Page, carol: User, stack: Stack) -> None:
    await page.goto("/billing")
    await plan_of(page).get_by_role("button", name="Payment method").click()
    await expect(page.get_by_text(re.compile(r"Pro.*\$9\.99: renews on"))).to_be_visible()
    (before,) = await paying_at_stripe.subscriptions(stack.url, carol.id)
    await page.get_by_label("Another number").fill("4111111111111111")
    await page.get_by_role("button", name="Save this card").click()

    await eventually(
        lambda: paying_at_stripe.subscriptions(stack.url, carol.id),
        lambda found: found[0]["default_payment_method"] != before["default_payment_method"],
    )
    await page.get_by_role("button", name="Cancel it then").click()
    await page.get_by_role("link", name="Return").click()
    await expect(plan_of(page)).to_contain_text("You cancelled on the payment provider’s page.")


async def test_a_cancellation_at_the_end_is_undone_then_made_and_the_plan_ends(
    page: Page, carol: User, clock: Clock, stack: Stack
) -> None:
    async with carol.client() as client:
        ends_at = (await client.get("/api/subscription")).json()["current_period_end"]
    end = day(ends_at)
    await page.goto("/billing")
    plan = plan_of(page)
    await plan.get_by_role("button", name="Cancel plan").click()
    dialog = page.get_by_role("dialog", name="Cancel your plan?")
    at_end = dialog.get_by_role("radio", name="At the end of the paid period")
    await expect(at_end).to_be_checked()
    await expect(at_end).to_have_accessible_description(
        re.compile(f"You keep everything until {end}. You can change your mind until ")
    )
    await dialog.get_by_role("button", name="Cancel the plan").click()
    await expect(plan).to_contain_text(f"You cancelled. You keep the plan until {end} and won’t be charged again.")
    await axe.check(page)
    await plan.get_by_role("button", name="Keep the plan").click()
    await expect(plan).to_contain_text(f"Renews on {end}")

    await plan.get_by_role("button", name="Cancel plan").click()
    await dialog.get_by_role("button", name="Cancel the plan").click()
    await expect(plan).to_contain_text("Ends soon")
    # Stripe is asked to end it an hour before, and not after a renewal.
    left = datetime.fromisoformat(ends_at) - await clock.now()
    await clock.advance(seconds=left.total_seconds() - 1800)
    await clock.advance(hours=2)
    await page.goto("/billing")
    await expect(plan).to_contain_text("Your Pro plan has ended. You’re on the free plan.")
    await expect(page.get_by_role("region", name="Invoices").get_by_role("row")).to_have_count(2)
    (subscription,) = await paying_at_stripe.subscriptions(stack.url, carol.id)
    assert subscription["status"] == "canceled"


async def test_an_immediate_cancellation_refunds_and_both_documents_are_downloaded(
    page: Page, carol: User, tmp_path: Path
) -> None:
    await page.goto("/billing")
    await plan_of(page).get_by_role("button", name="Cancel plan").click()
    dialog = page.get_by_role("dialog", name="Cancel your plan?")
    now = dialog.get_by_role("radio", name="Now")
    await expect(now).to_have_accessible_description(re.compile(r"You’ll get back \$9\.9\d of the \$9\.99 you paid\."))
    await now.check()
    await axe.check(page)
    await dialog.get_by_role("button", name="Cancel the plan").click()
    await expect(plan_of(page)).to_contain_text("Your Pro plan has ended")

    await documents(carol, 2)
    await page.goto("/billing")
    rows = page.get_by_role("region", name="Invoices").get_by_role("row")
    note, invoice = rows.filter(has_text="Credit note"), rows.filter(has_not_text="Credit note").nth(1)
    number = await invoice.locator("bdi").first.inner_text()
    await expect(note).to_contain_text(f"for {number}")
    await expect(note).to_contain_text(re.compile(r"\$9\.9\d"))
    await expect(invoice).to_contain_text("$9.99")
    await expect(page.get_by_role("region", name="History")).to_contain_text("Refunded")
    for row in (invoice, note):
        async with page.expect_download() as downloading:
            await row.get_by_role("button").click()
        file = tmp_path / "document.pdf"
        await (await downloading.value).save_as(file)
        assert file.read_bytes().startswith(b"%PDF-")
    await axe.check(page)


async def test_a_part_that_an_operator_refunds_is_shown_and_the_plan_continues(
    page: Page, carol: User, stack: Stack
) -> None:
    async with carol.client() as client:
        (invoice,) = (await client.get("/api/subscription/invoice")).json()["items"]
    await paying_at_stripe.act(stack.url, f"payments/{invoice['payment_reference']}", {"refund": 400})
    await documents(carol, 2)
    await page.goto("/billing")
    note = page.get_by_role("region", name="Invoices").get_by_role("row").filter(has_text="Credit note")
    await expect(note).to_contain_text("$4")
    await expect(plan_of(page)).to_contain_text("Renews on")
