"""The side bar: folding, folders, tags, unread answers, many conversations at once, and the account menu."""

import io
import re
import zipfile

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web import axe, chat
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.5)

_HOSTILE = '<img src=x onerror="document.title=1"> ?/#'


@pytest.fixture
async def ids(user: User) -> list[str]:
    """Three conversations of `user`, the newest last."""
    return await import_conversations(user, [Conversation(title, [title, "Yes"]) for title in ("Rain", "Roof", "Tea")])


def _side_bar(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Conversations")


async def _organise(user: User, conversation: str, **changes: object) -> None:
    async with user.client() as client:
        (await client.patch(f"/api/conversations/{conversation}", json=changes)).raise_for_status()


async def test_a_folder_takes_what_is_dropped_on_it_and_on_its_rows(page: Page, user: User, ids: list[str]) -> None:
    await _organise(user, ids[0], folder=_HOSTILE, tags=["<b>wet</b>", "plans"])
    await page.goto("/c")
    bar = _side_bar(page)
    folder = bar.get_by_role("button", name=f"{_HOSTILE}, 1", exact=True)
    await expect(folder).to_have_attribute("aria-expanded", "false")
    await expect(bar.get_by_role("link")).to_have_text(["Tea", "Roof"])

    await bar.get_by_role("link", name="Roof").drag_to(folder)
    await expect(bar.get_by_role("button", name=f"{_HOSTILE}, 2", exact=True)).to_be_visible()
    await bar.get_by_role("button", name=f"{_HOSTILE}, 2", exact=True).press("Enter")
    await expect(bar.get_by_role("link")).to_have_text(["Roof", "Rain", "Tea"])
    await expect(bar.get_by_role("listitem").filter(has_text="<b>wet</b>").last).to_be_visible()
    await axe.check(page)

    await bar.get_by_role("link", name="Tea").drag_to(bar.get_by_role("link", name="Rain"))
    await expect(bar.get_by_role("button", name=f"{_HOSTILE}, 3", exact=True)).to_be_visible()
    await page.reload()
    await expect(bar.get_by_role("link")).to_have_text(["Tea", "Roof", "Rain"])


async def test_the_menu_moves_a_conversation_into_a_new_folder(page: Page, ids: list[str]) -> None:
    await page.goto("/c")
    bar = _side_bar(page)
    await bar.get_by_role("button", name="More for Rain", exact=True).press("Enter")
    await page.get_by_role("menuitem", name="Move to folder…").press("Enter")
    dialog = page.get_by_role("dialog", name="Move to folder")
    await dialog.get_by_role("radio", name="New folder…").check()
    await dialog.get_by_role("textbox", name="New folder").fill("House")
    await axe.check(page)
    await page.keyboard.press("Enter")

    await expect(bar.get_by_role("button", name="House, 1", exact=True)).to_be_visible()
    await expect(bar.get_by_role("link")).to_have_text(["Tea", "Roof"])


async def test_the_folded_side_bar_stays_folded_and_keeps_the_focus(page: Page, ids: list[str]) -> None:
    await page.goto("/c")
    bar = _side_bar(page)
    await bar.get_by_role("link", name="Rain").focus()
    await page.keyboard.press("Control+Shift+S")
    unfold = page.get_by_role("button", name="Open sidebar")
    await expect(unfold).to_be_focused()
    await expect(bar).to_be_hidden()
    await axe.check(page)

    await page.reload()
    await expect(unfold).to_be_visible()
    assert await page.locator(".side-bar").evaluate("each => each.offsetWidth") == 56
    await expect(page.get_by_role("button", name="New chat").first).to_be_visible()
    await unfold.click()
    await expect(page.get_by_role("button", name="Close sidebar")).to_be_focused()
    await expect(bar.get_by_role("link")).to_have_count(3)


async def test_an_answer_that_ends_elsewhere_is_unread_until_it_is_opened(
    page: Page, user: User, ids: list[str]
) -> None:
    await chat.begin(page, "Slowly, please", chat.SLOW)
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly slowly")
    asked = chat.conversation_of(page)
    row = _side_bar(page).get_by_role("listitem").filter(has=page.locator(f'a[href="/c/{asked}"]'))
    await _side_bar(page).get_by_role("link", name="Tea").click()
    await expect(row.locator("[data-mark=answering]")).to_be_visible()
    async with user.client() as client:
        messages = (await client.get(f"/api/conversations/{asked}")).json()["messages"]["items"]
        (await client.post("/api/chat/stop", json={"message_id": messages[-1]["id"]})).raise_for_status()

    await expect(row.locator("[data-mark=unread]")).to_be_visible()
    await expect(row.get_by_role("link")).to_have_accessible_description("New answer")
    await page.reload()
    await expect(row.locator("[data-mark=unread]")).to_be_visible()
    await row.get_by_role("link").click()
    await expect(row.locator("[data-mark]")).to_have_count(0)
    await _side_bar(page).get_by_role("link", name="Tea").click()
    await expect(row.locator("[data-mark]")).to_have_count(0)


async def test_many_conversations_are_moved_tagged_pinned_and_exported(page: Page, ids: list[str]) -> None:
    await page.goto("/conversations")
    await page.get_by_role("checkbox", name="Select Rain").check()
    await page.get_by_role("checkbox", name="Select Roof").check()
    main = page.get_by_role("main")
    await main.get_by_role("button", name="Export", exact=True).click()
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name="Markdown").click()
    with zipfile.ZipFile(io.BytesIO((await (await download.value).path()).read_bytes())) as file:
        assert sorted(file.namelist()) == ["Rain.md", "Roof.md"]

    await main.get_by_role("button", name="Pin", exact=True).click()
    await expect(main.get_by_role("status").filter(has_text="2 selected")).to_have_count(0)
    await page.get_by_role("checkbox", name="Select Rain").check()
    await page.get_by_role("checkbox", name="Select Tea").check()
    await main.get_by_role("button", name="Add tags…").click()
    dialog = page.get_by_role("dialog", name="Add tags to 2 conversations")
    await dialog.get_by_role("textbox", name="Tags").fill("water, plans")
    await page.keyboard.press("Enter")
    await expect(main.get_by_role("listitem").filter(has_text="Tea")).to_contain_text("water")

    await page.get_by_role("checkbox", name="Select Rain").check()
    await main.get_by_role("button", name="Move…").click()
    await page.get_by_role("radio", name="New folder…").check()
    await page.get_by_role("textbox", name="New folder").fill("House")
    await page.keyboard.press("Enter")
    await expect(_side_bar(page).get_by_role("button", name="House, 1", exact=True)).to_be_visible()
    await expect(_side_bar(page).get_by_role("heading", name="Pinned")).to_be_visible()
    await axe.check(page)


async def test_the_account_menu_changes_theme_and_language_and_leads_to_help(page: Page, user: User) -> None:
    await page.goto("/c")
    await page.get_by_role("button", name=re.compile("Account of")).click()
    menu = page.get_by_role("menu", name="Account")
    await menu.get_by_role("menuitemradio", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await axe.check(page)
    await menu.get_by_role("menuitemradio", name="हिन्दी").click()
    await expect(page.get_by_role("menuitem", name="मदद")).to_have_attribute("href", "/docs")
    await expect(page.get_by_role("menuitemradio", name="हिन्दी")).to_have_attribute("aria-checked", "true")
    await page.get_by_role("menuitemradio", name="English").click()
    await expect(menu.get_by_role("menuitem", name="Upgrade")).to_have_attribute("href", "/pricing")
    await menu.get_by_role("menuitem", name="Keyboard shortcuts").click()
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Open or close the sidebar")

    async with user.client() as client:
        stored = (await client.get("/api/user/preferences")).json()
    assert (stored["theme"], stored["language"]) == ("dark", "en")
