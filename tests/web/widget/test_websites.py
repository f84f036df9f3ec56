"""The widget on websites that make it hard: policies, isolation, old pages, routers, advertisements."""

import re
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Frame, Page, expect

from tests.chatbots.test_avatars import address as address_of
from tests.chatbots.test_avatars import png
from tests.patience import eventually
from tests.web import axe
from tests.web.chromium import Watch, becomes
from tests.web.conftest import OpenContext
from tests.web.widget.conftest import Shop, ask, chat, launcher

_ROUTERS = ("body", "page", "morph", "write")
# The stand-in for a model repeats what it is asked.
_HOSTILE = "<b onload=x> ![1](https://evil.example/1.png) [2](javascript:x)"
# What a website must not notice: how its own elements look, what it can scroll, what is global.
_OF_THE_WEBSITE = """() => JSON.stringify([
  ...[document.documentElement, document.body, ...document.querySelectorAll("body *")].slice(0, 12).map((each) => {
    const { display, position, overflow, color, font, width, height } = getComputedStyle(each);
    return [each.tagName, display, position, overflow, color, font, width, height];
  }), document.body.inert, document.documentElement.scrollHeight,
])"""


async def test_a_visitor_is_answered_on_websites_with_every_kind_of_obstacle(
    shop: Shop, context: BrowserContext
) -> None:
    page = await context.new_page()
    for name in ("strict", "isolated", "quirks", "no_storage", "blocked_names"):
        await page.goto(f"{shop.address}/{name}.html")
        await expect(launcher(page)).to_have_count(1)
        before = await page.evaluate(_OF_THE_WEBSITE)
        await launcher(page).click()
        await expect(chat(page).get_by_role("textbox", name="Your message")).to_be_focused()
        answer = await ask(chat(page), f"What is **{name}**? {_HOSTILE}")
        await expect(answer).to_contain_text(f"What is {name}? <b onload=x>")
        assert await answer.locator("a").evaluate_all("links => links.map(({ href }) => href)") == [
            "https://evil.example/1.png",
        ]
        await page.keyboard.press("Escape")
        await expect(launcher(page)).to_be_focused()
        box = await launcher(page).bounding_box()
        assert box is not None
        assert (box["x"] + box["width"], box["y"] + box["height"]) == (1260, 780), name
        assert await page.evaluate(_OF_THE_WEBSITE) == before, name


async def test_a_chat_in_the_text_takes_no_focus_and_works_under_attack(
    shop: Shop, context: BrowserContext, watch: Watch
) -> None:
    watch.refused(403)
    await shop.change(proof_of_work="always")
    page = await context.new_page()
    await page.goto(f"{shop.address}/inline.html")
    field = chat(page).get_by_role("textbox", name="Your message")
    await expect(field).to_have_count(1)
    frame = page.locator("[data-oneai-chat] iframe")
    assert await frame.evaluate("each => [each.clientHeight, scrollY, document.activeElement.tagName]") == [
        *(640, 0, "INPUT"),
    ]
    await expect(page.get_by_role("button")).to_have_count(0)
    async with page.expect_response(lambda each: each.url.endswith("/sessions") and each.status == 201):
        await expect(await ask(chat(page), "Here?")).to_contain_text("Here?")
    await page.keyboard.press("Escape")
    await expect(field).to_be_visible()
    # A router writes the text again: the same chat comes back, at the height of its new place.
    await page.evaluate("document.querySelector('div').outerHTML = '<div id=tall data-oneai-chat></div>'")
    await expect(chat(page).get_by_text("Here?").first).to_be_visible()
    assert await frame.evaluate("each => each.clientHeight") == 300


async def test_the_console_names_what_a_website_lacks(shop: Shop, context: BrowserContext, watch: Watch) -> None:
    watch.expect("Content Security Policy|ERR_BLOCKED")
    page = await context.new_page()
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.text.startswith("OneAI: "):
            said.append(message.text)

    page.on("console", listen)
    await page.goto(f"{shop.address}/no_frame.html")
    await launcher(page).hover()
    await expect(launcher(page)).to_have_count(0)
    assert said == [f'OneAI: the page\'s Content-Security-Policy lacks "frame-src {shop.widget}".']

    await shop.change(domains=["https://shop.example"])
    await page.goto(f"{shop.address}/plain.html")
    async with page.expect_console_message(lambda message: "the chatbot's domains" in message.text):
        await launcher(page).click()
    await expect(launcher(page)).to_have_attribute("aria-expanded", "false")


async def test_routers_keep_one_widget_and_foreign_messages_change_nothing(shop: Shop, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(f"{shop.address}/router.html")
    for router in _ROUTERS:
        await expect(launcher(page)).to_have_count(1)
        await page.evaluate(f"routers.{router}()")
    await expect(launcher(page)).to_have_count(1)
    await launcher(page).click()
    await expect(await ask(chat(page), "Still there?")).to_contain_text("Still there?")

    await page.goto(f"{shop.address}/queue.html")
    await becomes(page, "heard.includes('ready')")
    field = chat(page).get_by_role("textbox", name="आपका संदेश")
    await expect(field).to_be_focused()
    await field.fill("नमस्ते")
    await field.press("Enter")
    await becomes(page, "heard.includes('message_received')")
    assert await page.evaluate("heard") == ["open", "ready", "message_sent", "message_received"]
    assert await page.evaluate("OneAI.toggle(), OneAI.close(), heard.at(-1)") == "close"


async def test_the_button_is_out_of_reach_of_scripts_and_works_with_the_keyboard_alone(
    shop: Shop, open_context: OpenContext
) -> None:
    page = await (await open_context(viewport={"width": 320, "height": 600})).new_page()
    await page.goto(f"{shop.address}/plain.html")
    await becomes(page, "document.documentElement.lastElementChild.tagName === 'DIV'")
    assert await page.evaluate("document.documentElement.lastElementChild.shadowRoot") is None
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    (frame,) = await eventually(lambda: _frames(page), lambda found: len(found) == 1)
    field = frame.get_by_role("textbox", name="Your message")
    await expect(field).to_be_focused()
    assert await frame.evaluate("[innerWidth, innerHeight]") == [320, 600]
    assert await page.evaluate("[document.body.inert, getComputedStyle(document.documentElement).overflow]") == [
        *(True, "hidden"),
    ]
    await page.keyboard.press("Escape")
    await becomes(page, "!document.body.inert && getComputedStyle(document.documentElement).overflow === 'visible'")


async def test_the_page_of_its_own_needs_its_switch_and_can_be_read_in_every_colour(
    shop: Shop, context: BrowserContext, watch: Watch
) -> None:
    watch.refused(404)
    page = await context.new_page()
    address = f"{shop.widget}/chat/{shop.chatbot['public_id']}"
    missing = await page.goto(address)
    assert missing is not None
    assert missing.status == 404
    shown: dict[str, Any] = {
        "title": "<b>Ask</b><img src=x onerror=alert(1)>",
        "greeting": "**Hello** </p><script>alert(1)</script>",
    }
    await shop.change(public_page=True, placeholder='"><b>Ask</b>', avatar=address_of(png(64, 64)), **shown)
    found = await page.goto(f"{address}?again")
    assert found is not None
    assert found.headers["x-robots-tag"] == "noindex"
    assert re.search("frame-ancestors 'none'", found.headers["content-security-policy"])
    await expect(page.get_by_text("An individual", exact=True)).to_be_visible()
    for text in shown.values():
        await expect(page.get_by_text(text, exact=True)).to_be_visible()
    await expect(await ask(page, "Who are you?")).to_contain_text("Who are you?")
    assert await page.get_by_role("textbox").get_attribute("placeholder") == '"><b>Ask</b>'
    await becomes(page, "document.querySelector('header img').naturalWidth === 64")
    await page.get_by_role("button", name="More").click()
    await axe.check(page)
    await page.emulate_media(color_scheme="dark")
    await axe.check(page)
    await page.emulate_media(forced_colors="active")
    await axe.check(page)


async def test_a_visitor_leaves_a_message_where_nothing_was_found(shop: Shop, context: BrowserContext) -> None:
    await shop.change({"mode": "documents_only"}, public_page=True, form={"name": "required"})
    page = await context.new_page()
    await page.goto(f"{shop.widget}/chat/{shop.chatbot['public_id']}")
    await page.get_by_label("Name").fill("Asha")
    await page.get_by_role("button", name="Start").click()
    await expect(await ask(page, "When do you open?")).to_contain_text("I found no answer")
    leave = page.get_by_role("button", name="Leave a message")
    await leave.click()
    # The name from the first form is already there.
    await expect(page.get_by_label("Name (optional)")).to_be_focused()
    await expect(page.get_by_label("Name (optional)")).to_have_value("Asha")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
    await leave.click()
    await page.get_by_label("Email").fill("asha@example.com")
    await page.get_by_label("Message (optional)").fill("Please call")
    await leave.click()
    await expect(page.get_by_text("Thank you. We will write to you.").first).to_be_visible()
    await expect(leave).to_have_count(0)
    async with shop.user.client() as client:
        leads = (await client.get(f"/api/chatbots/{shop.chatbot['id']}/leads")).raise_for_status().json()
    assert [(each["name"], each["email"], each["message"]) for each in leads["items"]] == [
        ("Asha", "asha@example.com", "Please call"),
    ]
    # The chat goes on.
    await expect(await ask(page, "Are you there?")).to_contain_text("I found no answer")


async def _frames(page: Page) -> list[Frame]:
    return [each for each in page.frames if "/widget/" in each.url]
