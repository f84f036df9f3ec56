"""What visitors see: what OneAI is, what it costs, and its texts; as files that say so without a script."""

import asyncio
import re

import httpx
import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User, storage

pytestmark = pytest.mark.sampled(0.45)

PUBLIC = ["/", "/pricing", "/about", "/blog", "/docs", "/privacy", "/terms", "/status"]


@pytest.mark.parametrize("address", [*PUBLIC, "/blog/counting-to-the-cent", "/docs/quotas", "/docs/api"])
async def test_a_built_page_states_its_content_without_a_script(stack: Stack, address: str) -> None:
    async with httpx.AsyncClient(base_url=stack.url, headers={"accept": "text/html"}) as client:
        html = (await client.get(address)).raise_for_status().text
        image = re.search('<meta property="og:image" content="([^"]*)"', html)
        assert image
        assert (await client.get(image[1])).headers["content-type"] == "image/png"

    title = re.search("<title>([^<]+) · OneAI</title>", html)
    assert title
    assert re.search('<meta name="description" content="[^"]{20,}"', html)
    assert f'<meta property="og:title" content="{title[1]}"' in html
    assert re.search("<h1[^>]*>[^<]+</h1>", html)
    assert 'name="robots"' not in html
    here = stack.url + address
    assert f'<meta property="og:url" content="{here}"' in html
    assert f'<link rel="canonical" href="{here}"' in html
    assert ".invalid" not in html


async def test_a_page_opened_from_another_has_its_own_canonical_address(visitor: Page, stack: Stack) -> None:
    await visitor.goto("/?from=a-mail")
    canonical = visitor.locator("link[rel=canonical]")
    await expect(canonical).to_have_attribute("href", f"{stack.url}/")
    await visitor.get_by_role("navigation", name="Main").get_by_role("link", name="Pricing").click()
    await expect(visitor).to_have_title(re.compile("Pricing"))
    await expect(canonical).to_have_attribute("href", f"{stack.url}/pricing")


async def test_prices_are_chosen_by_period_and_currency(visitor: Page) -> None:
    await visitor.goto("/pricing")
    pro = visitor.get_by_role("region", name="Pro", exact=True)
    await expect(pro).to_contain_text("₹799")

    await visitor.get_by_role("radio", name="Yearly").check(force=True)
    await expect(pro).to_contain_text("₹7,990")
    await visitor.get_by_role("radio", name="$ USD").check(force=True)
    await expect(pro).to_contain_text("$99.90")
    await expect(pro).to_contain_text("No tax is added")
    await pro.get_by_role("button", name="Choose Pro").click()

    await visitor.wait_for_url("**/signup?next=*")
    assert visitor.url.endswith("/signup?next=%2Fcheckout%2Fpro%3Fperiod%3Dyearly%26currency%3DUSD")


async def test_prices_show_differences_first_and_each_fact_once(visitor: Page) -> None:
    await visitor.goto("/pricing")
    pro = visitor.get_by_role("region", name="Pro", exact=True)
    await expect(pro.get_by_role("listitem").first).to_have_text(
        re.compile(r"500 answers from small models a month\s*5×")
    )
    await expect(visitor.get_by_role("region", name="Free", exact=True)).to_contain_text("₹0")
    every = visitor.get_by_role("region", name="In every plan")
    await expect(every.get_by_role("listitem").filter(has_text="Models side by side")).to_be_visible()

    table = visitor.get_by_role("region", name="Compare all plans")
    rows = await table.get_by_role("rowheader").all_inner_texts()
    shared = await every.get_by_role("listitem").all_inner_texts()
    assert "Answers from small models" not in rows
    assert set(rows).isdisjoint(shared)
    assert len(await visitor.get_by_text("Models side by side", exact=True).all()) == 1


@pytest.mark.exhaustive
async def test_a_currency_chosen_before_the_prices_arrive_is_kept(visitor: Page) -> None:
    chosen = asyncio.Event()

    async def hold(route: Route) -> None:
        await chosen.wait()
        await route.continue_()

    await visitor.route("**/api/subscription/plans", hold)
    await visitor.goto("/pricing")
    dollars = visitor.get_by_role("radio", name="$ USD")
    await dollars.check(force=True)
    chosen.set()

    await expect(visitor.get_by_role("region", name="Pro", exact=True)).to_contain_text("$")
    await expect(dollars).to_be_checked()


async def test_credits_are_offered_in_the_chosen_currency(visitor: Page) -> None:
    await visitor.goto("/pricing")
    offer = visitor.get_by_role("region", name="Prepaid credits")
    await expect(offer.get_by_role("listitem").first).to_contain_text("₹")

    await visitor.get_by_role("radio", name="$ USD").check(force=True)
    await expect(offer.get_by_role("listitem").first).to_have_text(re.compile(r"^\$\d"))
    await offer.get_by_role("link", name="Buy credits").click()

    await visitor.wait_for_url("**/signup?next=%2Fcredits%3Fbuy")


async def test_the_plan_for_teams_is_priced_by_the_seat_below_the_plans_of_people(visitor: Page) -> None:
    await visitor.goto("/pricing")
    team = visitor.get_by_role("region", name="Team", exact=True)
    await expect(team).to_contain_text("₹699 a month for each seat")
    await expect(team).to_contain_text("2 to 500 people")
    await expect(visitor.get_by_role("columnheader", name="Team")).to_have_count(0)

    await visitor.get_by_role("radio", name="Yearly").check(force=True)
    await visitor.get_by_role("radio", name="$ USD").check(force=True)
    await expect(team).to_contain_text("$89.90 a year for each seat")
    await team.get_by_role("link", name="About plans for teams").click()
    await visitor.wait_for_url("**/docs/plans#team")


async def test_a_signed_in_user_goes_to_the_checkout(page: Page) -> None:
    await page.goto("/pricing")
    await expect(page.get_by_role("banner").get_by_role("link", name="Open the chat")).to_be_visible()
    await page.get_by_role("region", name="Pro", exact=True).get_by_role("button", name="Choose Pro").click()

    await page.wait_for_url("**/checkout/pro?period=monthly&currency=INR")


async def test_models_are_found_by_name_with_their_plans(visitor: Page) -> None:
    await visitor.goto("/pricing")
    await visitor.get_by_role("searchbox", name="Find a model").fill("o1 pro")

    found = visitor.get_by_role("listitem").filter(has_text="OpenAI: o1-pro")
    await expect(found).to_contain_text("Enterprise")
    await expect(found).not_to_contain_text("Free")
    await visitor.get_by_role("searchbox", name="Find a model").fill("no such model")
    await expect(visitor.get_by_role("status").filter(has_text="No models match")).to_be_visible()


async def test_prices_that_cannot_be_read_say_so_and_can_be_reloaded(visitor: Page, watch: Watch) -> None:
    watch.refused(503)
    await visitor.route("**/api/subscription/plans", lambda route: route.fulfill(status=503, body="away"))
    await visitor.goto("/pricing")
    await expect(visitor.get_by_role("alert").first).to_have_attribute("data-code", "unexpected")

    await visitor.unroute("**/api/subscription/plans")
    await visitor.get_by_role("button", name="Try again").first.click()
    await expect(visitor.get_by_role("region", name="Pro", exact=True)).to_be_visible()


async def test_language_and_colours_change_at_once_and_are_remembered(visitor: Page) -> None:
    await visitor.goto("/")
    await visitor.get_by_role("button", name="हिन्दी").click()
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("हर मॉडल से पूछें। हर जवाब सँभालें।")
    await visitor.get_by_role("button", name="हल्की या गहरी थीम").click()
    await expect(visitor.locator("html")).to_have_attribute("data-theme", "dark")

    await visitor.goto("/pricing")
    await expect(visitor.locator("html")).to_have_attribute("lang", "hi")
    await expect(visitor.locator("html")).to_have_attribute("data-theme", "dark")
    # Sentences of the API, too, are in the language of the page.
    table = visitor.get_by_role("region", name="सभी प्लान की तुलना")
    await expect(table.get_by_role("rowheader").first).to_have_text("मॉडल")
    # "API" is the word in Hindi too.
    assert set(await table.evaluate("table => table.innerText.match(/[A-Za-z]{3,}/g) ?? []")) <= {"API"}
    await visitor.get_by_role("region", name="प्रो").get_by_role("button", name="प्रो चुनें").click()
    await visitor.wait_for_url("**/signup?next=*checkout%2Fpro*")


async def test_legal_texts_name_the_operator_and_are_marked_as_samples(visitor: Page) -> None:
    for address in ("/privacy", "/terms"):
        await visitor.goto(address)
        await expect(visitor.get_by_role("article")).to_contain_text("12 Example Street, Bengaluru 560001")
        await expect(visitor.get_by_role("note")).to_contain_text("This text is a sample")


@pytest.mark.exhaustive
async def test_posts_are_shown_and_an_unknown_one_is_not_found(visitor: Page, watch: Watch) -> None:
    await visitor.goto("/blog")
    posts = visitor.get_by_role("main").get_by_role("listitem")
    await expect(posts).to_have_count(3)
    await posts.get_by_role("link", name="Why every version stays").click()
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("Why every version stays")
    await axe.check(visitor)

    watch.refused(404)
    await visitor.goto("/blog/no-such-post")
    await expect(visitor.get_by_role("heading", name="A tree, not a list")).to_have_count(0)


async def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(open_context: OpenContext) -> None:
    phone = await (await open_context(viewport={"width": 375, "height": 740})).new_page()
    await phone.goto("/")
    menu = phone.get_by_role("button", name="Menu", exact=True)
    await expect(phone.get_by_role("navigation", name="Main")).to_be_hidden()
    await expect(menu).to_have_attribute("aria-expanded", "false")  # once the page runs

    await menu.press("Enter")
    await expect(menu).to_have_attribute("aria-expanded", "true")
    await axe.check(phone)
    await phone.keyboard.press("Escape")
    await expect(phone.get_by_role("navigation", name="Main")).to_be_hidden()
    await menu.press("Enter")
    await phone.get_by_role("navigation", name="Main").get_by_role("link", name="Pricing").click()
    await phone.wait_for_url("**/pricing")


async def test_right_to_left_mirrors_the_page(open_context: OpenContext, stack: Stack) -> None:
    stored = storage(stack.url, {"oneai.language": "ar-x-pseudo"})
    page = await (await open_context(stored)).new_page()
    await page.goto("/")

    logo = await page.get_by_role("banner").get_by_role("link", name="OneAI").bounding_box()
    start = await page.get_by_role("banner").get_by_role("link", name="Start for free").bounding_box()
    assert logo is not None
    assert start is not None
    assert logo["x"] > start["x"]
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_pages_for_visitors_send_no_token(open_context: OpenContext, user: User) -> None:
    page = await (await open_context(user.storage())).new_page()
    authorized: list[str] = []

    def note(request: Request) -> None:
        if "authorization" in request.headers:
            authorized.append(request.url)

    page.on("request", note)
    for address in ("/", "/pricing"):
        await page.goto(address)
        await expect(page.get_by_role("link", name="Start for free")).to_have_count(0)
        await page.get_by_role("contentinfo").scroll_into_view_if_needed()
        await expect(page.get_by_role("region", name="Pro", exact=True)).to_be_visible()

    assert authorized == []
