"""A chatbot on websites of other origins."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.local.running import Stack
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User
from tests.web.widget.websites import websites

# Playwright finds nothing in closed shadow roots, so they are open here. One test visits a page without this.
OPEN_ROOTS = """{
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) { return attach.call(this, { ...options, mode: "open" }); };
}"""


@dataclass
class Shop:
    """A published chatbot and the websites that show it."""

    user: User
    address: str
    """Of the websites."""
    widget: str
    """The widget's origin."""
    chatbot: dict[str, Any]

    async def change(self, knowledge: dict[str, Any] | None = None, model: str | None = None, **widget: Any) -> None:
        """Changes fields of the widget, what it answers from and its model, and publishes them."""
        changes: dict[str, Any] = {"widget": widget, "knowledge": knowledge, "model": model}
        changes = {name: value for name, value in changes.items() if value is not None}
        async with self.user.client() as client:
            (await client.patch(self._path, json=changes)).raise_for_status()
            (await client.post(f"{self._path}/publish")).raise_for_status()

    async def conversations(self) -> list[dict[str, Any]]:
        """What the owner reads of its visitors' conversations, newest first, each with its messages in `items`."""
        async with self.user.client() as client:
            path = f"{self._path}/conversations"
            listed = (await client.get(path)).raise_for_status().json()["items"]
            return [(await client.get(f"{path}/{each['id']}")).raise_for_status().json() for each in listed]

    @property
    def _path(self) -> str:
        return f"/api/chatbots/{self.chatbot['id']}"


@pytest.fixture
async def shop(stack: Stack, user: User, watch: Watch) -> AsyncIterator[Shop]:
    """A shop with a chatbot, on whose websites it is allowed."""
    watch.expect(r"foreign request: \w+ http://(localhost|127\.0\.0\.1):")
    widget = stack.url.replace("127.0.0.1", "localhost")
    new = {
        "name": "Help",
        "model": "openai/gpt-4.1-mini",
        # The stand-in for a model repeats the question if it needs no documents.
        "knowledge": {"mode": "general"},
        "widget": {"title": "Ask the shop", "greeting": "Hello!"},
    }
    async with user.client() as client:
        made = (await client.post("/api/chatbots", json=new)).raise_for_status().json()
    async with websites(widget, made["public_id"]) as address:
        shop = Shop(user, address, widget, made)
        await shop.change(domains=[address], languages=["en", "hi", "id"])
        yield shop


@pytest.fixture
async def context(open_context: OpenContext) -> BrowserContext:
    """A visitor's browser."""
    made = await open_context(locale="en-IN")
    await made.add_init_script(OPEN_ROOTS)
    return made


def launcher(page: Page) -> Locator:
    """The widget's button."""
    return page.get_by_role("button", name="Open chat")


def chat(page: Page) -> FrameLocator:
    """The chat in its frame."""
    return page.frame_locator("iframe[src*='/widget/']")


async def ask(place: FrameLocator | Page, question: str) -> Locator:
    """Asks, and returns the whole answer. Earlier turns may still be loading, so the answer is the one below its
    question."""
    field = place.get_by_role("textbox", name="Your message")
    await field.fill(question)
    await field.press("Enter")
    asked = place.locator(".turn.visitor").filter(has_text=question)
    answers = asked.locator("xpath=following-sibling::*").filter(has=place.locator(".actions"))
    await expect(answers).to_have_count(1)
    return answers
