"""Keys for model providers on their page: added with a test, changed, tested, deleted."""

import pytest
from playwright.async_api import Locator, Page, expect

from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.canaries import CANARY
from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.people import User

KEY = f"sk-or-v1-{CANARY}-x7Qz"


def card(page: Page, name: str) -> Locator:
    """A key in the list."""
    return page.get_by_role("article", name=name)


async def add(page: Page, name: str, key: str = KEY, provider: str = "openrouter") -> Locator:
    """Fills in a key of this provider, which the form recognises, and saves it; the dialog."""
    await page.get_by_role("button", name="Add a key").click()
    dialog = page.get_by_role("dialog", name="Add a key")
    await dialog.get_by_role("textbox", name="Name").fill(name)
    await dialog.get_by_label("Key", exact=True).fill(key)
    await expect(dialog.get_by_role("combobox", name="Provider", exact=True)).to_have_value(provider)
    await dialog.get_by_role("button", name="Save and test").click()
    return dialog


async def test_a_key_is_added_with_its_limits_tested_changed_and_deleted(page: Page, user: User) -> None:
    await page.goto("/settings/provider-keys")
    await expect(page.get_by_text("There are no keys yet.")).to_be_visible()
    await page.get_by_role("button", name="Add a key").click()
    dialog = page.get_by_role("dialog", name="Add a key")
    await dialog.get_by_role("textbox", name="Dollars a day").fill("2.50")
    await dialog.get_by_role("combobox", name="If the provider is busy or fails").select_option("plan")
    await dialog.get_by_role("textbox", name="Answers a day that fall back").fill("20")
    await axe.check(page)
    await dialog.get_by_role("textbox", name="Name").fill("Ours")
    await dialog.get_by_label("Key", exact=True).fill(KEY)
    await dialog.get_by_role("button", name="Save and test").click()
    await expect(page.get_by_text("The key works.")).to_be_visible()
    await page.reload()

    ours = card(page, "Ours")
    await expect(ours).to_contain_text("up to $2.50 a day")
    await expect(ours).to_contain_text("…x7Qz")
    assert CANARY not in await page.content()
    await ours.get_by_role("button", name="Test Ours").click()
    await expect(ours.get_by_text("The key works.")).to_be_visible()
    await axe.check(page)
    await ours.get_by_role("button", name="Change Ours").click()
    dialog = page.get_by_role("dialog", name="Change the key")
    await dialog.get_by_role("textbox", name="Name").fill("Theirs")
    await dialog.get_by_role("button", name="Save and test").click()
    await expect(card(page, "Theirs")).to_be_visible()
    async with user.client() as client:
        (key,) = (await client.get("/api/settings/provider-keys")).json()["items"]
    assert (key["name"], key["last4"], key["provider"]) == ("Theirs", "x7Qz", "openrouter")
    assert key["limits"]["micro_usd_per_day"] == 2_500_000
    assert (key["fallback"], key["limits"]["fallback_answers_per_day"]) == ("plan", 20)
    await card(page, "Theirs").get_by_role("button", name="Delete Theirs").click()
    await page.get_by_role("dialog", name="Delete the key?").get_by_role("button", name="Delete the key").click()
    await expect(page.get_by_text("There are no keys yet.")).to_be_visible()


async def test_what_is_wrong_with_a_key_is_shown_at_its_field(page: Page, watch: Watch) -> None:
    watch.refused(422)
    await page.goto("/settings/provider-keys")
    await page.get_by_role("button", name="Add a key").click()
    dialog = page.get_by_role("dialog", name="Add a key")
    await dialog.get_by_role("combobox", name="Provider", exact=True).select_option("custom")
    # Who runs the server reads what is asked.
    await expect(dialog.get_by_text("sees whole chats")).to_be_visible()
    await dialog.get_by_role("button", name="Save and test").click()
    for sentence in ("Give the key a name.", "Enter the key.", "Enter the address."):
        await expect(dialog.get_by_text(sentence)).to_be_visible()
    await dialog.get_by_role("textbox", name="Name").fill("Mine")
    await dialog.get_by_label("Key", exact=True).fill(f"{CANARY}")
    await dialog.get_by_role("textbox", name="Address").fill("https://127.0.0.1/v1")
    await dialog.get_by_role("button", name="Save and test").click()

    await expect(dialog.get_by_text("This address is not in the public internet.")).to_be_visible()


async def test_a_key_that_its_provider_refuses_is_stored_and_marked(page: Page) -> None:
    await page.goto("/settings/provider-keys")
    dialog = await add(page, "Wrong kind", MANAGEMENT_KEY)

    await expect(dialog.get_by_text("The provider does not accept the key.")).to_be_visible()
    await dialog.get_by_role("button", name="Close").first.click()
    await expect(card(page, "Wrong kind")).to_contain_text("Refused")


async def test_the_page_is_in_the_settings_of_a_site_with_such_keys(page: Page) -> None:
    await page.goto("/settings/profile")
    await page.get_by_role("link", name="Provider keys").click()

    await expect(page.get_by_role("heading", name="Provider keys")).to_be_visible()


@pytest.mark.exhaustive
async def test_a_key_that_pays_an_answer_shows_its_use_as_chart_and_table(page: Page, user: User) -> None:
    body = {"provider": "openrouter", "name": "Ours", "key": KEY, "limits": {"micro_usd_per_day": 2_000_000}}
    async with user.client() as client:
        (await client.post("/api/settings/provider-keys", json=body)).raise_for_status()
    await page.goto("/settings/provider-keys")
    await card(page, "Ours").get_by_role("button", name="Usage of Ours").click()
    await expect(page.get_by_text("No answer has used this key in the last thirty days.")).to_be_visible()
    await page.keyboard.press("Escape")
    await chat.begin(page, "Hello", "GPT-4.1 Mini")
    await expect(page.get_by_role("link", name="Paid by your OpenRouter key")).to_be_visible()
    await expect(chat.answers(page)).to_have_count(1)

    await page.goto("/settings/provider-keys")
    await card(page, "Ours").get_by_role("button", name="Usage of Ours").click()
    dialog = page.get_by_role("dialog", name="Usage of Ours")
    await expect(dialog.get_by_role("img", name="Cost by day")).to_be_visible()
    await expect(dialog.get_by_role("meter", name="Cost today")).to_be_visible()
    await dialog.get_by_text("Show as table").click()
    await expect(dialog.get_by_role("row")).to_have_count(2)
    await expect(dialog.get_by_role("row").last.get_by_role("cell").first).to_have_text("1")
    await axe.check(page)
