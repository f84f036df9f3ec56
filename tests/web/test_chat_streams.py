"""Answers that outlive the page that asked: reload, second tab, a network that is gone, a session that ends."""

import asyncio
import json
import re

import httpx
import pytest
from playwright.async_api import Frame, Page, Route, expect

from tests.web import chat
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)

# Chromium's own offline switch leaves open connections alone: this breaks those of answers as well.
_BREAKABLE = """
  const lines = new Set(), fetchReally = window.fetch;
  window.fetch = async (request, init) => {
    const response = await fetchReally(request, init);
    if (!new URL(request.url ?? request, location.href).pathname.startsWith("/api/chat/stream")) return response;
    const reader = response.body.getReader();
    const pull = async (line) => {
      const { done, value } = await reader.read();
      done ? line.close() : line.enqueue(value);
    };
    return new Response(new ReadableStream({ start: (line) => void lines.add(line), pull }), response);
  };
  window.breakLines = () => lines.forEach((line) => { try { line.error(new TypeError("network error")); } catch {} });
"""


async def _stored(user: User, page: Page) -> str:
    """The text of the newest answer, as the API keeps it."""
    async with user.client() as client:
        read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    return str(read["messages"]["items"][-1]["content"])


async def test_a_reload_during_an_answer_continues_it_without_duplicates(page: Page, user: User) -> None:
    await chat.begin(page, "Slowly, please", chat.SLOW)
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly slowly slowly")
    await page.reload()
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly " * 12)
    await page.get_by_role("button", name="Stop", exact=True).click()

    stopped = chat.answers(page, "stopped")
    await expect(stopped.get_by_text("Stopped", exact=True)).to_be_visible()
    text = await _stored(user, page)
    assert text.strip() == ("slowly " * text.count("slowly")).strip()
    await expect(stopped.locator(".markdown")).to_have_text(text.strip())
    await page.reload()
    await expect(stopped.locator(".markdown")).to_have_text(text.strip())


async def test_leaving_the_page_does_not_stop_the_answer(page: Page, user: User) -> None:
    await chat.begin(page, "A long one 400", "local/long")
    address = page.url
    await page.goto("about:blank")
    await asyncio.sleep(1)
    await page.goto(address)

    await expect(chat.answers(page)).to_contain_text("word399")
    assert await _stored(user, page) == "".join(f"word{n} " for n in range(400))


@pytest.mark.exhaustive
async def test_a_second_tab_shows_the_answer_as_it_is_written(open_context: OpenContext, user: User) -> None:
    context = await open_context(user.storage())
    one, other = await context.new_page(), await context.new_page()
    await chat.begin(one, "Slowly, please", chat.SLOW)
    await other.goto(one.url)
    await expect(chat.answers(other, "streaming")).to_contain_text("slowly slowly")
    await other.get_by_role("button", name="Stop", exact=True).click()

    for page in (one, other):
        await expect(chat.answers(page, "stopped")).to_have_count(1)
    text = (await _stored(user, one)).strip()
    for page in (one, other):
        await expect(chat.answers(page, "stopped").locator(".markdown")).to_have_text(text)


async def test_a_network_outage_of_a_minute_loses_no_character(page: Page, user: User, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_FAILED|Failed to fetch")
    await page.clock.install()
    await page.add_init_script(_BREAKABLE)
    await chat.begin(page, "Slowly, please", chat.SLOW)
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly slowly")
    await page.context.set_offline(True)
    await page.evaluate("window.breakLines()")
    away = page.get_by_text("Your answer continues when you’re back online")
    await expect(away).to_be_visible()
    for _ in range(12):  # a minute of the page's clock, in which it looks for the network again and again
        await page.clock.run_for(5_000)
        await expect(away).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.context.set_offline(False)

    await expect(chat.answers(page, "streaming")).to_contain_text("slowly " * 30)
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(chat.answers(page, "stopped")).to_have_count(1)
    await expect(chat.answers(page, "stopped").locator(".markdown")).to_have_text((await _stored(user, page)).strip())


@pytest.mark.exhaustive
@pytest.mark.parametrize("compared", [(), (chat.ECHO, "GPT-4.1 Mini")], ids=["one", "compared"])
async def test_a_question_reloaded_before_its_first_event_finds_its_answer(
    page: Page, user: User, compared: tuple[str, ...]
) -> None:
    asked = asyncio.Event()

    async def hold(route: Route) -> None:
        """The question arrives, and the page never hears of it."""
        body = json.loads(route.request.post_data or "{}")
        async with user.client() as client, client.stream("POST", "/api/chat/stream", json=body) as stream:
            await anext(stream.aiter_lines())
        asked.set()

    await page.goto("/c")
    await page.route("**/api/chat/stream", hold)
    if compared:
        await chat.compare(page, *compared)
    await chat.send(page, "Did this arrive?")
    await asked.wait()
    await page.reload()

    columns = page.get_by_role("region", name="Answers side by side").get_by_role("article")
    answers = columns if compared else chat.answers(page)
    await expect(answers.first).to_contain_text("Did this arrive?")
    await expect(answers).to_have_count(max(1, len(compared)))
    await expect(chat.composer(page)).to_have_value("")
    assert chat.conversation_of(page)


@pytest.mark.exhaustive
async def test_a_conversation_created_during_a_reload_is_open_afterwards(page: Page) -> None:
    send, addressed = asyncio.Event(), asyncio.Event()

    async def wait_for_the_reload(route: Route) -> None:
        await send.wait()
        await route.continue_()

    async def wait_for_the_address(route: Route) -> None:
        send.set()
        await addressed.wait()
        await route.continue_()

    def look(frame: Frame) -> None:
        if re.search("/c/[0-9a-f-]{36}$", frame.url):
            addressed.set()

    await page.goto("/c")
    page.on("framenavigated", look)
    await page.route("**/api/chat/stream", wait_for_the_reload)
    await page.route("**/c", wait_for_the_address)
    await chat.send(page, "Did this arrive?")
    await page.reload()

    await expect(chat.answers(page)).to_contain_text("Did this arrive?")
    await expect(page).to_have_url(re.compile("/c/[0-9a-f-]{36}$"))
    await page.get_by_role("button", name="New chat").click()
    await expect(chat.questions(page)).to_have_count(0)


async def test_a_busy_conversation_shows_its_answer_and_keeps_the_question(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(409)
    await chat.begin(page, "First", chat.ECHO)
    await expect(chat.answers(page)).to_have_count(1)
    question = {"conversation_id": chat.conversation_of(page), "message": "From elsewhere", "model": chat.SLOW}
    async with user.client() as client, client.stream("POST", "/api/chat/stream", json=question) as stream:
        await anext(stream.aiter_lines())
        await chat.send(page, "From here")

        await expect(page.locator("[role=alert][data-code=conversation_busy]")).to_be_visible()
        await expect(chat.composer(page)).to_have_value("From here")
        await expect(chat.answers(page, "streaming")).to_contain_text("slowly slowly")
        await page.get_by_role("button", name="Stop that answer").click()
        await expect(chat.answers(page, "stopped")).to_have_count(1)
    await chat.composer(page).press("Enter")
    await expect(chat.questions(page)).to_have_text(["First", "From elsewhere", "From here"])


async def test_an_expired_token_is_refreshed_silently(open_context: OpenContext, user: User, watch: Watch) -> None:
    watch.refused(401)
    broken = user.session | {"access_token": user.session["access_token"][:-8] + "AAAAAAAA"}
    storage = user.storage()
    storage["origins"][0]["localStorage"][0]["value"] = json.dumps(broken)
    page = await (await open_context(storage)).new_page()
    await chat.begin(page, "Am I still here?")
    await expect(chat.answers(page)).to_contain_text("Am I still here?")


async def test_an_ended_session_leads_to_sign_in_and_keeps_the_draft(page: Page, user: User, watch: Watch) -> None:
    watch.refused(400, 401, 403)
    await page.goto("/c")
    await expect(page.get_by_role("status", name="Quota")).to_contain_text("of 100")
    await page.wait_for_load_state("networkidle")  # or another request finds out first
    await chat.composer(page).fill("Before I go")
    async with httpx.AsyncClient(base_url=user.stack_url) as client:
        headers = {"authorization": f"Bearer {user.session['access_token']}"}
        (await client.post("/api/auth/sign-out", headers=headers, json={"scope": "all"})).raise_for_status()
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/login?next=%2Fc")
    draft = await page.evaluate(f"localStorage.getItem('oneai.draft.{user.id}.new')")
    assert json.loads(draft)["text"] == "Before I go"


@pytest.mark.exhaustive
async def test_a_clock_that_is_a_day_wrong_changes_nothing(open_context: OpenContext, user: User) -> None:
    for hours in (24, -24):
        page = await (await open_context(user.storage())).new_page()
        await page.add_init_script(f"{{ const now = Date.now; Date.now = () => now() + {hours} * 3600e3; }}")
        await chat.begin(page, "What day is it?")
        await expect(chat.answers(page)).to_contain_text("What day is it?")


async def test_a_failed_answer_says_so_and_can_be_requested_again(page: Page) -> None:
    await chat.begin(page, "Hello", "local/error-after-reasoning")
    alert = page.locator("[role=alert][data-code=upstream_error]")
    await expect(alert).to_contain_text("you weren’t charged")
    await expect(chat.answers(page, "failed")).to_have_count(1)
    await alert.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("group", name="Version 2 of 2")).to_be_visible()

    await chat.begin(page, "Hello", "local/error-midway")
    await expect(page.locator("[role=alert][data-code=upstream_error]")).to_contain_text("Its text is saved")
    await expect(chat.answers(page, "truncated")).to_contain_text("This answer fails in the")


async def test_reasoning_is_collapsed(page: Page) -> None:
    await chat.begin(page, "Think", "local/reasoning-slowly")
    summary = page.get_by_role("log").locator("summary")
    await expect(summary).to_have_text("Thinking…")
    await expect(chat.answers(page)).to_contain_text("That was thought over.")
    await expect(summary).to_have_text("Reasoning")
    await expect(page.get_by_text("so so so")).to_be_hidden()
    await summary.click()
    await expect(page.get_by_text("so so so")).to_be_visible()


@pytest.mark.exhaustive
async def test_a_finished_answer_is_announced_once(page: Page) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await page.evaluate(
        """() => {
          window.said = [];
          const region = document.querySelector("[data-announcer]");
          new MutationObserver(() => window.said.push(region.textContent))
            .observe(region, { childList: true, characterData: true, subtree: true });
        }"""
    )
    await chat.send(page, "Speak up")
    await expect(chat.answers(page)).to_have_count(1)
    await page.wait_for_load_state("networkidle")

    said = await page.evaluate("window.said")
    assert said[0] == "Answering…"
    assert len(said) == 2
    assert said[1].startswith("Answer complete. This is the local stand-in")
    await expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
