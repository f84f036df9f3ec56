"""Asking: keys, drafts, refusals, and what stays of a question that could not be sent."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Locator, Page, Route, expect

from oneai import errors
from tests.local.running import Stack
from tests.web import chat, people
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.operator_commands import operate
from tests.web.people import User


async def test_a_question_is_answered_and_the_conversation_gets_its_title(page: Page, user: User) -> None:
    await chat.begin(page, "Why is the sky blue?")

    await expect(chat.answers(page)).to_contain_text("You said: “Why is the sky blue?”")
    await expect(chat.questions(page)).to_have_text("Why is the sky blue?")
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(listed).to_have_attribute("href", f"/c/{chat.conversation_of(page)}")
    await expect(listed).not_to_have_text("Untitled chat")
    async with user.client() as client:
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


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("sign", [{"isComposing": True}, {"keyCode": 229}], ids=["composing", "Safari"])
async def test_enter_during_text_composition_sends_nothing(page: Page, sign: dict[str, object]) -> None:
    await page.goto("/c")
    await chat.composer(page).fill("नमस्")
    event = json.dumps({"key": "Enter", "bubbles": True, "cancelable": True, **sign})
    sent = "field => !field.dispatchEvent(new KeyboardEvent('keydown', " + event + "))"

    assert await chat.composer(page).evaluate(sent) is False
    await expect(chat.composer(page)).to_have_value("नमस्")
    await page.keyboard.press("Enter")
    await expect(chat.questions(page)).to_have_text("नमस्")


@pytest.mark.exhaustive
async def test_enter_breaks_the_line_on_a_touch_keyboard(open_context: OpenContext, user: User) -> None:
    phone = {"has_touch": True, "is_mobile": True, "viewport": {"width": 375, "height": 700}}
    page = await (await open_context(user.storage(), **phone)).new_page()
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


@pytest.mark.exhaustive
async def test_a_draft_is_shown_in_a_second_tab_and_to_no_other_user(
    open_context: OpenContext, user: User, newcomer: Callable[[], Awaitable[User]]
) -> None:
    context = await open_context(user.storage())
    one, other = await context.new_page(), await context.new_page()
    await one.goto("/c")
    await other.goto("/c")
    await chat.composer(one).fill("typed in the first tab")
    await expect(chat.composer(other)).to_have_value("typed in the first tab")

    stranger = await newcomer()
    entries = {f"oneai.draft.{user.id}.new": json.dumps({"text": "typed", "attachments": [], "saved_at": 1})}
    storage = people.storage(stranger.stack_url, entries | {"oneai.session": json.dumps(stranger.session)})
    theirs = await (await open_context(storage)).new_page()
    await theirs.goto("/c")
    await expect(chat.composer(theirs)).to_have_value("")


@pytest.mark.exhaustive
async def test_a_question_can_be_asked_while_storage_is_full(page: Page) -> None:
    await page.goto("/")  # the session is in storage, which is full from now
    await page.add_init_script(
        """Object.defineProperty(Storage.prototype, "setItem", {
          value() { throw new DOMException("full", "QuotaExceededError"); },
        });"""
    )
    await page.goto("/c")
    await chat.send(page, "Is anybody there?")
    await expect(chat.answers(page)).to_contain_text("Is anybody there?")


async def test_signing_in_and_asking_work_while_storage_is_forbidden(visitor: Page, user: User) -> None:
    await visitor.add_init_script(
        """for (const name of ["localStorage", "sessionStorage", "indexedDB"])
          Object.defineProperty(window, name, {
            get() { throw new DOMException("The operation is insecure.", "SecurityError"); },
          });"""
    )
    await visitor.goto("/login?next=/c")
    await visitor.get_by_role("textbox", name="Email").fill(user.email)
    await visitor.get_by_label("Password", exact=True).fill(user.password)
    await visitor.get_by_role("button", name="Sign in", exact=True).click()
    await chat.send(visitor, "Is anybody there?")
    await expect(chat.answers(visitor)).to_contain_text("Is anybody there?")

    await chat.composer(visitor).fill("half a question")
    await visitor.get_by_role("button", name="New chat").click()
    await expect(chat.composer(visitor)).to_have_value("")
    await visitor.get_by_role("navigation", name="Conversations").get_by_role("link").click()
    await expect(chat.composer(visitor)).to_have_value("half a question")


@pytest.mark.exhaustive
async def test_hindi_arabic_and_emoji_in_one_line_are_kept_exactly(page: Page, user: User) -> None:
    line = "नमस्ते क्ष्म्य 👩‍👩‍👧‍👦🏳️‍🌈 مرحبا بالعالم, hello ①"
    await page.set_viewport_size({"width": 375, "height": 700})
    await chat.begin(page, line, chat.ECHO)
    await expect(chat.questions(page)).to_have_text(line)
    await expect(chat.answers(page)).to_contain_text(line)
    async with user.client() as client:
        path = f"/api/conversations/{chat.conversation_of(page)}"
        (await client.patch(path, json={"title": line})).raise_for_status()

    await page.reload()
    await expect(page).to_have_title(f"{line} · OneAI")
    await expect(chat.questions(page)).to_have_text(line)
    await expect(chat.answers(page)).to_contain_text(line)
    await page.get_by_role("button", name="Open menu").click()
    link = page.get_by_role("dialog").get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(link).to_have_text(line)
    await expect(link).to_have_attribute("dir", "auto")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.exhaustive
async def test_an_open_edit_survives_one_in_another_tab(open_context: OpenContext, user: User) -> None:
    context = await open_context(user.storage())
    one, other = await context.new_page(), await context.new_page()
    await chat.begin(one, "What is a tide?", chat.ECHO)
    await expect(chat.answers(one)).to_have_count(1)
    await other.goto(one.url)
    await chat.questions(other).hover()
    await chat.questions(other).get_by_role("button", name="Edit").click()
    written = other.get_by_role("textbox", name="Edit message")
    await written.fill("What is a cyclone?")

    await chat.questions(one).hover()
    await chat.questions(one).get_by_role("button", name="Edit").click()
    await one.get_by_role("textbox", name="Edit message").fill("What is a monsoon?")
    await one.get_by_role("button", name="Send edited message").click()
    await expect(chat.answers(one)).to_contain_text("What is a monsoon?")
    newest = other.get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(newest).not_to_have_text("Untitled chat")
    await expect(written).to_have_value("What is a cyclone?")

    await other.get_by_role("button", name="Send edited message").click()
    for page in (one, other):
        await expect(chat.answers(page)).to_contain_text("What is a cyclone?")
        await expect(chat.questions(page).get_by_role("group", name="Version 3 of 3")).to_be_visible()


async def test_a_used_up_quota_returns_the_question_and_offers_alternatives(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    watch.refused(429)
    await page.goto("/c")
    await operate(stack, "override", "add", user.email, "small_messages", "--limit", "0", "--reason", "a test")
    await chat.send(page, "One more, please")

    refusal = page.get_by_role("alert").and_(page.locator("[data-code=quota_exceeded]"))
    await expect(refusal).to_contain_text("You’ve used all answers of this kind")
    await expect(refusal).to_contain_text("You get new answers on")
    await expect(page.locator("main [data-code^=quota_]")).to_have_count(1)
    await expect(page.locator("main [data-quote]")).to_have_count(0)
    await expect(chat.composer(page)).to_have_value("One more, please")
    await expect(chat.questions(page)).to_have_count(0)

    await refusal.get_by_role("button", name="Ask").first.click()
    await expect(chat.answers(page)).to_have_count(1)
    await expect(refusal).to_have_count(0)


_DETAIL = {"field": "attachments", "code": "too_long", "message": "At most 20 files."}
# The refusals of a question by the API, each with a part of its sentence and its next step. The stack refuses a
# question only for real reasons, and most of them need an outage. Refusals with their own tests are not listed.
_REFUSALS: list[tuple[errors.OneAIError, str, str]] = [
    (errors.ModelNotInPlan(model="openai/gpt-5"), "isn’t in your plan", "See plans"),
    (errors.AccountSuspended(), "Your account is suspended", "Open billing"),
    (errors.EmailNotConfirmed(), "Confirm your email address first", "Send the link again"),
    (errors.NotFound(), "no longer exists", "Start a new chat"),
    (errors.IdempotencyConflict(), "already sent with a different text", "Try again"),
    (errors.BodyTooLarge(), "Send less text or fewer images", "Change the question"),
    (errors.StorageFull(), "Your storage is full", "Free up space"),
    (errors.InvalidRequest("No.", details=[_DETAIL]), "At most 20 files", "Change the question"),
    (errors.UpstreamUnavailable(), "We can’t reach the model’s provider", "Choose another model"),
    (errors.ServicePaused(), "Answers are paused for today", "Try again"),
    (errors.Busy(), "very busy", "Try again"),
    (errors.UpstreamTimeout(), "took too long", "Try again"),
    (errors.RateLimited(retry_after=1), "Too many requests", "Try again"),
]


async def test_each_refusal_is_a_sentence_with_a_next_step(page: Page, watch: Watch) -> None:
    watch.refused(*{error.status for error, _, _ in _REFUSALS})
    await page.goto("/c")
    for error, sentence, way_on in _REFUSALS:
        alert = await _ask_and_be_refused(page, error)
        await expect(alert).to_contain_text(sentence)
        await expect(chat.composer(page)).to_have_value(f"Hello, {error.code}")
        await expect(chat.questions(page)).to_have_count(0)
        ways = alert.get_by_role("button", name=way_on).or_(alert.get_by_role("link", name=way_on))
        await expect(ways).to_be_visible()

    await expect(page.locator("[role=alert][data-code]")).to_have_count(1)
    await page.get_by_role("alert").get_by_role("button", name="Try again", exact=True).click()
    await expect(chat.answers(page)).to_contain_text("Hello, rate_limited")
    await expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize(
    "error", [errors.BodyTooLarge(), errors.InvalidRequest("No.", details=[_DETAIL])], ids=lambda error: error.code
)
async def test_a_question_that_is_too_large_or_invalid_can_be_changed_and_sent(
    page: Page, watch: Watch, error: errors.OneAIError
) -> None:
    watch.refused(error.status)
    await page.goto("/c")
    alert = await _ask_and_be_refused(page, error)

    await alert.get_by_role("button", name="Change the question").click()
    await expect(chat.composer(page)).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.type(", changed")
    await page.keyboard.press("Enter")

    await expect(chat.answers(page)).to_contain_text(f"Hello, {error.code}, changed")
    await expect(alert).to_have_count(0)


async def test_a_user_with_an_unconfirmed_address_is_mailed_the_link_again(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(403, 429)
    read = asyncio.Event()

    async def hold(route: Route) -> None:
        await read.wait()
        await route.continue_()

    await page.route("**/api/me", hold)  # whom to mail is known before the profile has been read
    await page.goto("/c")
    alert = await _ask_and_be_refused(page, errors.EmailNotConfirmed())

    again = alert.get_by_role("button", name="Send the link again")
    async with page.expect_response("**/auth/v1/resend**") as mailed:
        await again.click()
    response = await mailed.value
    assert response.status == 200
    body = json.loads(response.request.post_data or "{}")
    assert (body["email"], body["type"]) == (user.email, "signup")
    read.set()
    await expect(page.get_by_text("The email is on its way.")).to_be_visible()
    await expect(chat.composer(page)).to_have_value("Hello, email_not_confirmed")

    await page.route("**/auth/v1/resend**", lambda route: route.fulfill(status=429, json={"code": "over_email_send"}))
    await again.click()
    await expect(page.get_by_text("The email couldn’t be sent. Try again in a minute.")).to_be_visible()


async def _ask_and_be_refused(page: Page, error: errors.OneAIError) -> Locator:
    """Asks once, is refused with this error, and returns the alert that says so. Questions after it reach the stack."""

    async def refuse(route: Route) -> None:
        await route.fulfill(status=error.status, headers=errors.headers(error), json=errors.envelope(error, "r-1"))

    await page.route("**/api/chat/stream", refuse, times=1)
    await chat.composer(page).fill(f"Hello, {error.code}")
    await page.get_by_role("button", name="Send", exact=True).click()
    return page.locator(f"[role=alert][data-code={error.code}]")


@pytest.mark.exhaustive
async def test_a_key_press_does_not_redraw_the_message_list(page: Page) -> None:
    await chat.begin(page, "First", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    listed = page.get_by_role("navigation", name="Conversations").get_by_role("link")
    await expect(listed).not_to_have_text("Untitled chat")  # the answer's title and cost have been read
    await page.wait_for_load_state("networkidle")
    await chat.composer(page).click()
    await page.evaluate(
        """() => {
          window.changes = [];
          const shown = ({ type, attributeName, target }) =>
            `${attributeName ?? type}: ${(target.parentElement ?? target).outerHTML}`;
          const observer = new MutationObserver((records) => window.changes.push(...records.map(shown)));
          const all = { subtree: true, childList: true, attributes: true, characterData: true };
          observer.observe(document.querySelector("[role=log]"), all);
        }"""
    )

    await page.keyboard.type("a question of many keys")

    await expect(chat.composer(page)).to_have_value("a question of many keys")
    await page.wait_for_timeout(700)  # the draft is written
    assert await page.evaluate("window.changes") == []
    await page.keyboard.press("Enter")
    await expect(chat.answers(page)).to_have_count(2)
    assert await page.evaluate("window.changes") != []
