"""Asking: keys, drafts, refusals, and what stays of a question that could not be sent."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Route, expect

from tests.local.running import Stack
from tests.web import chat, people
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import Person


async def test_a_question_is_answered_and_the_conversation_gets_its_title(page: Page, person: Person) -> None:
    await chat.begin(page, "Why is the sky blue?")

    await expect(chat.answers(page)).to_contain_text("You said: “Why is the sky blue?”")
    await expect(chat.questions(page)).to_have_text("Why is the sky blue?")
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(listed).to_have_attribute("href", f"/c/{chat.conversation_of(page)}")
    await expect(listed).not_to_have_text("New conversation")
    async with person.client() as client:
        stored = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    ids = await page.locator("article").evaluate_all("all => all.map((each) => each.dataset.messageId)")
    assert ids == [message["id"] for message in stored["messages"]["items"]]


async def test_enter_sends_and_shift_enter_breaks_the_line(page: Page) -> None:
    await page.goto("/c")
    await chat.composer(page).click()
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await expect(chat.composer(page)).to_have_value("one\ntwo")
    await page.keyboard.press("Enter")

    await expect(chat.composer(page)).to_have_value("")
    await expect(chat.questions(page)).to_have_text("one\ntwo")


@pytest.mark.parametrize("sign", [{"isComposing": True}, {"keyCode": 229}], ids=["composing", "Safari"])
async def test_enter_while_a_word_is_composed_sends_nothing(page: Page, sign: dict[str, object]) -> None:
    await page.goto("/c")
    await chat.composer(page).fill("नमस्")
    event = json.dumps({"key": "Enter", "bubbles": True, "cancelable": True, **sign})
    sent = "field => !field.dispatchEvent(new KeyboardEvent('keydown', " + event + "))"

    assert await chat.composer(page).evaluate(sent) is False
    await expect(chat.composer(page)).to_have_value("नमस्")
    await page.keyboard.press("Enter")
    await expect(chat.questions(page)).to_have_text("नमस्")


async def test_enter_breaks_the_line_on_a_touch_keyboard(open_context: OpenContext, person: Person) -> None:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 375, "height": 700}}
    page = await (await open_context(person.storage(), **phone)).new_page()
    await page.goto("/c")
    await chat.composer(page).tap()
    await page.keyboard.type("one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await expect(chat.composer(page)).to_have_value("one\ntwo")

    await page.get_by_role("button", name="Send", exact=True).tap()
    await expect(chat.questions(page)).to_have_text("one\ntwo")


async def test_drafts_are_kept_by_conversation_and_survive_a_reload(page: Page) -> None:
    await chat.begin(page, "First", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    await chat.composer(page).fill("half a question")
    await page.get_by_role("button", name="New chat").click()
    await expect(chat.composer(page)).to_have_value("")
    await chat.composer(page).fill("another half")
    await page.reload()
    await expect(chat.composer(page)).to_have_value("another half")

    await page.get_by_role("navigation", name="Conversations").get_by_role("link").click()
    await expect(chat.composer(page)).to_have_value("half a question")


async def test_a_draft_is_shown_in_a_second_tab_and_to_nobody_else(
    open_context: OpenContext, person: Person, newcomer: Callable[[], Awaitable[Person]]
) -> None:
    context = await open_context(person.storage())
    one, other = await context.new_page(), await context.new_page()
    await one.goto("/c")
    await other.goto("/c")
    await chat.composer(one).fill("typed in the first tab")
    await expect(chat.composer(other)).to_have_value("typed in the first tab")

    stranger = await newcomer()
    entries = {f"oneai.draft.{person.id}.new": json.dumps({"text": "typed", "attachments": [], "saved_at": 1})}
    storage = people.storage(stranger.stack_url, entries | {"oneai.session": json.dumps(stranger.session)})
    theirs = await (await open_context(storage)).new_page()
    await theirs.goto("/c")
    await expect(chat.composer(theirs)).to_have_value("")


async def test_asking_works_where_storage_is_full(page: Page) -> None:
    await page.goto("/")  # the session is in storage, which is full from now
    await page.add_init_script(
        """Object.defineProperty(Storage.prototype, "setItem", {
          value() { throw new DOMException("full", "QuotaExceededError"); },
        });"""
    )
    await page.goto("/c")
    await chat.send(page, "Is anybody there?")
    await expect(chat.answers(page)).to_contain_text("Is anybody there?")


async def test_a_spent_quota_returns_the_question_and_offers_the_ways_on(
    page: Page, person: Person, stack: Stack, watch: Watch
) -> None:
    watch.refused(429)
    await page.goto("/c")
    await asyncio.to_thread(_limit, stack, person, "small_messages", 0)
    await chat.send(page, "One more, please")

    refusal = page.get_by_role("alert").and_(page.locator("[data-code=quota_exceeded]"))
    await expect(refusal).to_contain_text("You have used up what your plan gives")
    await expect(refusal).to_contain_text("There are new answers from")
    await expect(chat.composer(page)).to_have_value("One more, please")
    await expect(chat.questions(page)).to_have_count(0)

    await refusal.get_by_role("button", name="Ask").first.click()
    await expect(chat.answers(page)).to_have_count(1)
    await expect(refusal).to_have_count(0)


_REFUSALS = {
    403: ("model_not_in_plan", "not part of your plan", "See the plans"),
    413: ("body_too_large", "The question is too large", None),
    422: ("invalid_request", "cannot be accepted", None),
    429: ("rate_limited", "too much at once", "Try again"),
    503: ("upstream_unavailable", "provider cannot be reached", "Choose another model"),
    504: ("timeout", "took too long", "Try again"),
}


@pytest.mark.parametrize("status", _REFUSALS)
async def test_each_refusal_is_a_sentence_with_a_way_on(page: Page, watch: Watch, status: int) -> None:
    code, sentence, way_on = _REFUSALS[status]
    watch.refused(status)
    error = {"code": code, "message": "In the API's words.", "details": []}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=status, json={"error": error, "request_id": "r-1"})

    await page.goto("/c")
    # The stack refuses a real question only for real reasons, some of which take an outage.
    await page.route("**/api/chat/stream", refuse)
    await chat.send(page, "Hello")

    alert = page.locator(f"[role=alert][data-code={code}]")
    await expect(alert).to_contain_text(sentence)
    await expect(chat.composer(page)).to_have_value("Hello")
    if way_on:
        await expect(
            alert.get_by_role("button", name=way_on).or_(alert.get_by_role("link", name=way_on))
        ).to_be_visible()
    await page.unroute("**/api/chat/stream")
    await page.keyboard.press("Enter")
    await expect(chat.answers(page)).to_have_count(1)


async def test_the_message_list_is_not_drawn_anew_by_a_key_press(page: Page) -> None:
    await chat.begin(page, "First", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(listed).not_to_have_text("New conversation")  # the answer's title and cost have been read
    await page.wait_for_load_state("networkidle")
    await chat.composer(page).click()
    await page.evaluate(
        """() => {
          window.changes = 0;
          const observer = new MutationObserver((records) => (window.changes += records.length));
          const all = { subtree: true, childList: true, attributes: true, characterData: true };
          observer.observe(document.querySelector("[role=log]"), all);
        }"""
    )

    await page.keyboard.type("a question of many keys")

    await expect(chat.composer(page)).to_have_value("a question of many keys")
    await page.wait_for_timeout(700)  # the draft is written
    assert await page.evaluate("window.changes") == 0
    await page.keyboard.press("Enter")
    await expect(chat.answers(page)).to_have_count(2)
    assert await page.evaluate("window.changes") > 0


def _limit(stack: Stack, person: Person, quota_key: str, limit: int) -> None:
    """Makes an exception of the operator's."""
    words = ["add", person.email, quota_key, "--limit", str(limit), "--reason", "a test"]
    environment = os.environ | {"ONEAI_DATA": str(stack.data)}
    subprocess.run([sys.executable, "-m", "ops.override", *words], env=environment, check=True, capture_output=True)
