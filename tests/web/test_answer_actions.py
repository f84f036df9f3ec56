"""What one does with an answer: ask for a changed version, continue it, edit it by hand, copy it as rich text."""

import json
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from local.data_folder import REPOSITORY
from tests.web import axe, chat
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

CASES = json.loads((REPOSITORY / "tests/world_cases/answer_actions/clipboard.json").read_text())
COPIED = """async () => {
  const [item] = await navigator.clipboard.read();
  const text = async (type) => (await item.getType(type)).text();
  return [await text("text/html"), await text("text/plain")];
}"""
SOURCES = [
    {"n": 1, "name": "Rye <b>loaves</b>", "snippet": "", "url": "https://bread.example/rye"},
    {"n": 2, "name": "Flour.pdf", "snippet": "", "document_id": None},
]


async def _menu(page: Page) -> Locator:
    """The open menu of the last answer."""
    await chat.answers(page).last.get_by_role("button", name="More actions").click()
    menu = page.get_by_role("menu", name="Change or copy the answer")
    await expect(menu).to_be_visible()
    return menu


async def test_an_answer_is_shortened_translated_and_edited_as_versions(page: Page) -> None:
    await chat.begin(page, "What is rye?", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    menu = await _menu(page)
    await expect(menu.get_by_role("menuitem", name="Continue")).to_have_count(0)
    await axe.check(page)
    await menu.get_by_role("menuitem", name="Shorter").click()
    await expect(chat.answers(page).get_by_role("group", name="Version 2 of 2")).to_be_visible()
    await expect(chat.answers(page)).to_contain_text("Shorter")

    await (await _menu(page)).get_by_role("menuitem", name="Translate").click()
    await expect(page.get_by_role("menu", name="Translate into")).to_be_visible()
    await page.keyboard.type("hin")
    await expect(page.get_by_role("menuitem", name="Hindi")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(chat.answers(page).get_by_role("group", name="Version 3 of 3")).to_be_visible()
    await expect(chat.answers(page)).to_contain_text("Translated into Hindi")

    await (await _menu(page)).get_by_role("menuitem", name="Edit answer").click()
    field = page.get_by_role("textbox", name="Edit answer")
    await expect(field).to_be_focused()
    await axe.check(page)
    await field.fill("राई एक **अनाज** है।")
    await page.keyboard.press("Control+Enter")
    await expect(chat.answers(page).locator("strong")).to_have_text("अनाज")
    await expect(chat.answers(page)).to_contain_text("Translated into Hindi · Edited by you")
    await expect(chat.answers(page).get_by_role("button", name="More actions")).to_be_focused()

    await page.reload()
    await expect(chat.answers(page)).to_contain_text("Translated into Hindi · Edited by you")
    await page.get_by_role("button", name="What each version cost").click()
    versions = page.locator("[popover]:popover-open").get_by_role("listitem")
    await expect(versions).to_contain_text(["1.", "Shorter", "Translated into Hindi", "Edited by you"])


async def test_a_stopped_answer_is_continued_after_its_text(page: Page) -> None:
    await chat.begin(page, "Tell me a story", chat.SLOW)
    await expect(chat.answers(page, "streaming").locator(".markdown")).to_contain_text("slowly slowly")
    await page.get_by_role("button", name="Stop").click()
    stopped = chat.answers(page, "stopped")
    await expect(stopped).to_have_count(1)
    first = await stopped.locator(".markdown").inner_text()

    await stopped.get_by_role("button", name="Continue").click()
    running = chat.answers(page, "streaming").locator(".markdown")
    await expect(running).to_contain_text(first)
    await page.get_by_role("button", name="Stop").click()
    await expect(chat.answers(page, "stopped")).to_contain_text("Continued")
    await expect(chat.answers(page, "stopped").get_by_role("group", name="Version 2 of 2")).to_be_visible()


@pytest.mark.parametrize("without", ["", pytest.param("delete globalThis.ClipboardItem", marks=pytest.mark.exhaustive)])
async def test_an_answer_is_copied_as_rich_text(without: str, page: Page, user: User) -> None:
    text = "\n\n".join(case["markdown"] for case in CASES)
    (conversation,) = await import_conversations(user, [Conversation("Bread", ["Show me", text])])
    await _add_sources(page, conversation)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    if without:
        await page.add_init_script(without)
    await page.goto(f"/c/{conversation}")

    await (await _menu(page)).get_by_role("menuitem", name="Copy as rich text").click()
    await expect(page.get_by_role("status").get_by_text("Copied with formatting")).to_be_visible()

    html, plain = await page.evaluate(COPIED)
    assert plain == text
    for case in CASES:
        missing = [each for each in case["contains"] if each not in html]
        assert not missing, (case["case"], missing, html)
        assert not [each for each in case["lacks"] if each in html], (case["case"], html)


async def _add_sources(page: Page, conversation: str) -> None:
    """Sources of the answer, as its conversation is read."""

    async def change(route: Any) -> None:
        response = await route.fetch()
        body = await response.json()
        messages = body.get("messages", body)
        messages["items"][-1]["metadata"]["sources"] = SOURCES
        await route.fulfill(response=response, json=body)

    await page.route(f"**/api/conversations/{conversation}", change)
