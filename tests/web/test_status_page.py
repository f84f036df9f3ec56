"""Maintenance in the app, and the status page: what people see while the service does not serve them."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.operator_commands import maintenance, operate
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)

SENTENCE = "We are moving the database."


async def test_a_maintenance_is_a_banner_and_keeps_the_typed_text(page: Page, stack: Stack, watch: Watch) -> None:
    watch.refused(503)
    await chat.begin(page, "Why is the sky blue?", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    banner = page.locator("[data-banner=maintenance]")

    async with maintenance(stack, SENTENCE, "--minutes", "30"):
        await chat.composer(page).fill("And the sea?")
        await page.get_by_role("button", name="Send", exact=True).click()

        await expect(banner).to_contain_text(SENTENCE)
        await expect(banner).to_contain_text("Expected to be back at")
        await expect(chat.composer(page)).to_have_value("And the sea?")
        refusal = page.locator("[role=alert][data-code=maintenance]")
        await expect(refusal).to_contain_text("Your text is still here.")
        await expect(refusal).to_contain_text(re.compile("Request [0-9a-f-]{36}"))
        # What was read before stays on the page.
        await expect(chat.questions(page)).to_have_text("Why is the sky blue?")
        await axe.check(page)

    await refusal.get_by_role("button", name="Try again", exact=True).click()
    await expect(chat.questions(page)).to_have_count(2)
    await expect(banner).to_have_count(0)


async def test_the_app_opens_during_a_maintenance_and_resumes_after_it(page: Page, stack: Stack, watch: Watch) -> None:
    watch.refused(503)
    await page.clock.install()
    async with maintenance(stack, SENTENCE):
        await page.goto("/c")
        await expect(page.locator("[data-banner=maintenance]")).to_contain_text(SENTENCE)
        await chat.composer(page).fill("A thought")

    await page.clock.fast_forward(31_000)

    await expect(page.locator("[data-banner=maintenance]")).to_have_count(0)
    await expect(chat.composer(page)).to_have_value("A thought")


async def test_the_status_page_shows_incidents_components_and_days(visitor: Page, stack: Stack) -> None:
    await operate(
        stack, "incidents", "open", "Answers are slow", "--impact=major", "--component=chat", "--message", "A provider."
    )
    number = (await operate(stack, "incidents")).split()[0]
    await visitor.goto("/status")
    summary = visitor.locator("[data-status]")
    await expect(summary).to_contain_text("Some parts aren’t working properly.")
    await expect(visitor.locator("[data-component=chat]")).to_contain_text("partial outage")
    await expect(visitor.locator("[data-component=payments]")).to_contain_text("operational")
    await expect(visitor.get_by_role("article")).to_contain_text("A provider.")
    await expect(visitor.get_by_role("table")).to_contain_text("major")
    await axe.check(visitor)

    await operate(stack, "incidents", "resolve", number, "--message", "Fast again.")
    await visitor.reload()

    await expect(summary).to_contain_text("All systems operational.")
    await expect(visitor.get_by_role("article")).to_contain_text("Fast again.")
    await axe.check(visitor)


async def test_the_status_page_shows_the_operators_maintenance_message(visitor: Page, stack: Stack) -> None:
    async with maintenance(stack, SENTENCE, "--minutes", "30"):
        await visitor.goto("/status")
        await expect(visitor.locator("[data-status=maintenance]")).to_contain_text(SENTENCE)
        await expect(visitor.locator("[data-component=chat]")).to_contain_text("under maintenance")


@pytest.mark.exhaustive
async def test_the_status_page_works_without_an_answer_and_without_a_history(visitor: Page, watch: Watch) -> None:
    watch.refused(503)
    watch.expect("ERR_INTERNET_DISCONNECTED|Failed to fetch")
    outage = {
        "status": "outage",
        "components": [{"name": "api", "status": "major_outage"}],
        **dict.fromkeys(("maintenance", "incidents", "days")),
    }
    await visitor.route("**/api/status", lambda route: route.fulfill(json=outage))
    await visitor.goto("/status")
    await expect(visitor.locator("[data-status=outage]")).to_contain_text("isn’t working properly")
    await expect(visitor.get_by_text("Past incidents couldn’t be loaded.")).to_be_visible()

    await visitor.unroute("**/api/status")
    await visitor.route("**/api/status", lambda route: route.fulfill(status=503, body="away"))
    await visitor.get_by_role("button", name="Check again").click()
    await expect(visitor.locator("[data-status=unreachable]")).to_contain_text("OneAI can’t be reached.")

    await visitor.context.set_offline(True)
    await visitor.get_by_role("button", name="Check again").click()
    await expect(visitor.locator("[data-status=unreachable]")).to_contain_text("You’re offline")
    await visitor.context.set_offline(False)


@pytest.mark.exhaustive
async def test_the_status_page_is_available_in_hindi(open_context: OpenContext, user: User) -> None:
    page = await (await open_context(user.storage(language="hi"))).new_page()

    await page.goto("/status")

    await expect(page.get_by_role("heading", level=1)).to_have_text("स्थिति")
    await expect(page.locator("[data-component=chat]")).to_contain_text("जवाब")
    await axe.check(page)
