"""A document's page: a model reads pages that hold no text, and writes a summary, after what that takes was shown."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.ingest_document import made
from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.documents import add_document, processed
from tests.web.people import User
from tests.web.staff import rows
from tests.web.test_documents import PDF, row, upload

pytestmark = pytest.mark.sampled(0.4)

SUMMARY = "Summary"


def summary_of(page: Page) -> Locator:
    """The section of the summary."""
    return page.get_by_role("region", name=SUMMARY, exact=True)


def leave(stack: Stack, user: User, count: int) -> None:
    """Leaves this many answers from small models."""
    rows(
        stack,
        "update oneai.usage_quotas as q set used = oneai.effective_limit(q, oneai.now()) + q.grace_units - %s "
        "where workspace_id = %s and quota_key = 'small_messages'",
        [count, user.id],
    )


async def test_a_scan_is_read_by_a_model_after_its_quote_is_shown(page: Page, user: User) -> None:
    await page.goto("/knowledge")
    await upload(page, {"name": "scan.pdf", "mimeType": PDF, "buffer": made.pdf(["", ""])})
    async with processed(user):
        await expect(row(page, "scan.pdf")).to_have_attribute("data-status", "failed")
        await row(page, "scan.pdf").get_by_role("link", name="scan.pdf").click()
        await expect(page.get_by_text("2 pages have no text")).to_be_visible()
        await page.get_by_role("button", name="Read the pages").click()
        dialog = page.get_by_role("dialog", name="Read the pages")
        await expect(dialog.get_by_role("status")).to_contain_text("Uses 2 × Answers from small models")
        options = dialog.get_by_role("combobox", name="Model").get_by_role("option")
        assert "Llama 3.3 70B Instruct" not in await options.all_text_contents()  # it sees nothing
        await axe.check(page)
        await dialog.get_by_role("combobox", name="Model").select_option("openai/gpt-4.1-mini")
        await expect(dialog.get_by_role("status")).to_contain_text("GPT-4.1 Mini")
        await dialog.get_by_role("button", name="Read the pages").click()

        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("region", name="Text", exact=True).get_by_role("article")).to_have_count(2)
    await expect(page.get_by_role("button", name="Read the pages")).to_have_count(0)


async def test_the_part_that_the_plan_can_pay_for_is_read_and_the_rest_says_why(
    page: Page, user: User, stack: Stack
) -> None:
    document = add_document(
        stack, user, blank_pages=2, problem="Page 4, and those after it without text, were not read. It ended."
    )
    leave(stack, user, 1)
    await page.goto(f"/knowledge/{document}")

    await expect(page.get_by_text("Page 4, and those after it without text, were not read.")).to_be_visible()
    await page.get_by_role("button", name="Read the pages").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Your plan doesn’t have enough left for all of them.")
    await axe.check(page)


async def test_a_summary_is_requested_followed_and_regenerated(page: Page, user: User, stack: Stack) -> None:
    document = add_document(stack, user)
    await page.goto(f"/knowledge/{document}")
    await expect(summary_of(page)).to_contain_text("No summary yet.")
    await summary_of(page).get_by_role("button", name="Summarise").click()
    dialog = page.get_by_role("dialog", name="Summarise")
    await dialog.get_by_role("combobox", name="Model").select_option("local/echo")
    await expect(dialog.get_by_role("status")).to_contain_text("Uses 1 × Answers from small models")
    await dialog.get_by_role("button", name="Summarise").click()

    await expect(summary_of(page).get_by_role("progressbar", name="Writing the summary")).to_be_visible()
    await expect(summary_of(page).get_by_role("button")).to_have_count(0)
    await axe.check(page)
    async with processed(user):
        await expect(summary_of(page)).to_contain_text("three months' notice")
    await expect(summary_of(page)).to_contain_text("Written by ")
    await expect(summary_of(page).get_by_role("button", name="Summarise again")).to_be_enabled()
    await axe.check(page)


async def test_a_refused_summary_says_why_and_offers_an_alternative(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    document = add_document(stack, user)
    leave(stack, user, 0)
    await page.goto(f"/knowledge/{document}")
    await summary_of(page).get_by_role("button", name="Summarise").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Your plan doesn’t have enough left for this.")
    watch.refused(429)
    await dialog.get_by_role("button", name="Summarise").click()

    alert = dialog.get_by_role("alert")
    await expect(alert).to_have_attribute("data-code", "quota_exceeded")
    await expect(alert.get_by_role("link", name=re.compile("^Upgrade to"))).to_be_visible()
    await axe.check(page)


async def test_a_failed_summary_says_why(page: Page, user: User, stack: Stack) -> None:
    document = add_document(stack, user)
    rows(
        stack,
        "insert into oneai.document_summaries (document_id, workspace_id, state, problem, requested_model, "
        "reservation, units, part_tokens) values (%s, %s, 'failed', 'The model is no longer available. Please choose "
        "another one.', "
        "'gone/model', gen_random_uuid(), 1, 1)",
        [document, user.id],
    )
    await page.goto(f"/knowledge/{document}")

    await expect(summary_of(page).get_by_role("alert")).to_have_text(
        "The model is no longer available. Please choose another one."
    )
    await expect(summary_of(page).get_by_role("button", name="Summarise")).to_be_enabled()
