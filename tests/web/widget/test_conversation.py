"""A visitor's conversation on a website of another origin: what ends, breaks or is left goes on or is gone."""

import asyncio
import time

import jwt
from playwright.async_api import BrowserContext, FrameLocator, Page, Route, expect

from tests.local.running import Stack
from tests.web.chat import SLOW
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.documents import add_document
from tests.web.widget.conftest import OPEN_ROOTS, Shop, ask, chat, launcher

# Chromium's own offline switch leaves open connections alone: this breaks those of answers as well.
_BREAKABLE = """
  const lines = new Set(), fetchReally = window.fetch;
  window.fetch = async (request, init) => {
    const response = await fetchReally(request, init);
    if (!/\\/widget\\/[a-z0-9]+\\/chat/.test(request.url ?? request)) return response;
    const reader = response.body.getReader();
    const pull = async (line) => {
      const { done, value } = await reader.read();
      done ? line.close() : line.enqueue(value);
    };
    return new Response(new ReadableStream({ start: (line) => void lines.add(line), pull }), response);
  };
  window.breakLines = () => lines.forEach((line) => { try { line.error(new TypeError("network error")); } catch {} });
"""


async def _open(page: Page, shop: Shop) -> None:
    """A website with the chat open."""
    await page.goto(f"{shop.address}/plain.html")
    await launcher(page).click()
    await expect(chat(page).get_by_role("heading", name="Ask the shop")).to_be_visible()


async def _choose(page: Page, item: str) -> None:
    await chat(page).get_by_role("button", name="More").click()
    await chat(page).get_by_role("button", name=item).click()


async def _score(frame: FrameLocator, page: Page) -> None:
    await _choose(page, "Rate this conversation")
    await frame.get_by_role("radio", name="4 of 5").check()
    await frame.get_by_label("What could be better?").fill("Faster")
    await frame.get_by_role("button", name="Send").click()
    await expect(frame.get_by_role("status")).to_have_text("Thank you.")


async def _report(frame: FrameLocator, page: Page) -> None:
    await _choose(page, "Report")
    await frame.get_by_label("Message").fill("It is 950.")
    async with page.expect_response(lambda each: each.url.endswith("/reports") and each.status == 204):
        await frame.get_by_role("button", name="Report", exact=True).last.click()
    await expect(frame.locator(".hint", has_text="Thank you.")).to_be_visible()


async def test_an_answer_goes_on_after_a_reload_and_is_stopped_rated_and_copied(
    shop: Shop, open_context: OpenContext, stack: Stack
) -> None:
    consent = "You may keep my name."
    await shop.change(model=SLOW, form={"name": "optional", "consent": consent})
    context = await open_context(locale="en-IN", permissions=["clipboard-read", "clipboard-write"])
    await context.add_init_script(OPEN_ROOTS)
    page = await context.new_page()
    frame = chat(page)
    field, news = frame.get_by_role("textbox", name="Your message"), frame.get_by_role("status")
    answer = frame.locator(".answer").last
    await _open(page, shop)
    await frame.get_by_label("Name (optional)").fill("Asha")
    await frame.get_by_label(consent).check()
    await frame.get_by_role("button", name="Start").click()
    await expect(field).to_be_focused()
    await field.fill("Slowly, please")
    await field.press("Enter")
    await expect(news).to_have_text("Looking for an answer")
    await expect(answer).to_contain_text("slowly slowly")

    await page.reload()
    await launcher(page).click()
    await expect(answer).to_contain_text("slowly " * 8)
    letters = len(await answer.inner_text())
    await expect(answer).to_contain_text("slowly " * (letters // 7 + 4))
    await frame.get_by_role("button", name="Stop").click()
    await expect(frame.get_by_text("Stopped.", exact=True)).to_be_visible()
    await expect(news).to_contain_text("The answer is ready. slowly")

    good = frame.get_by_role("button", name="Good answer")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await frame.get_by_role("button", name="Copy").click()
    await expect(frame.get_by_role("button", name="Copied")).to_be_visible()
    await field.press("Control+V")
    shown = (await answer.inner_text()).strip()
    assert (await field.input_value()).strip() == shown == ("slowly " * shown.count("slowly")).strip()
    await _score(frame, page)

    # Another version answers from a document, in the same conversation.
    knowledge = {"mode": "documents_only", "documents": [add_document(stack, shop.user)]}
    await shop.change(knowledge, model="openai/gpt-4.1-mini")
    answered = await ask(frame, "What is the rent?")
    await expect(answered).to_contain_text("The rent is 900 rupees a month.")
    await answered.get_by_text("1 source").click()
    await expect(answered.locator("q")).to_contain_text("900 rupees")
    await _report(frame, page)

    (talk,) = await shop.conversations()
    said = talk["visitor"]["introduction"]
    assert (said["name"], said["consent"]) == ("Asha", consent)
    assert talk["csat"] == {"score": 4, "note": "Faster", "of": "bot"}
    assert [(each["content"].strip(), each["rating"]) for each in talk["items"]] == [
        ("Slowly, please", None),
        (shown, 1),
        ("What is the rent?", None),
        ("The rent is 900 rupees a month. [1]", None),
    ]


async def _answered_while_closed(page: Page) -> None:
    """What is answered while the chat is closed is counted on its button."""
    closed = asyncio.Event()

    async def hold(route: Route) -> None:
        await closed.wait()
        await route.continue_()

    await page.route("**/widget/*/chat", hold)
    await page.evaluate("window.counted = [], OneAI.on('unread', ({ count }) => counted.push(count)), null")
    field = chat(page).get_by_role("textbox", name="Your message")
    await field.fill("And tomorrow?")
    await field.press("Enter")
    await page.keyboard.press("Escape")
    await expect(launcher(page)).to_be_focused()
    closed.set()
    marked = page.get_by_role("button", name="Open chat (1 new message)")
    await expect(marked).to_have_text("1")
    assert await page.evaluate("counted") == [1]
    await marked.click()
    await page.keyboard.press("Escape")
    await expect(launcher(page)).to_have_accessible_name("Open chat")


async def test_what_the_network_breaks_goes_on_and_the_button_counts_what_is_new(
    shop: Shop, open_context: OpenContext, watch: Watch
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_FAILED|Failed to fetch")
    await shop.change(model=SLOW)
    context = await open_context(locale="en-IN")
    await context.add_init_script(OPEN_ROOTS)
    await context.add_init_script(_BREAKABLE)
    page = await context.new_page()
    await _open(page, shop)
    frame = chat(page)
    field, answer = frame.get_by_role("textbox", name="Your message"), frame.locator(".answer").last
    await field.fill("Slowly, please")
    await field.press("Enter")
    await expect(answer).to_contain_text("slowly slowly")
    await context.set_offline(True)
    await frame.locator("body").evaluate("window.breakLines()")
    lost = frame.get_by_text("The connection is lost. The answer goes on when it returns.")
    await expect(lost).to_be_visible()
    letters = len(await answer.inner_text())
    await context.set_offline(False)
    await expect(answer).to_contain_text("slowly " * (letters // 7 + 8))
    await expect(lost).to_have_count(0)
    await frame.get_by_role("button", name="Stop").click()
    await expect(frame.get_by_text("Stopped.", exact=True)).to_be_visible()

    await shop.change(model="openai/gpt-4.1-mini")
    await context.set_offline(True)
    await field.fill("Are you open?")
    await field.press("Enter")
    await expect(frame.get_by_role("alert")).to_contain_text("There is no connection.")
    await expect(frame.get_by_text("Not sent.", exact=True)).to_be_visible()
    await context.set_offline(False)
    await frame.get_by_role("button", name="Try again").click()
    await expect(frame.locator(".answer").last).to_contain_text("Are you open?")
    await expect(frame.locator(".turn.visitor")).to_have_count(2)
    await expect(frame.get_by_role("alert")).to_have_count(0)
    await expect(frame.get_by_role("button", name="Stop")).to_have_count(0)  # the answer is there to its end

    await _answered_while_closed(page)
    assert [len(talk["items"]) for talk in await shop.conversations()] == [6]


async def test_a_person_has_one_conversation_and_the_next_at_the_device_sees_none(
    shop: Shop, open_context: OpenContext, watch: Watch
) -> None:
    async with shop.user.client() as client:
        made = await client.post(f"/api/chatbots/{shop.chatbot['id']}/identity-secrets")
    claims = {"aud": shop.chatbot["public_id"], "exp": int(time.time()) + 3600}
    asha, meera = (
        jwt.encode(claims | {"sub": name}, made.raise_for_status().json()["secret"], algorithm="HS256")
        for name in ("asha", "meera")
    )
    pages: list[Page] = []
    for _ in range(2):
        context = await open_context(locale="en-IN")
        await context.add_init_script(OPEN_ROOTS)
        pages.append(await context.new_page())
    phone, laptop = pages
    for page in pages:
        await _open(page, shop)
    turns = chat(phone).locator(".turn.visitor")
    await ask(chat(phone), "As a stranger")
    await phone.evaluate("token => OneAI.identify(token)", asha)
    await expect(turns).to_have_count(0)
    await ask(chat(phone), "As Asha")
    await laptop.evaluate("token => OneAI.identify(token)", asha)
    await expect(chat(laptop).locator(".turn.visitor")).to_contain_text("As Asha")

    # After signing out neither she nor the visitor before her is known here to the next person.
    await phone.evaluate("OneAI.shutdown()")
    await expect(phone.locator("iframe")).to_have_count(0)
    await launcher(phone).click()
    await expect(chat(phone).get_by_role("textbox", name="Your message")).to_be_focused()
    await expect(turns).to_have_count(0)
    await phone.evaluate("token => OneAI.identify(token)", meera)
    await ask(chat(phone), "As Meera")
    assert [talk["visitor"]["external_id"] for talk in await shop.conversations()] == ["meera", "asha", None]
    await phone.reload()
    await launcher(phone).click()
    await ask(chat(phone), "As a stranger again")
    await expect(turns).to_have_count(1)

    await _choose(phone, "Delete my data")
    await chat(phone).get_by_role("button", name="Delete my data").last.click()
    await expect(chat(phone).get_by_role("status")).to_have_text("Your data is deleted.")
    await expect(turns).to_have_count(0)
    talks = await shop.conversations()
    assert [talk["items"][0]["content"] for talk in talks] == ["As Meera", "As Asha", "As a stranger"]


async def test_a_phones_keyboard_hides_no_field_and_keys_alone_reach_everything(
    shop: Shop, open_context: OpenContext
) -> None:
    context = await open_context(locale="en-IN", viewport={"width": 360, "height": 640}, has_touch=True)
    await context.add_init_script(OPEN_ROOTS)
    page = await context.new_page()
    await _open(page, shop)
    field = chat(page).get_by_role("textbox", name="Your message")
    panel = page.locator("iframe")
    for height, top in ((300, 0), (280, 120), (640, 0)):
        # As a phone says that its keyboard has come, and has moved the page, and has gone.
        await page.evaluate(
            """([height, top]) => {
              for (const [name, value] of [["height", height], ["offsetTop", top]])
                Object.defineProperty(visualViewport, name, { value, configurable: true });
              visualViewport.dispatchEvent(new Event("resize"));
            }""",
            [height, top],
        )
        box, typed = await panel.bounding_box(), await field.bounding_box()
        assert box is not None
        assert typed is not None
        assert (box["y"], box["height"]) == (top, height)
        assert top <= typed["y"] < typed["y"] + typed["height"] <= top + height

    # On a computer, without a mouse.
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.goto(f"{shop.address}/plain.html")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(field).to_be_focused()
    await page.keyboard.type("Hello")
    await page.keyboard.press("Enter")
    buttons = chat(page).get_by_role("button")
    await expect(chat(page).locator(".actions")).to_have_count(1)
    for name in ("Bad answer", "Good answer", "Copy"):
        await page.keyboard.press("Shift+Tab")
        await expect(buttons.and_(chat(page).get_by_label(name))).to_be_focused()
    await page.keyboard.press("Shift+Tab")
    await expect(chat(page).get_by_role("log")).to_be_focused()
    for name in ("Close chat", "More"):
        await page.keyboard.press("Shift+Tab")
        await expect(chat(page).get_by_label(name, exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(chat(page).get_by_text("New conversation")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(chat(page).get_by_text("New conversation")).to_be_hidden()
    await expect(chat(page).get_by_label("More", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(launcher(page)).to_be_focused()
    await expect(panel).to_be_hidden()


async def test_what_is_typed_before_the_chat_is_there_is_kept_or_sent(context: BrowserContext, shop: Shop) -> None:
    page = await context.new_page()
    # The chat's script and its style.
    held: asyncio.Queue[Route] = asyncio.Queue()
    frame = chat(page)
    early = frame.get_by_role("textbox", name="Ask the shop")
    field = frame.get_by_role("textbox", name="Your message")
    await page.route("**/widget-frame.*", held.put)
    for key, typed in (("!", "What is 5 + 5"), ("Enter", "What is 6 + 6")):
        await page.goto(f"{shop.address}/plain.html")
        await launcher(page).click()
        await expect(early).to_be_focused()
        await page.keyboard.type(typed)
        await page.keyboard.press(key)
        await expect(early).to_have_value(f"{typed}!" if key == "!" else typed)
        for _ in range(2):
            await (await held.get()).continue_()
        await expect(field).to_be_focused()
        await expect(early).to_have_count(0)
        await expect(field).to_have_value(f"{typed}!" if key == "!" else "")

    await expect(frame.locator(".bubble")).to_contain_text("What is 6 + 6")
    await expect(frame.locator(".actions")).to_have_count(1)
