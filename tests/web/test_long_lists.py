"""Ten thousand messages in one conversation, and two thousand conversations in the side bar."""

import re
from collections.abc import Callable

from playwright.async_api import Page, expect

from tests.web import chat
from tests.web.imported import Conversation, import_conversations
from tests.web.people import Person

MESSAGES = 10_000
CONVERSATIONS = 2_000
PAGE = 100
LINKS = 50


def _asked(page: Page, path: str) -> Callable[[], int]:
    """Counts the requests to this path from now on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if re.search(path, request.url) else None)
    return lambda: len(seen)


async def test_ten_thousand_messages_are_opened_at_the_end_in_the_middle_and_at_the_beginning(
    page: Page, person: Person
) -> None:
    (long,) = await import_conversations(person, [Conversation("Long", [f"text {n}." for n in range(MESSAGES)])])
    pages = _asked(page, rf"/api/conversations/{long}(/messages|$)")
    articles = page.get_by_role("log").get_by_role("article")

    await page.goto(f"/c/{long}")
    await expect(page.get_by_text(f"text {MESSAGES - 1}.")).to_be_in_viewport()
    assert (pages(), await articles.count()) == (1, 50)

    async with person.client() as client:
        found = (await client.get("/api/search", params={"q": '"text 5000"', "limit": 1})).json()
    middle = found["items"][0]["message_id"]
    await page.goto(f"/c/{long}?message={middle}")
    await expect(page.get_by_text("text 5000.", exact=True)).to_be_in_viewport()
    await expect(page.locator(f'[data-message-id="{middle}"]')).to_be_focused()
    assert pages() <= 6
    assert await articles.count() <= 4 * PAGE

    await page.get_by_role("button", name="Questions").click()
    await page.get_by_role("button", name="To the beginning").click()
    await expect(page.get_by_text("text 0.", exact=True)).to_be_in_viewport()
    await expect(page.get_by_text("text 99.", exact=True)).to_be_attached()
    await page.get_by_text("text 99.", exact=True).scroll_into_view_if_needed()
    await expect(page.get_by_text("text 150.", exact=True)).to_be_attached()
    await expect(page.get_by_text("text 99.", exact=True)).to_be_in_viewport()
    assert await articles.count() <= 4 * PAGE

    await chat.send(page, "And now?")
    await expect(chat.answers(page).last).to_contain_text("And now?")
    await expect(page.get_by_text(f"text {MESSAGES - 1}.")).to_be_attached()
