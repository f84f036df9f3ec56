"""The app as a thing that is installed: it opens without a network, forgets at sign-out, and follows deployments."""

import json
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)

_KEPT = """async () => {
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("oneai");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const table = database.transaction("kept").objectStore("kept");
  const keys = await new Promise((resolve) => {
    const asking = table.getAllKeys();
    asking.onsuccess = () => resolve(asking.result);
  });
  database.close();
  return keys.map(([person, key]) => key);
}"""
_CACHED = """async () => {
  const names = await caches.keys();
  const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return lists.flat().map((request) => new URL(request.url).pathname);
}"""

_LOADED = """() => performance.getEntriesByType("resource").map(({ name }) => new URL(name))
  .filter(({ origin, pathname }) => origin === location.origin && pathname.startsWith("/_app/immutable/"))
  .map(({ pathname }) => pathname)"""


@pytest.fixture
async def page(open_context: OpenContext, user: User) -> Page:
    """A page of `user`, whose browser installs the service worker."""
    return await (await open_context(user.storage(), service_workers="allow")).new_page()


async def ask(user: User, question: str) -> str:
    """Asks by the API; the conversation's id."""
    async with user.client() as client:
        answer = await client.post("/api/chat/stream", json={"message": question})
    start = next(line for line in answer.text.splitlines() if line.startswith("data: "))
    return str(json.loads(start.removeprefix("data: "))["conversation_id"])


async def ready_for_offline(page: Page) -> None:
    """Waits until the service worker has kept the app, and the page what was read."""
    await page.wait_for_load_state("networkidle")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    async def missing() -> set[str]:
        # Kit begins with the nodes 0 and 1, the layout and the error page, for any address.
        cached = set(await page.evaluate(_CACHED))
        nodes = {path.rpartition("/")[2].partition(".")[0] for path in cached if "/nodes/" in path}
        return (set(await page.evaluate(_LOADED)) - cached) | ({"0", "1"} - nodes)

    await eventually(missing, lambda paths: not paths)


async def test_a_conversation_read_last_opens_offline(page: Page, user: User, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|Failed to fetch")
    conversation = await ask(user, "What is a monsoon?")
    await page.goto(f"/c/{conversation}")
    await expect(page.get_by_text("What is a monsoon?", exact=True)).to_be_visible()
    await ready_for_offline(page)

    await page.context.set_offline(True)
    await page.reload()

    await expect(page.get_by_text("What is a monsoon?", exact=True)).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="You’re offline")).to_be_visible()
    # The notice takes its height from the page, whose foot is still seen, and the model has its name.
    await expect(page.get_by_role("combobox", name="Model", exact=True)).to_have_value("OpenAI: GPT-4.1 Mini")
    assert await page.evaluate("document.querySelector('main').getBoundingClientRect().bottom <= innerHeight")
    await page.get_by_role("textbox", name="Message").fill("And now?")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await page.context.set_offline(False)
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()


async def test_no_user_data_is_left_on_the_device_after_sign_out(page: Page, user: User) -> None:
    conversation = await ask(user, "Is this a secret?")
    await page.goto(f"/c/{conversation}")
    await expect(page.get_by_text("Is this a secret?", exact=True)).to_be_visible()
    await ready_for_offline(page)
    assert f"conversation {conversation}" in await page.evaluate(_KEPT)
    cached = await page.evaluate(_CACHED)

    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("menuitem", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()

    async def kept() -> list[str]:
        return list(await page.evaluate(_KEPT))

    await eventually(kept, lambda keys: keys == [])
    private = [path for path in cached if path.startswith(("/api", "/auth/v1", "/storage", "/c/"))]
    assert private == []


async def test_a_new_version_is_announced(page: Page) -> None:
    async def deployed(route: Route) -> None:
        await route.fulfill(json={"version": "next"})

    await page.clock.install()
    await page.route("**/_app/version.json", deployed)
    await page.goto("/c")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()

    await page.clock.fast_forward(61_000)

    await expect(page.get_by_role("status").filter(has_text="A new version")).to_be_visible()
    await expect(page.get_by_role("button", name="Reload")).to_be_visible()


async def test_an_asset_removed_by_a_deployment_reloads_the_page_once(page: Page, watch: Watch) -> None:
    watch.refused(404)
    watch.expect("MIME type|dynamically imported module|preload")
    opened: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            opened.append(request.url)

    async def removed(route: Route) -> None:
        if len(opened) > 1:  # the next page names what is there
            await route.continue_()
        else:
            await route.fulfill(status=404, body="not here")

    page.on("request", note)
    await page.goto("/c")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    await page.context.route("**/_app/immutable/**", removed)

    await page.get_by_role("button", name="Account").click()

    async def times() -> int:
        return len(opened)

    await eventually(times, lambda count: count == 2)
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    assert len(opened) == 2


async def test_the_app_can_be_installed(page: Page, stack: Stack) -> None:
    await page.goto("/c")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    devtools = await page.context.new_cdp_session(page)

    errors = (await devtools.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    manifest = await devtools.send("Page.getAppManifest")

    # Playwright's contexts are incognito, which is Chromium's only objection.
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []
    assert manifest["errors"] == []
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as client:
        icons = json.loads(manifest["data"])["icons"]
        answers = [await client.get(icon["src"]) for icon in icons]
    assert {each.status_code for each in answers} == {200}
    for icon, answer in zip(icons, answers, strict=True):
        if icon["type"] == "image/png":
            width = int.from_bytes(answer.content[16:20])
            assert f"{width}x{width}" == icon["sizes"]
    assert urlsplit(manifest["url"]).path == "/manifest.webmanifest"


async def test_a_page_missing_from_the_device_says_so_offline(page: Page, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|Failed to fetch|ERR_FAILED|dynamically imported module|preload")
    await page.goto("/c")
    await ready_for_offline(page)

    await page.context.set_offline(True)
    await page.goto("/settings/keys")

    await expect(page.get_by_role("heading", name="You’re offline")).to_be_visible()
    await page.get_by_role("link", name="Go to your chats").click()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
