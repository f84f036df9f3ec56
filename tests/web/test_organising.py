"""Names, pins, folders, tags, the archive, downloads, and many conversations at once."""

import json
import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web import axe
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)

TITLES = ["Rain", "Roof", "Bakery"]


@pytest.fixture
async def ids(user: User) -> list[str]:
    """Three conversations of `user`, the newest last."""
    return await import_conversations(user, [Conversation(title, [title, "An answer"]) for title in TITLES])


def _links(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Conversations").get_by_role("link")


async def _choose(page: Page, title: str, item: str) -> None:
    nav = page.get_by_role("navigation", name="Conversations")
    await nav.get_by_role("button", name=f"More for {title}", exact=True).press("Enter")
    await page.get_by_role("menuitem", name=item, exact=True).press("Enter")


async def test_a_conversation_is_renamed_and_pinned(page: Page, user: User, ids: list[str]) -> None:
    await page.goto("/c")
    await expect(_links(page)).to_have_text(["Bakery", "Roof", "Rain"])
    await _choose(page, "Rain", "Rename")
    dialog = page.get_by_role("dialog", name="Rename")
    await dialog.get_by_role("textbox", name="Title").fill("बारिश 🌧")
    await axe.check(page)
    await page.keyboard.press("Enter")
    await expect(_links(page)).to_have_text(["Bakery", "Roof", "बारिश 🌧"])
    await _choose(page, "बारिश 🌧", "Pin")

    await expect(_links(page)).to_have_text(["बारिश 🌧", "Bakery", "Roof"])
    async with user.client() as client:
        stored = (await client.get(f"/api/conversations/{ids[0]}")).json()
    assert (stored["title"], stored["title_source"], stored["pinned"]) == ("बारिश 🌧", "person", True)


async def test_folders_and_tags_are_assigned_and_filter_the_list(page: Page, ids: list[str]) -> None:
    await page.goto("/conversations")
    await _choose(page, "Roof", "Folder and tags")
    dialog = page.get_by_role("dialog", name="Folder and tags")
    await dialog.get_by_role("combobox", name="Folder").fill("House")
    await dialog.get_by_role("textbox", name="Tags").fill("water, plans, water")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()

    await page.reload()
    rows = page.get_by_role("main").get_by_role("listitem")
    await expect(rows.filter(has_text="Roof")).to_contain_text("plans")
    await page.get_by_role("combobox", name="Folder").select_option("House")
    await expect(rows).to_have_count(1)
    await page.get_by_role("combobox", name="Folder").select_option("No folder")
    await expect(rows).to_have_count(2)
    await page.get_by_role("combobox", name="Folder").select_option("All folders")
    await page.get_by_role("combobox", name="Tags").select_option("water")
    await expect(rows).to_have_count(1)
    await axe.check(page)


async def test_several_conversations_are_archived_restored_and_deleted(page: Page, user: User, ids: list[str]) -> None:
    await page.goto("/conversations")
    await page.get_by_role("checkbox", name="Select Rain").check()
    await page.get_by_role("checkbox", name="Select Roof").check()
    await page.get_by_role("main").get_by_role("button", name="Archive").click()
    await expect(_links(page)).to_have_text(["Bakery"])
    rows = page.get_by_role("main").get_by_role("listitem")
    await expect(rows).to_have_count(1)

    await page.get_by_role("radio", name="Archived").check(force=True)
    await expect(rows).to_have_count(2)
    await page.get_by_role("checkbox", name="Select Rain").check()
    await page.get_by_role("button", name="Unarchive").click()
    await expect(_links(page)).to_have_text(["Bakery", "Rain"])

    await page.get_by_role("checkbox", name="Select all").check()
    await page.get_by_role("main").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this chat?")
    await axe.check(page)
    await dialog.get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("main")).to_contain_text("No chats match.")
    async with user.client() as client:
        assert (await client.get(f"/api/conversations/{ids[1]}")).status_code == 404


async def test_the_open_conversation_is_deleted_after_a_confirmation(page: Page, ids: list[str]) -> None:
    await page.goto(f"/c/{ids[0]}")
    await _choose(page, "Rain", "Delete")
    dialog = page.get_by_role("dialog", name="Delete this chat?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(_links(page)).to_have_text(["Bakery", "Roof", "Rain"])
    await _choose(page, "Rain", "Delete")
    await dialog.get_by_role("button", name="Delete").click()

    await page.wait_for_url(re.compile("/c$"))
    await expect(_links(page)).to_have_text(["Bakery", "Roof"])


async def test_a_conversation_is_downloaded_unchanged(page: Page, ids: list[str]) -> None:
    await page.goto("/c")
    await _choose(page, "Rain", "Download")
    async with page.expect_download() as download:
        await page.get_by_role("menuitem", name="JSON, all versions").click()

    file = await download.value
    assert file.suggested_filename == "Rain.json"
    document = json.loads((await file.path()).read_text())
    assert document["version"] == 1
    assert "An answer" in json.dumps(document)


async def test_a_failing_change_says_so_and_changes_nothing(page: Page, ids: list[str], watch: object) -> None:
    watch.refused(503)  # type: ignore[attr-defined]
    await page.goto("/c")
    await expect(_links(page)).to_have_count(3)
    await page.route(f"**/api/conversations/{ids[0]}", lambda route: route.fulfill(status=503, body="away"))
    await _choose(page, "Rain", "Archive")

    await expect(page.get_by_role("status").filter(has_text="Something went wrong on our side.")).to_be_visible()
    await expect(_links(page)).to_have_text(["Bakery", "Roof", "Rain"])
