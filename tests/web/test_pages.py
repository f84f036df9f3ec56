"""Every page, for people and for visitors: its policy holds, nothing fails, and assistive technology can read it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from local.web import routes
from tests import effort
from tests.local.running import Stack
from tests.web import appearances, axe, people
from tests.web.appearances import Appearance
from tests.web.chromium import Watch
from tests.web.conftest import new_context, photograph_failure

_EXAMPLES = {"token": "a-token-of-nothing", "id": "00000000-0000-4000-8000-000000000000", "plan": "pro"}
_BY_PAGE = {
    "/blog/[slug]": "/blog/counting-to-the-cent",
    "/docs/[slug]": "/docs/first-steps",
    "/docs/api/[[tag]]": "/docs/api/sharing",
    # Without a refusal it leads on to another page.
    "/auth/callback": "/auth/callback?error=access_denied&error_description=Refused",
}
NARROW = 320
# Pages of the app scroll within #content, whose width the document does not know of. Styles for the new width hold from
# the frame after the one that measures it.
WIDEST = """async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  const scrollers = [document.documentElement, document.querySelector("#content")];
  return Math.max(...scrollers.map((each) => each?.scrollWidth ?? 0));
}"""

# What a page has stored in its tab is gone; the window's name has what was stored at first.
AS_AT_FIRST = """(look) => {
  sessionStorage.clear();
  localStorage.clear();
  for (const [key, value] of Object.entries(JSON.parse(window.name))) localStorage.setItem(key, value);
  for (const [key, value] of Object.entries(look)) localStorage.setItem(`oneai.${key}`, value);
}"""


def address_of(page: str) -> str:
    """A page's address with an example for each parameter; optional ones are left out."""
    if page in _BY_PAGE:
        return _BY_PAGE[page]
    without = re.sub(r"/\[\[[^\]]*\]\]|/\[\.\.\.[^\]]*\]", "", page) or "/"
    return re.sub(r"\[(\w+)(?:=\w+)?\]", lambda match: _EXAMPLES.get(match[1], "example"), without)


@dataclass(frozen=True)
class Visit:
    """One way of opening one page."""

    address: str
    appearance: Appearance
    signed_in: bool

    def __str__(self) -> str:
        return f"{self.address}-{self.appearance}-{'person' if self.signed_in else 'visitor'}"


FOR_PEOPLE = {address_of(page) for page in routes.pages("app")}
# To users these are one page, which says that there is none; `admin/test_pages.py` visits them as an admin.
FOR_ADMINS = {address for address in FOR_PEOPLE if address.startswith("/admin")}


def readers(address: str) -> list[bool]:
    """Who opens the page, signed in or not: both in `make test-all`; otherwise people what is theirs, and one of both,
    by the seed, what is public."""
    if effort.ALL:
        return [True, False]
    return [address in FOR_PEOPLE or effort.rng(f"reader of {address}").random() < 0.5]


VISITS = [
    Visit(address, appearance, signed_in)
    for address in sorted(
        {address_of(page) for page in routes.pages()} - (set() if effort.ALL else FOR_ADMINS - {"/admin"})
    )
    for appearance in appearances.drawn(address)
    for signed_in in readers(address)
]


@pytest_asyncio.fixture(scope="module")
async def tabs(browser: Browser, stack: Stack) -> AsyncIterator[dict[bool, Page]]:
    """A tab of a user, and one of a visitor, for all pages: a new one for each page compiles the scripts again."""
    user = await people.newcomer(stack.url)
    contexts = {
        True: await new_context(browser, stack, user.storage()),
        False: await new_context(browser, stack, people.storage(stack.url, {})),
    }
    tabs = {signed_in: await context.new_page() for signed_in, context in contexts.items()}
    for tab in tabs.values():
        await tab.goto("/manifest.webmanifest")
        await tab.evaluate("() => { window.name = JSON.stringify({ ...localStorage }); }")
    yield tabs
    for context in contexts.values():
        await context.close()


@pytest.fixture
async def tab(
    tabs: dict[bool, Page], watch: Watch, visit: Visit, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """The tab of the visit, whose storage is that of the first one but for the appearance."""
    tab = tabs[visit.signed_in]
    await tab.evaluate(AS_AT_FIRST, visit.appearance.entries)
    await tab.set_viewport_size(visit.appearance.options["viewport"])
    watch.attach(tab.context)
    yield tab
    watch.detach(tab.context)
    await photograph_failure(request, [tab.context])
    watch.check()


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("visit", VISITS, ids=str)
async def test_a_page_has_no_errors_and_is_accessible(tab: Page, watch: Watch, visit: Visit) -> None:
    watch.refused(404, 410)  # of what the example does not name

    response = await tab.goto(visit.address)
    await tab.wait_for_load_state("networkidle")

    assert response is not None
    assert response.status == 200
    assert await tab.evaluate("'oneai.session' in localStorage") is visit.signed_in
    assert "require-trusted-types-for" in response.headers["content-security-policy"]
    assert await tab.locator("meta[http-equiv=content-security-policy]").count() == 1
    await axe.check(tab, "heading-order")
    await tab.set_viewport_size({"width": NARROW, "height": 640})
    assert await tab.evaluate(WIDEST) <= NARROW, "it scrolls sideways at 320 px"


async def test_an_unlisted_script_does_not_run(visitor: Page, watch: Watch) -> None:
    watch.expect("Content Security Policy|Trusted(HTML|Script)")
    await visitor.goto("/")

    ran = await visitor.evaluate(
        """() => {
          const script = document.createElement("script");
          try { script.text = "window.ran = true"; } catch { /* refused by trusted types */ }
          document.head.append(script);
          try { document.body.innerHTML = "<img src=x onerror='window.ran = true'>"; } catch { /* the same */ }
          return Boolean(window.ran);
        }"""
    )

    assert ran is False
    assert watch.problems != []
