"""A search of the web from the composer: its switch and price, the pages under the answer, its receipt, its end."""

from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.people import User
from tests.web.staff import rows
from tests.web.test_hostile_text import FIND_HARM, noticing

FERRY = "When does the last ferry to the island leave on Fridays?"


def switch(page: Page) -> Locator:
    """The switch beside the message."""
    return page.get_by_role("switch", name="Search the web")


def sources(page: Page) -> Locator:
    """The sources of the last answer."""
    return page.get_by_role("group", name="Sources", exact=True).last


async def test_a_searched_answer_shows_its_pages_its_price_and_its_receipt(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    await noticing(page, watch)
    watch.refused(429)
    await page.goto("/c")
    await expect(switch(page)).to_have_attribute("aria-checked", "false")
    await chat.choose_model(page, "GPT-4.1 Mini")
    await switch(page).click()
    await expect(switch(page)).to_have_attribute("aria-checked", "true")
    await chat.composer(page).fill(FERRY)
    await expect(page.locator("[data-quote=true]")).to_contain_text("1 × Web searches")
    await axe.check(page)
    await page.keyboard.press("Enter")

    await expect(chat.answers(page)).to_have_count(1)
    entries = sources(page).get_by_role("listitem")
    await expect(entries.first).to_contain_text("Winter timetable of the island ferry · news.dock.example")
    await expect(entries.first).to_contain_text("the last ferry on Fridays leaves at 22:00")
    link = entries.first.get_by_role("link")
    await expect(link).to_have_attribute("href", "https://news.dock.example/2026/11/ferry-timetable")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    await page.get_by_role("button", name="Receipt").click()
    await expect(page.get_by_role("dialog", name="Receipt")).to_contain_text("Part of the cost, web searches")
    await page.keyboard.press("Escape")

    # The conversation keeps the choice, a model that cannot search disables it, and a used-up quota offers a way on.
    await page.reload()
    await expect(switch(page)).to_have_attribute("aria-checked", "true")
    await chat.choose_model(page, "MythoMax")
    await expect(switch(page)).to_have_attribute("aria-disabled", "true")
    await chat.choose_model(page, "cites-hostile-pages")
    await chat.send(page, "What do many pages say?")
    await expect(chat.answers(page)).to_have_count(2)
    await expect(sources(page).get_by_role("listitem").first).to_contain_text("evil.example")
    assert await page.evaluate(FIND_HARM) == []
    rows(
        stack,
        "update oneai.usage_quotas set used = quota_limit where quota_key = 'web_searches' and workspace_id = %s",
        [user.id],
    )
    await chat.send(page, "And now?")
    await page.get_by_role("button", name="Ask without searching").click()
    await expect(chat.answers(page)).to_have_count(3)
    await expect(switch(page)).to_have_attribute("aria-checked", "false")
