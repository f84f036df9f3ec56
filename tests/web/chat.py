"""The chat as people use it: what tests of it do again and again."""

import re

from playwright.async_api import Locator, Page, expect

SLOW = "local/slow"
ECHO = "local/echo"
# Narrower pages have the tools of the composer in a menu.
MENU_BELOW = 900  # pixels
# Narrower pages show the models in a sheet with a field of its own.
SHEET_BELOW = 640  # pixels


def composer(page: Page) -> Locator:
    """Where a question is typed."""
    return page.get_by_role("textbox", name="Message", exact=True)


def answers(page: Page, state: str = "complete") -> Locator:
    """The answers that are in this state."""
    return page.locator(f'[role=log] article[data-state={state}]:not([aria-label="You"])')


def questions(page: Page) -> Locator:
    """The user's messages."""
    return page.get_by_role("log", name="Conversation").get_by_role("article", name="You")


async def choose_model(page: Page, model: str) -> None:
    """Chooses a model by typing a part of its name."""
    box = page.get_by_role("combobox", name="Model", exact=True)
    await box.click()
    is_sheet = page.viewport_size is not None and page.viewport_size["width"] < SHEET_BELOW
    search = page.get_by_role("dialog", name="Choose a model").get_by_role("combobox") if is_sheet else box
    await search.fill(model)
    await expect(page.get_by_role("listbox", name="Model").get_by_role("option").first).to_contain_text(model)
    await page.keyboard.press("Enter")
    await expect(box).to_have_attribute("aria-expanded", "false")


async def compare(page: Page, *models: str) -> None:
    """Chooses models, by words that find each first, whose answers are to be compared."""
    if page.viewport_size and page.viewport_size["width"] < MENU_BELOW:
        await page.get_by_role("button", name="Add to the question", exact=True).click()
    await page.get_by_role("button", name="Compare models").click()
    dialog = page.get_by_role("dialog", name="Compare models")
    for model in models:
        await dialog.get_by_role("searchbox").fill(model)
        await dialog.get_by_role("checkbox").first.check()
    await dialog.get_by_role("button", name=f"Compare {len(models)} models").click()


async def begin(page: Page, text: str, model: str | None = None) -> None:
    """Asks in a new chat, and returns when the conversation has its address."""
    await page.goto("/c")
    await expect(composer(page)).to_be_editable()
    if model:
        await choose_model(page, model)
    await send(page, text)
    await page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}"))


async def send(page: Page, text: str) -> None:
    """Asks in the chat that is open."""
    await composer(page).fill(text)
    await page.keyboard.press("Enter")


def conversation_of(page: Page) -> str:
    """The id of the conversation that is open."""
    match = re.search(r"/c/([0-9a-f-]{36})", page.url)
    assert match, page.url
    return match[1]
