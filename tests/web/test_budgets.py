"""How much a page loads before its user does anything, compressed as by CloudFront."""

import asyncio
import gzip
from urllib.parse import urlsplit

from playwright.async_api import Page, Route, expect

from local.web.build import FOLDER
from tests.web import chat
from tests.web.chromium import becomes

KB = 1000
# A page waits for a slow line once for every file that six connections cannot fetch together.
FILES = 25
PUBLIC = 60 * KB
CHAT = 150 * KB
STYLES = 20 * KB
WORKER = 200 * KB
# What every page of a website loads that has the chat.
LOADER = 5 * KB
# What it loads when a visitor wants the chat.
WIDGET = 45 * KB
# A route that the administration's code alone asks for.
ADMIN = "/api/admin/overview"


class Loaded:
    """The bytes of the scripts and styles that a page has asked for until it is idle, workers apart."""

    def __init__(self, page: Page) -> None:
        self.scripts: dict[str, int] = {}
        self.styles: dict[str, int] = {}
        page.on("request", lambda request: self._add(request.url, request.resource_type))

    def _add(self, url: str, kind: str) -> None:
        path = urlsplit(url).path
        sizes = {"script": self.scripts, "stylesheet": self.styles}.get(kind)
        file = FOLDER / path.lstrip("/")
        if sizes is None or "worker" in file.name or not file.is_file():
            return
        sizes[path] = len(gzip.compress(file.read_bytes(), 9))

    @property
    def code(self) -> str:
        """All scripts, one after the other."""
        return "\n".join((FOLDER / path.lstrip("/")).read_text() for path in self.scripts)

    def check(self, address: str, limit: int) -> None:
        """Fails, and lists the files, where there are more scripts than `limit` bytes, or too many styles."""
        assert self.scripts
        print(address, in_words(self.scripts), in_words(self.styles), sep="\n")
        assert sum(self.scripts.values()) <= limit, in_words(self.scripts)
        assert sum(self.styles.values()) <= STYLES, in_words(self.styles)
        assert len(self.scripts) <= FILES, in_words(self.scripts)


def in_words(sizes: dict[str, int]) -> str:
    """The sizes, largest first, as a failed test shows them."""
    lines = [f"{size:7} {path}" for path, size in sorted(sizes.items(), key=lambda each: -each[1])]
    return "\n".join([f"{sum(sizes.values())} bytes compressed:", *lines])


async def test_the_landing_page_is_within_its_size_budget(visitor: Page) -> None:
    loaded = Loaded(visitor)
    await visitor.goto("/")
    await visitor.wait_for_load_state("networkidle")

    loaded.check("/", PUBLIC)
    assert "signInWithPassword" not in loaded.code, "it loads a client of Supabase"
    assert ADMIN not in loaded.code, "it loads pages of the administration"


async def test_the_chat_and_its_first_answer_are_within_their_size_budget(page: Page) -> None:
    loaded = Loaded(page)
    await page.goto("/c")
    await page.wait_for_load_state("networkidle")
    loaded.check("/c", CHAT)

    await chat.begin(page, "What does **this** weigh?")
    await expect(chat.answers(page).locator(".markdown[data-state=complete]")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    loaded.check("/c/[id]", CHAT)
    assert "signInWithPassword" not in loaded.code, "a token that has not ended needs no client of Supabase"
    assert ADMIN not in loaded.code, "it loads pages of the administration"


async def test_the_frame_of_the_app_is_painted_before_its_scripts_arrive(page: Page, visitor: Page) -> None:
    arrived = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrived.wait()
        await route.continue_()

    await page.route("**/_app/immutable/**/*.js", hold)
    await page.goto("/c", wait_until="commit")
    await expect(page.locator("#frame svg").last).to_be_visible()
    await becomes(page, "performance.getEntriesByName('first-contentful-paint').length === 1")
    preloaded = await page.locator("link[rel=modulepreload]").count()
    arrived.set()
    await expect(page.get_by_role("textbox", name="Message")).to_be_editable()
    await expect(page.locator("#frame")).to_have_count(0)
    assert preloaded > 10

    await visitor.goto("/c", wait_until="commit")
    await expect(visitor.get_by_label("Email")).to_be_visible()


def test_a_worker_and_its_dependencies_are_within_their_size_budget() -> None:
    workers = [*FOLDER.glob("_app/immutable/workers/**/*.js")]
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in workers}

    assert sizes
    assert sum(sizes.values()) <= WORKER, in_words(sizes)


def test_the_script_for_websites_and_the_chat_are_within_their_size_budgets() -> None:
    names = ("widget.js", "widget-frame.js", "widget-markdown.js")
    script, chat, markdown = (len(gzip.compress((FOLDER / name).read_bytes(), 9)) for name in names)

    assert 1 * KB < script <= LOADER, script
    assert min(chat, markdown) > 1 * KB
    assert chat + markdown <= WIDGET, (chat, markdown)
