"""The list of models with keys of one's own: filtered by provider, who pays, and what leads on where a key fails."""

import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.canaries import CANARY
from tests.web import axe, chat
from tests.web.people import User
from tests.web.test_model_picker import field

pytestmark = pytest.mark.exhaustive


async def add_key(user: User, provider: str = "openai") -> None:
    """Stores a key, which no provider is asked about."""
    body = {"provider": provider, "name": "Ours", "key": f"sk-{provider}-{CANARY}-x7Qz"}
    async with user.client() as client:
        (await client.post("/api/settings/provider-keys", json=body)).raise_for_status()


async def test_the_list_is_filtered_by_provider_and_names_the_key_that_pays(page: Page, user: User) -> None:
    await add_key(user)
    await page.goto("/c")
    await field(page).click()
    filters = page.get_by_role("radiogroup", name="Provider")
    await filters.get_by_role("radio", name="OpenAI", exact=True).click()
    await expect(filters.get_by_role("radio", name="OpenAI", exact=True)).to_be_checked()
    first = page.get_by_role("option").first
    await expect(first).to_contain_text("Paid by your OpenAI key")
    await axe.check(page)
    await filters.get_by_role("radio", name="Anthropic", exact=True).click()
    await expect(first).to_contain_text("Claude")
    await expect(first).not_to_contain_text("Paid by your")
    await filters.get_by_role("radio", name="All").click()
    await filters.get_by_role("radio", name="All").press("ArrowRight")
    await expect(filters.get_by_role("radio", name="Your keys")).to_be_checked()
    await field(page).fill("o1-pro")
    await expect(first).not_to_have_attribute("aria-disabled", "true")
    await page.keyboard.press("Enter")

    await expect(field(page)).to_have_value("OpenAI: o1-pro")
    await expect(page.get_by_role("link", name="Paid by your OpenAI key")).to_be_visible()
    await expect(page.get_by_role("status", name="Quota")).to_have_count(0)


async def test_a_model_shows_what_it_can_do_and_what_pays_it(page: Page, user: User) -> None:
    await add_key(user)
    await page.goto("/c")
    await field(page).click()
    await field(page).fill("OpenAI: GPT-4.1")
    await page.get_by_role("button", name="Details of GPT-4.1", exact=True).click()

    details = page.locator("dl").filter(has_text="Context window")
    await expect(details).to_contain_text("your OpenAI key")
    await expect(details).to_contain_text("see images, read PDFs, call tools")
    await expect(details).to_contain_text("$8 per million tokens")


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("key_refused", "Your OpenAI key is refused."),
        ("key_limit_reached", "Your OpenAI key has reached its limit."),
    ],
)
async def test_a_key_that_fails_leads_to_the_keys(page: Page, user: User, reason: str, sentence: str) -> None:
    await add_key(user)

    async def with_failing_key(route: Route) -> None:
        found: dict[str, Any] = await (await route.fetch()).json()
        for model in found["items"]:
            if any(way["provider"] == "openai" for way in model["routes"]):
                model["routes"] = [
                    {**way, "available": False, "reason": way["reason"] or reason} for way in model["routes"]
                ]
        await route.fulfill(body=json.dumps(found))

    await page.route("**/api/chat/models", with_failing_key)
    await page.goto("/c?model=openai/gpt-4.1-mini")
    notice = page.get_by_role("status").filter(has_text=sentence)
    await expect(notice).to_be_visible()
    await field(page).click()
    await field(page).fill("GPT-4.1 Mini")
    await expect(page.get_by_role("option").first).to_have_attribute("aria-disabled", "true")
    await axe.check(page)
    await page.keyboard.press("Escape")
    await notice.get_by_role("link", name="Check the key").click()

    await page.wait_for_url("**/settings/provider-keys")


async def test_a_model_above_the_plan_offers_a_key_of_ones_own_beside_the_plan(page: Page) -> None:
    await page.goto("/c")
    await field(page).click()
    await field(page).fill("o1-pro")

    await expect(page.get_by_role("option").first).to_contain_text("Needs Enterprise")
    await expect(page.get_by_role("link", name="Use your own OpenAI key")).to_be_visible()


async def test_a_chat_keeps_the_temperature_and_the_length_of_its_answers(page: Page, user: User) -> None:
    await page.goto("/c")
    await page.get_by_role("button", name="Instructions").click()
    dialog = page.get_by_role("dialog", name="Instructions")
    await dialog.get_by_role("combobox", name="Temperature").select_option("0.3")
    await dialog.get_by_role("combobox", name="Longest answer").select_option("1000")
    await axe.check(page)
    await dialog.get_by_role("button", name="Save").click()
    await chat.send(page, "Hello")
    await expect(chat.answers(page)).to_have_count(1)

    async with user.client() as client:

        async def options() -> tuple[float | None, int | None]:
            read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
            return read["temperature"], read["max_tokens"]

        assert await options() == (0.3, 1000)
        await page.reload()
        await page.get_by_role("button", name="Instructions").click()
        await expect(dialog.get_by_role("combobox", name="Temperature")).to_have_value("0.3")
        await dialog.get_by_role("combobox", name="Temperature").select_option("")
        await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_have_count(0)
        assert await options() == (None, 1000)
