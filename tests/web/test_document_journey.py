"""Five files on their way: dropped, read, asked about, followed to a page, edited, shared, deleted."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.ingest_document import made
from tests.web import chat
from tests.web.chromium import Watch
from tests.web.documents import processed
from tests.web.people import User
from tests.web.test_chat_documents import asked, choose, drop
from tests.web.test_documents import region, row

FILES = {
    "lease.pdf": made.pdf(["The rent is 900 rupees a month.", "Either side may end it with three months' notice."]),
    "minutes.docx": made.word(paragraphs=[("Heading 1", "Roof"), ("Normal", "The roof is mended in May.")]),
    "costs.xlsx": made.sheets({"2026": [["Item", "Rupees"], ["Roof", 90_000]]}),
    "house.pptx": made.slides([("The house", "Four floors and a garden.", "")]),
    "rules.txt": b"Quiet hours begin at ten in the evening.",
}


@pytest.mark.exhaustive
async def test_five_files_are_read_asked_about_edited_shared_and_deleted(
    page: Page, visitor: Page, user: User, watch: Watch
) -> None:
    watch.refused(404)  # the name of a document that was deleted is asked for
    await page.goto("/knowledge")
    await expect(region(page)).to_contain_text("You have no documents yet.")
    await drop(page, FILES)
    async with processed(user):
        for name in FILES:
            await expect(row(page, name)).to_have_attribute("data-status", "ready")
    await page.get_by_role("link", name="New chat").or_(page.get_by_role("button", name="New chat")).first.click()
    await expect(chat.composer(page)).to_be_editable()
    await choose(page, *FILES)
    await expect(asked(page)).to_have_count(5)
    await chat.choose_model(page, chat.ECHO)
    await chat.send(page, "Say what stands in [2].")
    sources = chat.answers(page).get_by_role("group", name="Sources", exact=True)
    await expect(sources).to_be_visible()
    conversation = chat.conversation_of(page)

    await chat.answers(page).locator("button.source").last.click()
    passage = page.get_by_role("group", name=re.compile("^Source 2: "))
    quoted = await passage.get_by_role("blockquote").inner_text()
    await passage.get_by_role("link", name="Open the passage").click()
    await expect(page.locator("[aria-current=location]")).to_contain_text(quoted[:30])

    await page.goto(f"/c/{conversation}")
    question = chat.questions(page).first
    await question.hover()
    await question.get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="Edit message").fill("Say what stands in [1].")
    await page.get_by_role("button", name="Send edited message").click()
    await expect(chat.questions(page).get_by_role("group", name="Version 2 of 2")).to_be_visible()
    await expect(chat.answers(page).locator(".block").last.locator("button.source")).to_have_text(["[1]"])

    await page.get_by_role("group", name="Actions").last.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share this chat")
    await dialog.get_by_role("checkbox", name="Show sources").check()
    await dialog.get_by_role("button", name="Create link").click()
    await visitor.goto(await dialog.get_by_role("textbox", name="Link address").input_value())
    await expect(visitor.get_by_role("group", name="Sources", exact=True)).to_be_visible()
    await page.keyboard.press("Escape")

    await page.goto("/knowledge")
    await page.get_by_role("checkbox", name="Select lease.pdf").check()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(region(page).get_by_role("listitem")).to_have_count(4)
    await page.goto(f"/c/{conversation}")
    await expect(asked(page)).to_have_count(4)
    await chat.send(page, "And without the lease?")
    await expect(chat.answers(page)).to_have_count(2)
    last = chat.answers(page).last.get_by_role("group", name="Sources", exact=True)
    await expect(last).to_be_visible()
    await expect(last).not_to_contain_text("lease.pdf")
