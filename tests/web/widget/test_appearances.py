"""The chat as people see it: in each colour, each language and both directions, and where a page cannot show it."""

import asyncio
from functools import partial
from typing import Any, Literal

from playwright.async_api import BrowserContext, Page, Route, expect

from tests.patience import eventually
from tests.web import axe
from tests.web.chat import ECHO
from tests.web.chromium import Watch
from tests.web.widget.conftest import Shop, ask, chat, launcher

# What of the button and the panel may move.
_MOVES = """() => [...document.documentElement.children]
  .flatMap((each) => [...(each.shadowRoot?.querySelectorAll("*") ?? [])])
  .filter((each) => {
    const { animationName, transitionDuration } = getComputedStyle(each);
    return animationName !== "none" || transitionDuration !== "0s";
  })
  .map((each) => each.className)"""
_RICH = "# Tea\n\n| a | b |\n|-|-|\n| 1 | `2` |\n\n- [more](https://example.com)\n\n```\ncode\n```"


async def _check(page: Page, *, forced: bool = False) -> None:
    """Checks the chat in dark and in light, and in forced colours."""
    (frame,) = [each for each in page.frames if "/widget/" in each.url]
    await page.emulate_media(color_scheme="dark")
    await axe.check(frame)
    if forced:
        await page.emulate_media(forced_colors="active")
        await axe.check(frame)
    await page.emulate_media(forced_colors="none", color_scheme="light")
    await axe.check(frame)


async def _open(page: Page, shop: Shop, language: str) -> None:
    await page.goto(f"{shop.address}/languages.html?{language}")
    button = page.get_by_role("button")
    await button.click()
    await expect(chat(page).get_by_role("heading", name="Ask the shop")).to_be_visible()


async def _spoken(page: Page) -> str:
    """The texts of the chat in the order in which screen readers say them."""
    session = await page.context.new_cdp_session(page)
    (frame,) = (await session.send("Page.getFrameTree"))["frameTree"]["childFrames"]
    nodes = (await session.send("Accessibility.getFullAXTree", {"frameId": frame["frame"]["id"]}))["nodes"]
    known = {each["nodeId"]: each for each in nodes}

    def texts(node: dict[str, Any]) -> str:
        if node["role"]["value"] == "StaticText":
            return str(node["name"]["value"])
        return "".join(texts(known[child]) for child in node["childIds"])

    return texts(nodes[0])


async def test_every_view_of_the_chat_can_be_read_in_every_colour(shop: Shop, context: BrowserContext) -> None:
    form = {"name": "required", "email": "optional", "consent": "You may keep my name."}
    await shop.change(model=ECHO, form=form, color="#ffd400")
    page = await context.new_page()
    frame = chat(page)
    await _open(page, shop, "en")
    await _check(page, forced=True)
    name = frame.get_by_role("textbox", name="Name")
    await name.fill("Asha")
    await frame.get_by_label("You may keep my name.").check()
    await frame.get_by_role("button", name="Start").click()
    await expect((await ask(frame, _RICH)).get_by_role("table")).to_be_visible()
    for item in ("Rate this conversation", "Report", "Delete my data"):
        await frame.get_by_role("button", name="More").click()
        if item == "Report":
            await _check(page, forced=True)
        await frame.get_by_role("button", name=item).click()
        await _check(page)
    await frame.get_by_role("button", name="Cancel").click()

    # The day's answers are spent.
    async with shop.user.client() as client:
        path = f"/api/chatbots/{shop.chatbot['id']}"
        known = {"question": "When are you open?", "answer": "From ten to six."}
        (await client.post(f"{path}/answers", json=known)).raise_for_status()
        (await client.patch(path, json={"limits": {"answers_per_day": 0}})).raise_for_status()
    field = frame.get_by_role("textbox", name="Your message")
    await field.fill("When are you open today?")
    await field.press("Enter")
    await frame.get_by_text("When are you open?", exact=True).click()
    await expect(frame.get_by_text("From ten to six.")).to_be_visible()
    # What is already known is not asked for again.
    await expect(name).to_have_value("Asha")
    await _check(page)

    await page.goto(f"{shop.address}/inline.html")
    await expect(frame.get_by_role("table")).to_be_visible()
    await _check(page)


async def test_the_chat_is_in_the_visitors_language_and_follows_their_direction(
    shop: Shop, context: BrowserContext
) -> None:
    await shop.change(model=ECHO)
    page = await context.new_page()
    for language, words in (("hi", "आपका संदेश"), ("id", "Pesan Anda")):
        await _open(page, shop, language)
        field = chat(page).get_by_role("textbox", name=words)
        await expect(field).to_be_focused()
        await expect(chat(page).locator("html")).to_have_attribute("lang", language)
        await _check(page)

    await _open(page, shop, "ar,rtl")
    box = await launcher(page).or_(page.get_by_role("button", name="Close chat")).bounding_box()
    assert box is not None
    assert box["x"] == 20
    question = "متى تفتحون المتجر؟ **Tea**"
    answer = await ask(chat(page), question)
    directions = "each => [getComputedStyle(each).direction, getComputedStyle(each).textAlign]"
    for shown in (chat(page).locator(".bubble"), answer.locator(".answer")):
        assert await shown.evaluate(directions) == ["rtl", "start"]
    assert await chat(page).locator("html").get_attribute("dir") == "ltr"
    # Their own words are apart from those that say who wrote them.
    assert f"You said:\u00a0{question}" in await _spoken(page)


async def test_the_widget_moves_only_for_visitors_who_want_motion(shop: Shop, context: BrowserContext) -> None:
    page = await context.new_page()
    held: asyncio.Queue[Route] = asyncio.Queue()
    await _open(page, shop, "en")
    await page.route("**/widget/*/chat", held.put)
    await chat(page).get_by_role("textbox", name="Your message").fill("Hello?")
    await chat(page).get_by_role("button", name="Send").click()
    request = await held.get()
    await expect(chat(page).locator(".waiting")).to_be_visible()
    (frame,) = [each for each in page.frames if "/widget/" in each.url]
    moving = partial(frame.evaluate, "document.getAnimations().length")
    wanted: tuple[tuple[Literal["no-preference", "reduce"], int], ...] = (("no-preference", 3), ("reduce", 0))
    for motion, animations in wanted:
        await page.emulate_media(reduced_motion=motion)
        await eventually(moving, animations.__eq__)
    assert await page.evaluate(_MOVES) == []
    await request.continue_()
    await expect(chat(page).locator(".actions")).to_have_count(1)


async def test_a_sandboxed_page_keeps_the_button_and_the_console_says_why(
    shop: Shop, context: BrowserContext, watch: Watch
) -> None:
    watch.expect("frame-ancestors|ERR_BLOCKED|X-Frame-Options")
    page = await context.new_page()
    await page.goto(f"{shop.address}/sandboxed.html")
    preview, shown = page.frame_locator("[name=preview]"), page.frame_locator("[name=shown]")
    async with page.expect_console_message(lambda message: message.text.startswith("OneAI: ")) as said:
        await preview.get_by_role("button", name="Open chat").click()
    assert "sandbox" in (await said.value).text
    await expect(preview.get_by_role("button", name="Open chat")).to_have_attribute("aria-expanded", "false")
    # A sandbox that leaves the website its origin shows the chat.
    await shown.get_by_role("button", name="Open chat").click()
    await expect(await ask(shown.frame_locator("iframe"), "Here?")).to_contain_text("Here?")
