"""Saved prompts: chosen with a slash in the composer, managed on their page, imported and exported as Markdown."""

import asyncio
from itertools import batched
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.web import axe
from tests.web.chat import answers, composer, questions
from tests.web.chromium import Watch
from tests.web.people import User

REPORT = "# Rain report\n\nWill it rain in {{city}} on {{day}}?\n\n```sh\n# no name\n```\n"
FILE = f"{REPORT}\n# Empty\n\n# Plan\n\nPlan my day.\n"


async def saved(user: User, *prompts: tuple[str, str]) -> None:
    """Stores prompts, each a name and a text."""
    body = {"prompts": [{"name": name, "content": content} for name, content in prompts]}
    async with user.client() as client:
        (await client.post("/api/user/prompts", json=body)).raise_for_status()


async def test_a_prompt_is_chosen_by_keyboard_and_its_variables_are_filled_in(page: Page, user: User) -> None:
    await saved(user, ("Weather", "Will it rain in {{city}} on {{day}}, {{city}}?"), ("Wishes", "Write a card."))
    await page.goto("/c")
    menu = page.get_by_role("listbox", name="Prompts")

    await composer(page).press_sequentially("and/or ")
    await expect(menu).to_be_hidden()
    await composer(page).fill("")
    await composer(page).press_sequentially("/we")
    await expect(menu.get_by_role("option", name="Wishes")).to_have_count(0)
    await expect(menu.get_by_role("option", name="Weather")).to_have_attribute("aria-selected", "true")
    await composer(page).press("Backspace")
    await expect(menu.get_by_role("option", name="Wishes")).to_be_visible()
    await composer(page).press("ArrowDown")
    selected = await menu.get_by_role("option", selected=True).get_attribute("id")
    await expect(composer(page)).to_have_attribute("aria-activedescendant", str(selected))
    await expect(menu.get_by_role("option", name="Wishes")).to_have_attribute("aria-selected", "true")
    await axe.check(page)
    await composer(page).press("ArrowUp")
    await composer(page).press("Enter")

    dialog = page.get_by_role("dialog", name="Weather")
    await expect(dialog.get_by_role("textbox")).to_have_count(2)
    await dialog.get_by_role("textbox", name="city").fill("$& Pune")
    await dialog.get_by_role("textbox", name="city").press("Enter")
    await expect(dialog.get_by_role("textbox", name="day")).to_be_focused()
    await axe.check(page)
    await page.keyboard.press("Enter")
    await expect(composer(page)).to_have_value("Will it rain in $& Pune on {{day}}, $& Pune?")
    await expect(composer(page)).to_be_focused()


async def test_the_button_below_the_message_opens_the_menu_before_the_text(page: Page, user: User) -> None:
    await saved(user, ("Wishes", "Write a card for:"))
    await page.goto("/c")
    menu = page.get_by_role("listbox", name="Prompts")
    await composer(page).fill("Meera, 30")
    await page.get_by_role("button", name="Prompts", exact=True).click()
    await expect(menu).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_hidden()
    await page.get_by_role("button", name="Prompts", exact=True).click()
    await menu.get_by_role("option", name="Wishes").click()
    await expect(composer(page)).to_have_value("Write a card for: Meera, 30")
    await expect(composer(page)).to_be_focused()

    await page.keyboard.press("ControlOrMeta+k")
    search = page.get_by_role("dialog", name="Search")
    await search.get_by_role("searchbox").fill("prompts")
    await search.get_by_role("button", name="Prompts", exact=True).click()
    await page.wait_for_url("**/settings/prompts")


async def test_a_message_that_matches_no_prompt_is_sent_and_escape_closes_the_menu(page: Page, user: User) -> None:
    await saved(user, ("Weather", "Will it rain?"))
    await page.goto("/c")
    menu = page.get_by_role("listbox", name="Prompts")

    await composer(page).press_sequentially("/wea")
    await expect(menu.get_by_role("option", name="Weather")).to_be_visible()
    await composer(page).dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await expect(composer(page)).to_have_value("/wea")
    await composer(page).press("Escape")
    await expect(menu).to_be_hidden()
    await composer(page).press_sequentially("ther/today ")
    await expect(composer(page)).to_have_value("/weather/today ")
    await composer(page).press("Enter")
    await expect(questions(page)).to_contain_text("/weather/today")
    await expect(answers(page)).to_have_count(1)
    await composer(page).press_sequentially("/no such prompt")
    await expect(menu).to_be_hidden()
    await composer(page).press("Enter")
    await expect(questions(page).last).to_contain_text("/no such prompt")


async def test_prompts_are_created_imported_changed_exported_and_deleted(
    page: Page, watch: Watch, tmp_path: Path
) -> None:
    await page.goto("/settings/prompts")
    await expect(page.get_by_text("You have no prompts yet.")).to_be_visible()
    await page.get_by_role("button", name="New prompt").click()
    await page.get_by_role("textbox", name="Name").fill("Plan")
    await page.get_by_role("textbox", name="Prompt", exact=True).fill("Plan my {{time}}.")
    await expect(page.get_by_text("Asks for: time")).to_be_visible()
    await page.get_by_role("button", name="Save prompt").click()
    await expect(page.get_by_role("article", name="Plan", exact=True)).to_contain_text("Plan my {{time}}.")

    await page.get_by_role("button", name="Import", exact=True).click()
    dialog = page.get_by_role("dialog", name="Import prompts")
    async with page.expect_file_chooser() as chooser:
        await dialog.get_by_role("button", name="Choose files").click()
    await (await chooser.value).set_files({"name": "mine.md", "mimeType": "text/markdown", "buffer": FILE.encode()})
    await expect(dialog.get_by_text("Prompts found: 2")).to_be_visible()
    await expect(dialog.get_by_text("Empty: no text")).to_be_visible()
    await axe.check(page)
    await dialog.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_text("Imported prompts: 1. You already had 1 of them.")).to_be_visible()
    await expect(page.get_by_role("article", name="Plan", exact=True)).to_contain_text("Plan my {{time}}.")

    await page.get_by_role("button", name="Edit Plan", exact=True).click()
    watch.refused(422)
    await page.get_by_role("textbox", name="Name").fill("rain report")
    await page.get_by_role("button", name="Save prompt").click()
    await expect(page.get_by_role("textbox", name="Name")).to_have_accessible_description(
        "You already have a prompt with this name."
    )
    await page.get_by_role("textbox", name="Name").fill("# Day")
    await page.get_by_role("button", name="Save prompt").click()
    await expect(page.get_by_role("article", name="# Day")).to_be_visible()

    async with page.expect_download() as download:
        await page.get_by_role("button", name="Export").click()
    await (await download.value).save_as(tmp_path / "prompts.md")
    assert (tmp_path / "prompts.md").read_text() == f"# # Day\n\nPlan my {{{{time}}}}.\n\n{REPORT}"
    await page.get_by_role("button", name="Delete Rain report").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("article", name="Rain report")).to_be_hidden()

    await page.get_by_role("button", name="Hide examples on this device").click()
    await page.reload()
    await expect(page.get_by_role("button", name="Show examples")).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(1)


@pytest.mark.exhaustive
async def test_of_5000_prompts_a_page_is_shown_and_each_is_found(page: Page, user: User) -> None:
    for some in batched((f"Prompt {n:04}" for n in range(5_000)), 100, strict=True):
        await saved(user, *((name, f"The text of {name}.".ljust(4_000, "!")) for name in some))
    arrives = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.goto("/c")
    group = page.get_by_role("listbox", name="Prompts").get_by_role("group", name="Your prompts").get_by_role("option")
    await composer(page).press_sequentially("/")
    await expect(group).to_have_count(50)
    assert max(map(len, await group.all_text_contents())) < 300, "a line of a text is drawn"
    # A key press is shown, and filters the 50 that are known, before the API answers.
    await page.route("**/api/user/prompts?*q=*", hold)
    await composer(page).press_sequentially("prompt 004")
    await expect(composer(page)).to_have_value("/prompt 004")
    await expect(group).to_have_count(11)
    arrives.set()
    for start in range(1, 5):
        await composer(page).fill("")
        await composer(page).press_sequentially(f"/prompt {start}0")
        await expect(group.first).to_contain_text(f"Prompt {start}000")
    await composer(page).fill("")
    await composer(page).press_sequentially("/prompt")
    await expect(group).to_have_count(50)

    await page.goto("/settings/prompts")
    rows = page.get_by_role("article").filter(has_text="The text of")
    await expect(rows.last).to_contain_text("The text of Prompt")
    listed = await rows.count()
    assert listed <= 50
    assert max(map(len, await rows.all_text_contents())) < 600, "two lines of a text are drawn"
    await page.get_by_role("button", name="Show more").click()
    await expect(rows).to_have_count(2 * listed)
    await page.get_by_role("searchbox", name="Search your prompts").fill("4999")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("The text of Prompt 4999.")
