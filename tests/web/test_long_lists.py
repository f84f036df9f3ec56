"""Very long conversations, and very many in the side bar: what is drawn and asked for stays bounded."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests import effort
from tests.local.running import Stack
from tests.web import chat
from tests.web.imported import Conversation, add_conversations, import_conversations
from tests.web.people import User

# Enough for several pages; as many as people have been seen to have in `make test-all`.
MESSAGES = effort.sample(1_000, 10_000)
CONVERSATIONS = effort.sample(200, 2_000)
MIDDLE = MESSAGES // 2
PAGE = 100
LINKS = 50


def _asked(page: Page, path: str) -> Callable[[], int]:
    """Counts the requests to this path from now on."""
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url) if re.search(path, request.url) else None)
    return lambda: len(seen)


@pytest.mark.exhaustive
async def test_a_very_long_conversation_opens_at_the_end_the_middle_and_the_beginning(page: Page, user: User) -> None:
    (long,) = await import_conversations(user, [Conversation("Long", [f"text {n}." for n in range(MESSAGES)])])
    pages = _asked(page, rf"/api/conversations/{long}(/messages|$)")
    articles = page.locator("[role=log] article")  # the roles of thousands of elements take seconds

    await page.goto(f"/c/{long}")
    await expect(page.get_by_text(f"text {MESSAGES - 1}.")).to_be_in_viewport()
    assert (pages(), await articles.count()) == (1, 50)

    async with user.client() as client:
        found = (await client.get("/api/search", params={"q": f'"text {MIDDLE}"', "limit": 1})).json()
    middle = found["items"][0]["message_id"]
    await page.goto(f"/c/{long}?message={middle}")
    await expect(page.get_by_text(f"text {MIDDLE}.", exact=True)).to_be_in_viewport()
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


_WATCH = """() => {
  window.drawn = 0;
  const count = (records) => records.forEach(({ addedNodes }) =>
    addedNodes.forEach((node) => (window.drawn += node.querySelectorAll ? 1 + node.querySelectorAll("*").length : 0)));
  new MutationObserver(count).observe(document.querySelector("nav"), { subtree: true, childList: true });
}"""


@pytest.mark.exhaustive
async def test_very_many_conversations_are_listed_page_by_page(page: Page, user: User, stack: Stack) -> None:
    (first,) = await import_conversations(user, [Conversation("Title 0", ["A question"])])
    add_conversations(stack, user, first, CONVERSATIONS)
    pages = _asked(page, r"/api/conversations\?")
    links = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    await page.goto("/c")
    await expect(links).to_have_count(LINKS)
    await page.wait_for_load_state("networkidle")
    assert pages() == 1

    await links.last.scroll_into_view_if_needed()
    await expect(links).to_have_count(2 * LINKS)
    await page.wait_for_load_state("networkidle")
    assert (pages(), await links.count()) == (2, 2 * LINKS)

    await page.evaluate(_WATCH)
    await chat.composer(page).press_sequentially("What is a tide?")
    assert await page.evaluate("window.drawn") == 0
    await page.keyboard.press("Enter")
    await expect(chat.answers(page)).to_have_count(1)
    await expect(links).to_have_count(2 * LINKS + 1)
    await expect(links.first).not_to_have_text("Untitled chat")
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("window.drawn") < 60, "more than the new conversation's row was drawn"
