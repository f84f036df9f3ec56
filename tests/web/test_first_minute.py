"""The first minute in the chat: the cursor, the composer and its place, samples, and the conversation's name."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.web import axe, chat
from tests.web.chromium import Watch, becomes
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)

_TOP = "document.querySelector('main form').getBoundingClientRect()"


async def test_the_cursor_is_in_the_message_box_of_every_chat_that_opens(page: Page, user: User) -> None:
    (old,) = await import_conversations(user, [Conversation("Old", ["one.", "two."])])
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_focused()
    await page.keyboard.type("typed without a click")
    await expect(chat.composer(page)).to_have_value("typed without a click")

    await page.get_by_role("navigation", name="Conversations").get_by_role("link", name="Old").click()
    await page.wait_for_url(f"**/c/{old}")
    await expect(chat.composer(page)).to_be_focused()
    await page.get_by_role("button", name="New chat").click()
    await expect(chat.composer(page)).to_be_focused()
    await page.get_by_role("button", name="New chat").click()
    await expect(chat.composer(page)).to_be_focused()


@pytest.mark.parametrize("busy", ["dialog", "selection"])
async def test_the_message_box_takes_no_focus_from_a_dialog_or_a_selection(page: Page, user: User, busy: str) -> None:
    (old,) = await import_conversations(user, [Conversation("Old", ["one.", "two."])])
    arrives = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route(f"**/api/conversations/{old}", hold)
    await page.goto(f"/c/{old}")
    navigation = page.get_by_role("navigation", name="Conversations")
    await expect(navigation.get_by_role("link", name="Old")).to_be_visible()
    words = page.get_by_role("dialog", name="Search").get_by_role("searchbox")
    if busy == "dialog":
        await page.keyboard.press("ControlOrMeta+K")
        await expect(words).to_be_focused()
    else:
        await navigation.evaluate("each => getSelection().selectAllChildren(each)")
    arrives.set()

    await expect(chat.composer(page)).to_be_attached()
    await expect(page.get_by_text("two.")).to_be_visible()
    await expect(chat.composer(page)).not_to_be_focused()
    if busy == "dialog":
        await expect(words).to_be_focused()


async def test_a_phone_keeps_the_keyboard_closed_and_the_tools_in_a_menu(open_context: OpenContext, user: User) -> None:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 375, "height": 740}}
    page = await (await open_context(user.storage(), **phone)).new_page()
    await page.goto("/c")
    await expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    await expect(chat.composer(page)).not_to_be_focused()
    await page.get_by_role("button", name="Add to the question").tap()
    for name in ("Attach files", "Documents", "Compare models", "Instructions", "Temporary chat"):
        await expect(page.get_by_role("button", name=name)).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Temporary chat").tap()
    await expect(page.get_by_role("heading", name="A temporary chat")).to_be_visible()
    await chat.composer(page).fill("Between us")
    await page.get_by_role("button", name="Send", exact=True).tap()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Temporary chat")

    await page.get_by_role("main").get_by_role("link", name="New chat").tap()
    await expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375


async def test_the_composer_is_in_the_middle_until_the_first_question(page: Page) -> None:
    await page.goto("/c")
    await expect(page.get_by_role("list", name="Try one of these").get_by_role("listitem")).to_have_count(4)
    top = await page.evaluate(f"{_TOP}.top")
    assert 200 < top < 500, top
    await chat.send(page, "What is a tide?")
    await expect(chat.answers(page)).to_have_count(1)
    await becomes(page, f"{_TOP}.bottom > innerHeight - 80")
    await page.reload()
    await expect(chat.answers(page)).to_have_count(1)
    assert await page.evaluate(f"{_TOP}.bottom > innerHeight - 80")


async def test_a_sample_writes_a_question_and_chooses_what_it_needs(page: Page) -> None:
    await page.goto("/c")
    await page.get_by_role("button", name=re.compile("Compare two models")).click()
    await expect(chat.composer(page)).to_be_focused()
    await expect(chat.composer(page)).to_have_value("Explain how monsoons form, in five sentences")
    await expect(page.get_by_text("Comparing OpenAI: GPT-4.1 Mini, Google: Gemini 2.5 Flash Lite")).to_be_visible()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name=re.compile("Ask about a document")).click()
    await (await chooser.value).set_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"a text"})
    await expect(page.get_by_role("list", name="Attached files")).to_contain_text("notes.txt")
    await expect(chat.composer(page)).to_have_value("What does this document say, in five points?")
    await page.get_by_role("button", name=re.compile("Create an image")).click()
    await expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value(re.compile("Image"))


async def test_a_conversation_has_its_name_at_once_and_is_renamed_in_the_header(page: Page, user: User) -> None:
    await chat.begin(page, "Explain how monsoons form, in five short sentences for a child", chat.SLOW)
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    title = page.get_by_role("heading", level=1)
    name = "Explain how monsoons form, in five short sentences for a…"
    await expect(chat.answers(page, "streaming")).to_have_count(1)
    await expect(listed).to_have_text(name)
    await expect(title).to_have_text(name)
    await expect(page).to_have_title(f"{name} · OneAI")
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(chat.answers(page, "stopped")).to_have_count(1)

    field = page.get_by_role("textbox", name="Chat name")
    await title.get_by_role("button").click()
    await field.fill("Never")
    await page.keyboard.press("Escape")
    await expect(title.get_by_role("button")).to_be_focused()
    await expect(title).not_to_have_text("Never")
    await title.get_by_role("button").click()
    await axe.check(page)
    await field.fill("  Rain  for children ")
    await page.keyboard.press("Enter")
    await expect(title).to_have_text("Rain for children")
    await expect(listed).to_have_text("Rain for children")
    await page.reload()
    await expect(title).to_have_text("Rain for children")
    async with user.client() as client:
        read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    assert read["title_source"] == "person"


@pytest.mark.exhaustive
async def test_a_name_that_cannot_be_saved_is_the_old_one_again(page: Page, watch: Watch) -> None:
    watch.refused(503)
    await chat.begin(page, "What is a tide?", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    title = page.get_by_role("heading", level=1)
    await page.route(
        "**/api/conversations/*",
        lambda route: route.fulfill(status=503, body="{}") if route.request.method == "PATCH" else route.continue_(),
    )
    await title.get_by_role("button").click()
    await page.get_by_role("textbox", name="Chat name").fill("Never")
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("The new name couldn’t be saved. Try again.")).to_be_visible()
    await expect(title).to_have_text(re.compile("What is a tide"))


async def test_enter_sends_an_edited_question(page: Page) -> None:
    await chat.begin(page, "What is a tide?", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    await chat.questions(page).hover()
    await chat.questions(page).get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="Edit message").fill("What is")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("a cyclone?")
    await page.keyboard.press("Enter")

    await expect(chat.questions(page)).to_have_text(re.compile("What is\\na cyclone\\?"))
    await expect(chat.answers(page)).to_contain_text("a cyclone?")


async def test_an_icon_shows_its_name_at_once_and_escape_hides_it(page: Page) -> None:
    await page.set_viewport_size({"width": 900, "height": 800})
    await page.goto("/c")
    await page.wait_for_load_state("networkidle")
    compare = page.get_by_role("button", name="Compare models")
    await compare.hover()
    tip = page.locator(".tooltip")
    await expect(tip).to_have_text("Compare models")
    await expect(tip).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()
    await page.get_by_role("button", name="Attach files").focus()
    await page.keyboard.press("Tab")
    await expect(tip).to_have_text("Documents")
