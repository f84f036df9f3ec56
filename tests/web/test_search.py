"""Search: from anywhere, over all versions, opened at the message; and the other keyboard shortcuts."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)

TALKS = [
    Conversation("Rain on the roof", [text for n in range(30) for text in (f"Question {n}", f"Answer {n}")]),
    Conversation("Bakery", ["Name a bakery that opens early", "Early Crumb, or the *Saffron* Oven"]),
]


@pytest.fixture
async def talks(user: User) -> list[str]:
    """The ids of two conversations of `user`."""
    return await import_conversations(user, TALKS)


async def test_a_message_is_found_and_opened_by_keyboard(page: Page, talks: list[str]) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Search")
    await expect(dialog.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("safron ov")  # a typo and an unfinished word
    hit = dialog.get_by_role("link").filter(has_text="Bakery")
    await expect(hit.locator("mark").first).to_have_text("Saffron")
    await axe.check(page)
    await page.keyboard.press("ArrowDown")
    await expect(hit).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(dialog.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.press("Enter")

    await page.wait_for_url(re.compile(rf"/c/{talks[1]}\?message="))
    await expect(dialog).to_be_hidden()
    await expect(page.locator("article[data-marked]")).to_contain_text("Saffron")


async def test_an_old_message_is_opened_at_its_place(page: Page, talks: list[str]) -> None:
    await page.goto(f"/c/{talks[1]}")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("searchbox").fill('"Answer 3"')
    await page.get_by_role("dialog").get_by_role("link").filter(has_text="Answer 3").first.click()

    await page.wait_for_url(re.compile(rf"/c/{talks[0]}\?message="))
    await expect(page.get_by_role("log").get_by_text("Answer 3", exact=True)).to_be_in_viewport()


@pytest.mark.exhaustive
async def test_a_hidden_version_is_found_marked_and_activated(page: Page) -> None:
    await chat.begin(page, "Tell me about saffron")
    await expect(chat.answers(page)).to_contain_text("saffron")
    await page.get_by_role("button", name="Edit").click()
    form = page.get_by_role("article", name="You").get_by_role("textbox")
    await form.fill("Tell me about pepper")
    await page.get_by_role("article", name="You").get_by_role("button", name="Send").click()
    await expect(chat.answers(page)).to_contain_text("pepper")

    await page.keyboard.press("Control+k")
    await page.get_by_role("searchbox").fill("saffron")
    hidden = page.get_by_role("dialog").get_by_role("link").filter(has_text="on another version")
    await hidden.filter(has_text="You").first.click()
    await expect(chat.questions(page)).to_contain_text("Tell me about saffron")
    await expect(
        page.get_by_role("status").filter(has_text=re.compile("version|branch", re.IGNORECASE))
    ).to_be_visible()


async def test_commands_run_from_the_search(page: Page, talks: list[str]) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await page.keyboard.press("Meta+k")
    dialog = page.get_by_role("dialog", name="Search")
    await expect(dialog.get_by_role("link")).to_have_text(["Bakery", "Rain on the roof"])
    await page.keyboard.type("dark th")
    await expect(dialog.get_by_role("button", name="Dark theme")).to_be_visible()
    await page.keyboard.press("Enter")

    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(dialog).to_be_hidden()


@pytest.mark.exhaustive
async def test_a_failing_search_says_so_and_can_be_repeated(page: Page, watch: Watch, talks: list[str]) -> None:
    watch.refused(503)
    await page.route("**/api/search?*", lambda route: route.fulfill(status=503, body="away"))
    await page.goto("/search?q=saffron")
    await expect(page.get_by_role("main").get_by_role("alert")).to_have_attribute("data-code", "unexpected")

    await page.unroute("**/api/search?*")
    await page.get_by_role("main").get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("main").get_by_role("link").filter(has_text="Bakery")).to_be_visible()


async def test_the_search_page_has_filters_and_keeps_its_query_in_the_address(page: Page, talks: list[str]) -> None:
    await page.goto("/search")
    words = page.get_by_role("searchbox")
    await words.fill("bakery")
    found = page.get_by_role("main").get_by_role("listitem")
    await expect(found).to_have_count(1)
    await expect(found.get_by_role("link")).to_have_count(2)
    assert page.url.endswith("/search?q=bakery")

    await page.get_by_role("radio", name="Titles").check(force=True)
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("Title")
    await page.get_by_role("radio", name="Messages").check(force=True)
    await page.get_by_role("radio", name="Answer").check(force=True)
    await expect(page.get_by_text("No results for “bakery”.").first).to_be_visible()
    await axe.check(page)


@pytest.mark.exhaustive
async def test_a_question_mark_shows_the_shortcuts_and_is_text_in_the_composer(page: Page) -> None:
    await page.goto("/c")
    await chat.composer(page).press("?")
    await expect(chat.composer(page)).to_have_value("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_have_count(0)

    await chat.composer(page).blur()
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_contain_text("Search and commands")
    await axe.check(page)
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.keyboard.press("/")
    await expect(chat.composer(page)).to_be_focused()
