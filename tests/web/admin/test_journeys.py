"""An operator's journeys: a refused customer helped, a failed payment followed, a month's margin read."""

import csv
import re
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web import axe, chat, paying, staff
from tests.web.clock import Clock
from tests.web.people import User


async def act(page: Page, button: str, reason: str, title: str | None = None) -> None:
    """Opens what an admin does, gives the reason, and does it."""
    await page.get_by_role("button", name=button).first.click()
    dialog = page.get_by_role("dialog", name=title or button)
    await dialog.get_by_role("textbox", name="Reason").fill(reason)
    await dialog.get_by_role("button", name=button.partition(":")[0], exact=True).click()


async def test_a_refused_customer_is_found_by_request_id_and_helped(
    page: Page, user: User, desk: Page, stack: Stack
) -> None:
    request_id = await staff.be_refused(stack, user)

    async def recorded() -> bool:
        query = "select 1 from oneai.refusals where request_id = %s"
        return bool(staff.rows(stack, query, [request_id]))

    await eventually(recorded)
    await desk.goto("/admin/requests")
    await desk.get_by_role("textbox", name="Request ID").fill(request_id)
    await desk.get_by_role("button", name="Look up").click()

    why = "Answers from small models: 100 used and 0 held, of 100 in this window."
    await expect(desk.get_by_text(why)).to_be_visible()
    await expect(desk.locator("main").get_by_text("quota_exceeded").first).to_be_visible()
    await expect(desk.get_by_role("link", name=user.email)).to_have_attribute("href", f"/admin/users/{user.id}")

    await desk.get_by_role("button", name="Add an override").click()
    dialog = desk.get_by_role("dialog", name="Add an override")
    await expect(dialog.get_by_role("combobox", name="Quota")).to_have_value("small_messages")
    await dialog.get_by_role("textbox", name="Extra units in every window").fill("5")
    await dialog.get_by_role("button", name="Add an override").click()
    reason = dialog.get_by_role("textbox", name="Reason")
    await expect(reason).to_have_accessible_description("Enter a reason for the audit log.")
    await reason.fill("A slow week of ours")
    await axe.check(desk)
    await dialog.get_by_role("button", name="Add an override").click()
    await expect(desk.get_by_text("The override applies.")).to_be_visible()

    await chat.begin(page, "And now?", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)

    await desk.get_by_role("link", name="Open user").click()
    quotas = desk.get_by_role("region", name="Quotas", exact=True).first
    await expect(quotas).to_contain_text("5 extra in every window")
    await expect(quotas).to_contain_text("A slow week of ours")
    acts = desk.get_by_role("table", name="Audit log")
    await expect(acts.get_by_role("row", name=re.compile("Quota override created"))).to_contain_text(
        "A slow week of ours"
    )


@pytest.mark.exhaustive
async def test_a_failed_payment_is_traced_to_its_event_and_replayed(
    user: User, desk: Page, clock: Clock, stack: Stack
) -> None:
    async with user.client() as client:
        await paying.subscribe(client)
        ref = (await client.get("/api/subscription/portal")).json()["url"].rsplit("/", 1)[-1]
        end = datetime.fromisoformat((await client.get("/api/subscription")).json()["current_period_end"])
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as local:
        items = (await local.get("/local/razorpay/subscriptions")).json()["items"]
    subscription = next(item["id"] for item in items if item["short_url"].endswith(ref))
    await paying.control(stack.url, f"subscriptions/{subscription}", {"outcome": "fail"})
    await clock.advance_past(end, days=1)

    await desk.goto("/admin/subscriptions")
    await desk.get_by_role("combobox", name="Status").select_option("Past due")
    await expect(desk).to_have_url(re.compile("status=past_due"))
    await desk.get_by_role("row", name=re.compile(user.email)).get_by_role("link", name="Pro").click()
    await expect(desk.get_by_role("region", name="Subscription: Pro")).to_contain_text("Past due")
    timeline = desk.get_by_role("region", name="Timeline")
    await expect(timeline).to_contain_text("A payment failed")
    await axe.check(desk)

    await timeline.get_by_role("link", name="Charge failed, will be retried").first.click()
    await expect(desk.locator("pre")).to_contain_text(subscription)
    event = desk.get_by_role("region", name="Charge failed, will be retried")
    await expect(event).to_contain_text("subscription.pending")
    await expect(event).to_contain_text("Processed")
    await act(desk, "Replay", "The customer says that it was paid", "Replay the event")
    await expect(desk.get_by_text("The event was processed again.")).to_be_visible()

    await desk.goto("/admin/audit?action=provider_event.replay")
    await expect(desk.get_by_role("table", name="Audit log")).to_contain_text("The customer says that it was paid")


async def test_the_margin_of_a_month_is_read_and_downloaded(
    user: User, admin: User, desk: Page, stack: Stack, tmp_path: Path
) -> None:
    async with user.client() as client:
        await paying.subscribe(client)
        answer = await client.post("/api/chat/stream", json={"message": "Hello", "model": "openai/gpt-4.1"})
        assert "event: done" in answer.text
    # What the job does every hour.
    staff.rows(stack, staff.ROLL_UP)
    async with admin.client() as client:
        today = (await client.get("/api/admin/analytics/cost")).json()["to"]
        days = {"from": f"{today[:7]}-01", "to": today}
        month = (await client.get("/api/admin/analytics/cost", params=days)).json()
    margin = month["totals"]["margin_micro_usd"]

    await desk.goto("/admin")
    await expect(desk.get_by_role("region", name="Margin")).to_contain_text("$")
    await expect(desk.get_by_role("region", name="Net revenue")).to_contain_text("₹")
    await desk.get_by_role("link", name="Analytics").click()
    report = desk.get_by_role("link", name="Cost and margin")
    await report.click()
    # A link is followed a frame after the click; a choice made before would be made on the page that is left.
    await expect(report).to_have_attribute("aria-current", "page")
    await desk.get_by_role("combobox", name="Period").select_option("This month")
    await expect(desk).to_have_url(re.compile(r"\?"))  # the next choice adds to the address
    await desk.get_by_role("combobox", name="By").select_option("Plan")

    totals = desk.get_by_role("region", name="Total")
    await expect(totals).to_contain_text(f"{abs(margin) / 1_000_000:,.2f}".rstrip("0").rstrip("."))
    await expect(desk.get_by_text("days in Asia/Kolkata")).to_be_visible()
    await expect(desk.get_by_role("row", name=re.compile("Pro"))).to_contain_text("$")
    async with desk.expect_download() as downloading:
        await desk.get_by_role("button", name="Save as CSV").click()
    download = await downloading.value
    file = tmp_path / "cost.csv"
    await download.save_as(file)
    assert download.suggested_filename == f"cost-by-plan-{days['from']}-{today}.csv"
    with file.open() as lines:
        plans = {row["plan"]: row for row in csv.DictReader(lines)}
    assert int(plans["pro"]["revenue_micro_usd"]) > 0
    assert sum(int(row["cost_micro_usd"]) for row in plans.values()) == month["totals"]["cost_micro_usd"]
