"""The browser tests' fixtures: one Chromium and one stack per worker, a new user and a new context per test."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any, Protocol

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, StorageState, async_playwright, expect

from local.data_folder import REPOSITORY
from local.web.build import build
from tests.local.running import Stack, running
from tests.patience import PATIENCE, eventually
from tests.web import chromium, people
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.people import User

# Milliseconds. Never needed in full: what takes this long has failed, however busy the machine is.
_PATIENCE_MS = 60_000
_SCREENSHOTS = REPOSITORY / ".data" / "failed-pages"
_OUTCOME = pytest.StashKey[pytest.CallInfo[None]]()
# People in tests ask faster than people do; those about rates have a stack of their own.
_RATES = ",".join(f"{name}=1000000/1000000" for name in ("asking", "search", "other", "public", "sign_in"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begins with the journey, which takes longest and would end alone. Leaves the browser out by hand (`BROWSER=0`),
    and only then."""
    items.sort(key=lambda item: item.path.name != "test_journey.py")
    if os.environ.get("BROWSER") != "0":
        return
    left_out = [item for item in items if "browser" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Lets a context know whether its test failed."""
    if call.when == "call":
        item.stash[_OUTCOME] = call
    return (yield)


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The worker's Chromium."""
    expect.set_options(timeout=_PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await chromium.launch(playwright.chromium)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The worker's stack, as `make dev` starts it, with the web app built."""
    build()
    # Behind a firewall, whose header says where a visitor is.
    with running(also={"RATE_LIMITS": _RATES, "FIREWALL_REQUESTS_PER_MINUTE": "1000000"}) as stack:
        asyncio.run(_answers(stack.url))
        yield stack


async def _answers(url: str) -> None:
    """Waits for the first catalogue and the first connection to Postgres: while other stacks start beside it, a stack
    may be busy, which is no page's subject."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
        for path in ("/api/chat/models", "/api/health?deep=true"):
            await eventually(partial(client.get, path), lambda answer: answer.status_code == 200)


@pytest.fixture
def clock(stack: Stack) -> Clock:
    """The stack's clock."""
    return Clock(stack.url)


@pytest.fixture
async def user(stack: Stack) -> User:
    """A new user on the free plan."""
    return await people.newcomer(stack.url)


@pytest.fixture
def newcomer(stack: Stack) -> Callable[[], Awaitable[User]]:
    """Signs further people up: `await newcomer()`."""
    return lambda: people.newcomer(stack.url)


@pytest.fixture
def watch(stack: Stack) -> Watch:
    """What the test's pages did wrong; `watch.expect(pattern)` names what is the test's subject."""
    return Watch(stack.url, stack.data / "log" / "gateway.log")


async def new_context(
    browser: Browser, stack: Stack, storage: StorageState | None = None, **options: Any
) -> BrowserContext:
    """A browser of its own, at the stack's pages. See Playwright's `new_context` for `options`."""
    size = {"width": 1280, "height": 800}
    defaults: dict[str, Any] = {"base_url": stack.url, "locale": "en-IN", "viewport": size}
    # What installs itself beside each page, and what moves, costs each test time; `test_offline.py` is about it.
    defaults |= {"service_workers": "block", "reduced_motion": "reduce"}
    context = await browser.new_context(storage_state=storage, **(defaults | options))
    context.set_default_timeout(_PATIENCE_MS)
    return context


class OpenContext(Protocol):
    """Opens a browser of its own, as a second device is. See Playwright's `new_context` for `options`."""

    async def __call__(self, storage: StorageState | None = None, **options: Any) -> BrowserContext: ...


@pytest.fixture
async def open_context(
    browser: Browser, stack: Stack, watch: Watch, request: pytest.FixtureRequest
) -> AsyncIterator[OpenContext]:
    """Makes contexts that are watched, and closed after the test."""
    opened: list[BrowserContext] = []

    async def open_one(storage: StorageState | None = None, **options: Any) -> BrowserContext:
        context = await new_context(browser, stack, storage, **options)
        watch.attach(context)
        opened.append(context)
        return context

    yield open_one
    await photograph_failure(request, opened)
    for context in opened:
        await context.close()
    watch.check()


@pytest.fixture
async def visitor(open_context: OpenContext) -> Page:
    """A page of a visitor who has not signed in."""
    return await (await open_context()).new_page()


@pytest.fixture
async def page(open_context: OpenContext, user: User) -> Page:
    """A page of `user`, who is signed in."""
    return await (await open_context(user.storage())).new_page()


async def photograph_failure(request: pytest.FixtureRequest, contexts: list[BrowserContext]) -> None:
    """Keeps a picture of each page if the test has failed."""
    outcome = request.node.stash.get(_OUTCOME, None)
    if outcome is None or outcome.excinfo is None:
        return
    name = request.node.nodeid
    _SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(page for context in contexts for page in context.pages):
        file = _SCREENSHOTS / f"{re.sub(r'\W+', '-', name)[-120:]}-{number}.png"
        await page.screenshot(path=file)
        print(f"The page when the test failed, at {page.url}: {file}")
