"""The whole chat by keyboard alone: nothing here touches a mouse, and the focus is never lost."""

import re

from playwright.async_api import Locator, Page, expect

from tests.web import chat
from tests.web.people import User

_STOPS = 80
"""More than a page has places for the focus."""


async def _tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Moves the focus there by Tab alone."""
    await expect(target).to_be_enabled()
    for _ in range(_STOPS):
        if await target.evaluate("each => each === document.activeElement"):
            return
        await page.keyboard.press(key)
    await expect(target).to_be_focused()


async def test_the_whole_chat_works_by_keyboard_alone(visitor: Page, user: User) -> None:
    await visitor.goto("/login?next=/c")
    await visitor.wait_for_load_state("networkidle")
    await _tab_to(visitor, visitor.get_by_role("textbox", name="Email"))
    await visitor.keyboard.type(user.email)
    await _tab_to(visitor, visitor.get_by_label("Password", exact=True))
    await visitor.keyboard.type(user.password)
    await visitor.keyboard.press("Enter")
    await expect(chat.composer(visitor)).to_be_editable()

    await _ask_and_stop(visitor)
    await _edit_and_go_through_versions(visitor)
    await _search(visitor)
    await _share(visitor)

    await _tab_to(visitor, visitor.get_by_role("button", name=re.compile("Account of")), "Shift+Tab")
    await visitor.keyboard.press("Enter")
    await expect(visitor.get_by_role("menuitem").first).to_be_focused()
    await visitor.keyboard.press("End")
    await visitor.keyboard.press("Enter")
    await visitor.wait_for_url("**/login")


async def _choose_model(page: Page, name: str) -> None:
    model = page.get_by_role("combobox", name="Model", exact=True)
    await _tab_to(page, model)
    await page.keyboard.type(name)
    await expect(page.get_by_role("option").first).to_contain_text(name)
    await page.keyboard.press("Enter")
    await expect(model).to_have_value(re.compile(name))


async def _ask_and_stop(page: Page) -> None:
    await _choose_model(page, chat.SLOW)
    await _tab_to(page, chat.composer(page))
    await page.keyboard.type("What is a monsoon?")
    await page.keyboard.press("Enter")
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly slowly")
    await _tab_to(page, page.get_by_role("button", name="Stop", exact=True))
    await page.keyboard.press("Enter")
    await expect(chat.answers(page, "stopped")).to_have_count(1)
    await expect(chat.composer(page)).to_be_focused()


async def _edit_and_go_through_versions(page: Page) -> None:
    await _choose_model(page, chat.ECHO)
    edit = chat.questions(page).get_by_role("button", name="Edit", exact=True)
    written = page.get_by_role("textbox", name="Edit message")
    await _tab_to(page, edit)
    await page.keyboard.press("Enter")
    await expect(written).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(edit).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(written).to_be_focused()
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type("What is a tide?")
    await _tab_to(page, page.get_by_role("button", name="Send edited message"))
    await page.keyboard.press("Enter")
    await expect(chat.answers(page)).to_contain_text("What is a tide?")
    await expect(chat.composer(page)).to_be_focused()

    versions = chat.questions(page).get_by_role("group", name="Version 2 of 2")
    await _tab_to(page, versions.get_by_role("button", name="Previous version"), "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(chat.questions(page)).to_contain_text(["What is a monsoon?"])
    await expect(chat.questions(page).get_by_role("button", name="Next version")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(chat.questions(page)).to_contain_text(["What is a tide?"])


async def _search(page: Page) -> None:
    dialog = page.get_by_role("dialog", name="Search")
    words = dialog.get_by_role("searchbox")
    await page.keyboard.press("ControlOrMeta+K")
    await expect(words).to_be_focused()
    await page.keyboard.type("monsoon")
    await expect(dialog.get_by_role("link").first).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def _share(page: Page) -> None:
    share = page.locator("main > header").get_by_role("button", name="Share")
    await _tab_to(page, share)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name=re.compile("Share"))).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(share).to_be_focused()
