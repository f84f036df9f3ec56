"""Every page, for people and for visitors: its policy holds, nothing fails, and assistive technology can read it."""

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from local.web import routes
from tests import effort
from tests.web import appearances, axe
from tests.web.appearances import Appearance
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User, storage

_EXAMPLES = {"token": "a-token-of-nothing", "id": "00000000-0000-4000-8000-000000000000", "plan": "pro"}
_BY_PAGE = {
    "/blog/[slug]": "/blog/counting-to-the-cent",
    "/docs/[slug]": "/docs/first-steps",
    "/docs/api/[tag]": "/docs/api/sharing",
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


def readers(address: str) -> list[bool]:
    """Who opens the page, signed in or not: both in `make test-all`; otherwise people what is theirs, and one of both,
    by the seed, what is public."""
    if effort.ALL:
        return [True, False]
    return [address in FOR_PEOPLE or effort.rng(f"reader of {address}").random() < 0.5]


VISITS = [
    Visit(address, appearance, signed_in)
    for address in sorted({address_of(page) for page in routes.pages()})
    for appearance in appearances.drawn(address)
    for signed_in in readers(address)
]


@pytest.mark.parametrize("visit", VISITS, ids=str)
async def test_a_page_has_no_errors_and_is_accessible(
    open_context: OpenContext, user: User, watch: Watch, visit: Visit
) -> None:
    entries = {f"oneai.{name}": value for name, value in visit.appearance.entries.items()}
    stored = user.storage(**visit.appearance.entries) if visit.signed_in else storage(user.stack_url, entries)
    page = await (await open_context(stored, **visit.appearance.options)).new_page()
    watch.refused(404)  # of what the example does not name

    response = await page.goto(visit.address)
    await page.wait_for_load_state("networkidle")

    assert response is not None
    assert response.status == 200
    assert "require-trusted-types-for" in response.headers["content-security-policy"]
    assert await page.locator("meta[http-equiv=content-security-policy]").count() == 1
    await axe.check(page)
    await page.set_viewport_size({"width": NARROW, "height": 640})
    assert await page.evaluate(WIDEST) <= NARROW, "it scrolls sideways at 320 px"


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
