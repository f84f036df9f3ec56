"""The documentation's pages: read, searched by keyboard, rated; on a phone, in the dark, on paper, in Hindi."""

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from local import docs_index
from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe
from tests.web.conftest import OpenContext
from tests.web.people import storage

pytestmark = pytest.mark.sampled(0.4)


def searchbox(page: Page) -> Any:
    """The box above the pages."""
    return page.get_by_role("searchbox", name="Search the documentation")


async def test_every_searchable_section_is_on_its_built_page(stack: Stack) -> None:
    sections = docs_index.build().sections
    async with httpx.AsyncClient(base_url=stack.url, headers={"accept": "text/html"}) as client:
        for slug in dict.fromkeys(section.slug for section in sections):
            answer = await client.get(f"/docs/{slug}")
            assert answer.status_code == 200, slug
            ids = set(re.findall(r'<h[23] [^>]*id="([^"]+)"', answer.text))
            wanted = {section.anchor for section in sections if section.slug == slug and section.anchor}
            assert wanted <= ids, slug
            assert "<title>" in answer.text


async def test_a_typed_query_is_found_and_opened_by_keyboard(visitor: Page) -> None:
    await visitor.goto("/docs")

    async def pressed() -> bool:
        await visitor.keyboard.press("/")
        return bool(await searchbox(visitor).evaluate("box => box === document.activeElement"))

    await eventually(pressed)  # the page was built with its box, and listens when its script has come
    await searchbox(visitor).fill("")
    await visitor.keyboard.type("refnud")
    await expect(visitor.get_by_role("link", name="Refunds").first).to_be_visible()
    await expect(visitor.get_by_role("search").get_by_role("button", name="refund", exact=False).first).to_be_visible()
    await axe.check(visitor)

    await searchbox(visitor).fill("gstin")
    first = visitor.get_by_role("search").get_by_role("link").first
    await expect(first).to_contain_text("Billing details")
    await visitor.keyboard.press("ArrowDown")
    await expect(first).to_be_focused()
    await visitor.keyboard.press("ArrowUp")
    await visitor.keyboard.press("Enter")

    await visitor.wait_for_url("**/docs/billing#billing-details")
    await expect(visitor.get_by_role("heading", name="Billing details")).to_be_in_viewport()
    await expect(searchbox(visitor)).to_have_value("")


async def test_a_suggestion_is_searched_and_escape_empties_the_box(visitor: Page) -> None:
    await visitor.goto("/docs/quotas")
    await searchbox(visitor).fill("qoutas")
    await visitor.get_by_role("search").get_by_role("button", name="quotas").click()
    await expect(searchbox(visitor)).to_have_value("quotas")

    await visitor.keyboard.press("Escape")
    await expect(searchbox(visitor)).to_have_value("")
    await expect(visitor.get_by_role("search").get_by_role("link")).to_have_count(0)


async def test_a_search_without_results_says_so_and_is_reported_by_its_words(visitor: Page) -> None:
    await visitor.goto("/docs")
    async with visitor.expect_response("**/api/docs/feedback") as reported:
        await searchbox(visitor).fill("zeppelin kubernetes")
        await expect(visitor.get_by_role("search").get_by_text("No results for").first).to_be_visible()
    response = await reported.value

    assert response.status == 204
    assert json.loads(response.request.post_data or "") == {"query": "zeppelin kubernetes"}
    await axe.check(visitor)


@pytest.mark.exhaustive
async def test_a_failing_search_says_so_and_can_be_repeated(visitor: Page, watch: Any) -> None:
    watch.refused(503)

    async def fail(route: Route) -> None:
        await route.fulfill(status=503, json={"error": {"code": "busy", "message": "Busy."}, "request_id": "r"})

    await visitor.route("**/api/docs/search*", fail)
    await visitor.goto("/docs")
    await searchbox(visitor).fill("refund")
    await expect(visitor.get_by_role("search").get_by_role("alert")).to_be_visible()

    await visitor.unroute("**/api/docs/search*")
    await visitor.get_by_role("search").get_by_role("button", name="Try again").click()
    await expect(visitor.get_by_role("search").get_by_role("link").first).to_be_visible()


async def test_a_page_links_to_its_neighbours_and_its_own_headings(visitor: Page) -> None:
    await visitor.goto("/docs/models")
    pages = visitor.get_by_role("navigation", name="Pages").first
    await expect(pages.get_by_role("link", name="Models", exact=True)).to_have_attribute("aria-current", "page")
    await visitor.get_by_role("navigation", name="On this page").get_by_role("link", name="Models that think").click()
    await visitor.wait_for_url("**/docs/models#models-that-think")

    neighbours = visitor.get_by_role("navigation", name="Previous, Next")
    await expect(neighbours.get_by_role("link").first).to_contain_text("First steps")
    await neighbours.get_by_role("link").last.click()
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("Edits and versions")


async def test_whether_a_page_helped_is_sent_with_a_note(visitor: Page) -> None:
    await visitor.goto("/docs/quotas")
    question = visitor.get_by_role("region", name="Was this page helpful?")
    await question.get_by_role("button", name="No").click()
    await question.get_by_role("textbox").fill("What is a window?")
    async with visitor.expect_request("**/api/docs/feedback") as sent:
        await question.get_by_role("button", name="Send").click()

    assert (await sent.value).post_data_json == {"slug": "quotas", "helpful": False, "note": "What is a window?"}
    await expect(question.get_by_role("status")).to_have_text("Thank you.")
    await visitor.get_by_role("navigation", name="Previous, Next").get_by_role("link").last.click()
    await expect(question.get_by_role("button", name="Yes")).to_be_visible()


async def test_a_button_takes_a_click_only_when_its_code_runs(visitor: Page) -> None:
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await visitor.route(
        "**/*.js", lambda route: route.continue_() if "appearance" in route.request.url else hold(route)
    )
    await visitor.goto("/docs/quotas", wait_until="commit")
    question = visitor.get_by_role("region", name="Was this page helpful?")
    no = question.get_by_role("button", name="No")
    await expect(no).to_have_css("pointer-events", "none")

    clicking = asyncio.create_task(no.click())
    released.set()
    await clicking
    await expect(question.get_by_role("textbox")).to_be_visible()


async def test_the_reference_lists_every_route_with_a_link(visitor: Page) -> None:
    document = json.loads(docs_index.OPENAPI.read_text())
    routes = [(method, path) for path, methods in document["paths"].items() for method in methods]
    await visitor.goto("/docs/api")
    await expect(visitor.get_by_role("article").get_by_role("listitem")).to_have_count(len(routes))

    await visitor.get_by_role("link", name="Share a conversation", exact=True).click()
    await visitor.wait_for_url("**/docs/api/sharing#share-conversation")
    await expect(visitor.get_by_role("article")).to_contain_text("/api/conversations/{id}/share")
    await visitor.get_by_role("link", name="NewShare").first.click()
    await visitor.wait_for_url("**/docs/api/sharing#object-NewShare")
    await axe.check(visitor)


@pytest.mark.sampled(0.2)
@pytest.mark.parametrize("address", ["/docs", "/docs/plans", "/docs/programs", "/docs/api", "/docs/api/conversations"])
async def test_a_page_fits_a_phone_in_dark_mode(open_context: OpenContext, stack: Stack, address: str) -> None:
    stored = storage(stack.url, {"oneai.theme": "dark"})
    phone = await (await open_context(stored, viewport={"width": 360, "height": 740})).new_page()
    await phone.goto(address)

    await expect(phone.locator("html")).to_have_attribute("data-theme", "dark")
    assert await phone.evaluate("document.documentElement.scrollWidth") <= 360
    await axe.check(phone)


async def test_only_the_text_is_printed(visitor: Page) -> None:
    await visitor.goto("/docs/plans")
    await visitor.emulate_media(media="print")

    await expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    await expect(visitor.get_by_role("table").first).to_be_visible()
    for hidden in (visitor.get_by_role("search"), visitor.get_by_role("contentinfo")):
        await expect(hidden).to_have_count(0)
    await expect(visitor.get_by_role("navigation", name="Pages")).to_have_count(0)


async def test_a_reader_in_hindi_has_the_guide_and_its_search_in_hindi(open_context: OpenContext, stack: Stack) -> None:
    page = await (await open_context(storage(stack.url, {"oneai.language": "hi"}))).new_page()
    await page.goto("/docs/quotas#held-and-used")

    title = page.get_by_role("heading", level=1)
    await expect(title).to_have_text("कोटा")
    await expect(title).to_have_attribute("lang", "hi")
    await expect(page.locator("h2#held-and-used")).to_contain_text("रोका हुआ और इस्तेमाल हुआ")
    await expect(page.locator("h2#held-and-used")).to_be_in_viewport()
    await expect(page.get_by_role("link", name="अगला प्लान")).to_have_attribute("href", "/docs/plans")
    await axe.check(page)

    await page.get_by_role("searchbox", name="गाइड में खोजें").fill("वापसी")
    await page.get_by_role("search").get_by_role("link").first.click()
    await page.wait_for_url("**/docs/billing#refunds")
    await expect(title).to_have_text("बिलिंग")

    await page.goto("/docs/api/sharing")
    await expect(page.get_by_text("API संदर्भ अंग्रेज़ी में है।")).to_be_visible()
    await expect(title).to_have_attribute("lang", "en")


async def test_the_old_address_redirects_to_the_first_steps(visitor: Page) -> None:
    await visitor.goto("/docs/getting-started")

    await visitor.wait_for_url("**/docs/first-steps")
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("First steps")
