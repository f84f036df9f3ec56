"""Choosing a model: by name, by section, with a picture attached, and among six hundred with hostile names."""

import base64
import json
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.patience import eventually
from tests.web import axe, chat
from tests.web.conftest import OpenContext
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.7)

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_NAMES = (
    "OpenAI: Twin",
    "قلم: نموذج كبير",
    "🦙✨: 🦙 7B",
    "Markup: <img src=x onerror=\"document.title='broken'\">",
    "Long: " + "very long name " * 20,
    "क्षमा: क्षमा ३",
)


def field(page: Page) -> Locator:
    """The closed field, which is the search while the list is open."""
    return page.get_by_role("combobox", name="Model", exact=True)


async def test_the_typed_name_is_chosen_and_a_favourite_is_on_every_device(
    page: Page, user: User, open_context: OpenContext
) -> None:
    await page.goto("/c")
    await expect(field(page)).to_have_value("Default: GPT-4.1 Mini")
    await field(page).click()
    await expect(page.get_by_role("group", name="Recommended").get_by_role("option").first).to_contain_text(
        "GPT-4.1 Mini"
    )
    await axe.check(page)
    await field(page).fill("OpenAI: GPT-4.1")
    await expect(page.get_by_role("option").first).to_contain_text("OpenAI: GPT-4.1")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("radio", name="All")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Remove GPT-4.1 from favourites")).to_be_focused()
    await page.get_by_role("button", name="Details of GPT-4.1").click()
    await expect(page.get_by_text("$8 per million tokens")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(field(page)).to_have_attribute("aria-expanded", "false")
    await chat.choose_model(page, "OpenAI: GPT-4.1")
    await expect(field(page)).to_have_value("OpenAI: GPT-4.1")

    async with user.client() as client:

        async def favourites() -> Any:
            return (await client.get("/api/user/preferences")).json()["favourite_models"]

        await eventually(favourites, lambda ids: ids == ["openai/gpt-4.1"])
    phone = await (await open_context(user.storage(), viewport={"width": 375, "height": 780})).new_page()
    await phone.goto("/c")
    await field(phone).click()
    sheet = phone.get_by_role("dialog", name="Choose a model")
    await expect(sheet.get_by_role("group", name="Favourites").get_by_role("option")).to_contain_text("GPT-4.1")
    await axe.check(phone)
    await phone.keyboard.press("Escape")
    await expect(field(phone)).to_be_focused()


async def test_a_picture_for_a_model_that_cannot_see_offers_one_that_can(page: Page) -> None:
    await page.goto("/c")
    await chat.choose_model(page, "DeepSeek: R1")
    await page.locator("input[type=file]").set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": _PNG})
    notice = page.get_by_role("status").filter(has_text="DeepSeek: R1 can’t see images.")
    await expect(notice).to_be_visible()
    await axe.check(page)

    await field(page).click()
    await field(page).fill("R1")
    await expect(page.get_by_role("option").first).to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("Enter")
    use = page.locator("[popover]:popover-open").get_by_role("button", name="Use GPT-4.1 Mini")
    await expect(use).to_be_focused()
    await page.keyboard.press("Escape")
    await notice.get_by_role("button", name="Use GPT-4.1 Mini").click()
    await expect(field(page)).to_have_value("OpenAI: GPT-4.1 Mini")
    await expect(notice).to_have_count(0)

    await field(page).click()
    await field(page).fill("o1-pro")
    await expect(page.get_by_role("option").first).to_contain_text("Needs Enterprise")
    await expect(page.get_by_role("link", name="Upgrade to Enterprise")).to_be_visible()


async def test_six_hundred_models_with_hostile_names_are_a_few_rows_of_the_page(page: Page) -> None:
    async def answer(route: Route) -> None:
        listed = (await (await route.fetch()).json())["items"]
        known = listed[0]
        items = [
            {**known, "id": f"maker-{n % 40}/{n}", "name": _NAMES[n % len(_NAMES)], "in_plan": n % 3 > 0}
            | ({"prompt_micro_usd_per_million": None} if n % 5 == 0 else {})
            for n in range(600)
        ]
        sections = [{"key": "recommended", "models": ["gone/model"]}]
        await route.fulfill(body=json.dumps({"items": items, "default_model": None, "sections": sections}))

    await page.route("**/api/chat/models", answer)
    await page.goto("/c?model=gone/model")
    await expect(page.get_by_role("status").filter(has_text="model is no longer available.")).to_be_visible()
    await field(page).click()
    await expect(page.get_by_role("option").first).to_be_visible()
    assert await page.get_by_role("option").count() < 40
    await axe.check(page)

    await page.keyboard.press("ArrowUp")
    last = page.locator(f"#{await field(page).get_attribute('aria-activedescendant')}")
    await expect(last).to_be_in_viewport()
    await expect(last).to_have_attribute("aria-posinset", "600")
    await field(page).fill("maker-7/407")
    await expect(page.get_by_role("option").first).to_contain_text("maker-7/407")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").filter(has_text="is no longer available.")).to_have_count(0)
    assert "broken" not in await page.title()
