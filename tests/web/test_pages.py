"""Every page opens under the headers of its deployment: no broken policy, no error, no request to others."""

import re

import pytest
from playwright.async_api import Page

from local.web import routes
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import Person

EXAMPLES = {"token": "a-token-of-nothing", "id": "00000000-0000-4000-8000-000000000000"}


def address_of(page: str) -> str:
    """A page's address with an example for each parameter; optional ones are left out."""
    without = re.sub(r"/\[\[[^\]]*\]\]|/\[\.\.\.[^\]]*\]", "", page) or "/"
    return re.sub(r"\[(\w+)(?:=\w+)?\]", lambda match: EXAMPLES.get(match[1], "example"), without)


@pytest.mark.parametrize("address", sorted({address_of(page) for page in routes.pages()}))
async def test_a_page_keeps_its_policy_for_people_and_for_visitors(
    open_context: OpenContext, person: Person, watch: Watch, address: str
) -> None:
    for storage in (None, person.storage()):
        page = await (await open_context(storage)).new_page()
        watch.refused(404)  # of what the example does not name
        response = await page.goto(address)
        await page.wait_for_load_state("networkidle")

        assert response is not None
        assert response.status == 200
        assert "require-trusted-types-for" in response.headers["content-security-policy"]
        assert await page.locator("meta[http-equiv=content-security-policy]").count() == 1


async def test_a_script_that_no_page_names_does_not_run(visitor: Page, watch: Watch) -> None:
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
