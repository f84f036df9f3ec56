"""Pictures that models drew: larger, downloaded, changed, rated, and some time later."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Page, expect

from tests.web import axe, chat


async def test_a_drawn_picture_is_enlarged_downloaded_changed_and_rated_an_hour_later(
    page: Page, tmp_path: Path
) -> None:
    await chat.begin(page, "Draw a red kite", "Gemini 2.5 Flash Image")
    answer = chat.answers(page).last
    picture = answer.get_by_role("img", name="Image 1")
    await expect(picture).to_be_visible()
    address = await picture.get_attribute("src")
    await page.clock.set_fixed_time(datetime.now(UTC) + timedelta(hours=1))

    opener = answer.get_by_role("button", name="Enlarge: Image 1")
    await opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Image 1")
    large = dialog.get_by_role("img", name="Image 1")
    await expect(large).not_to_have_attribute("src", re.compile(re.escape(str(address))))
    # Its address changes when the answer is settled; `decode()` would fail then.
    await expect(large).not_to_have_js_property("naturalWidth", 0)
    await axe.check(page)
    async with page.expect_download() as download:
        await dialog.get_by_role("button", name="Download: Image 1").click()
    saved = await download.value
    assert saved.suggested_filename == "Draw a red kite.png"
    await saved.save_as(tmp_path / "saved.png")
    assert (tmp_path / "saved.png").read_bytes().startswith(b"\x89PNG")
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()

    await answer.get_by_role("button", name="Change this image: Image 1").click()
    await expect(page.get_by_role("list", name="Attached files")).to_contain_text("Draw a red kite.png")
    await expect(chat.composer(page)).to_be_focused()
    good = answer.get_by_role("button", name="Good answer")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
