"""A chatbot's way through the pages: from the sign-up of its owner to a visitor's lead and what the answer cost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.ingest_document import made
from tests.local.running import Stack
from tests.patience import PATIENCE
from tests.served import served
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.documents import processed
from tests.web.people import User
from tests.web.test_chat_documents import drop
from tests.web.test_documents import row
from tests.web.test_sign_in import PASSWORD, agree, fill, new_address
from tests.web.test_team_journey import make_a_team_with_three_seats
from tests.web.widget.conftest import OPEN_ROOTS, chat, launcher

# One sentence, which takes the stand-in for a model some seconds: a page can be loaded again meanwhile.
LEASE = "The lease runs for eleven months, " + ", ".join(f"and rule {n} holds" for n in range(1, 51)) + "."
QUESTION = "How many months does the lease run?"
CONSENT = "You may keep my name."
AWAY = "We are back tomorrow."


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
async def test_a_teams_chatbot_answers_a_visitor_until_its_budget_is_used_up(
    visitor: Page, stack: Stack, watch: Watch, open_context: OpenContext
) -> None:
    watch.expect(r"foreign request: \w+ http://(localhost|127\.0\.0\.1):")
    owner = await _signs_up(visitor, stack)
    await make_a_team_with_three_seats(visitor)
    await _uploads(visitor, owner)
    async with _website() as (address, page):
        await _makes_a_chatbot(visitor, address)
        page["code"] = await _copies_the_code(visitor)
        context = await open_context(locale="en-IN")
        await context.add_init_script(OPEN_ROOTS)
        theirs = await context.new_page()
        await theirs.goto(address)
        await _asks_and_loads_again(theirs)
        await _allows_one_answer_a_day(visitor)
        await _leaves_an_address(theirs)
    await _reads_what_it_cost(visitor)


@asynccontextmanager
async def _website() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """The address of a shop, and its page, which has the line that is put under `code`."""
    page = {"code": ""}

    def shown(_: Request) -> HTMLResponse:
        return HTMLResponse(f"<!doctype html><html lang=en><title>Flats</title><h1>Flats</h1>{page['code']}</html>")

    app: Any = Starlette(routes=[Route("/", shown)])
    async with served(lambda _: app) as address:
        yield address, page


async def _signs_up(page: Page, stack: Stack) -> User:
    address = new_address()
    await page.goto("/signup?next=%2Fpricing")
    await fill(page, address)
    await agree(page)
    await page.get_by_role("button", name="Create account").click()
    await page.wait_for_url("**/pricing")
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as client:
        answer = await client.post("/auth/v1/token?grant_type=password", json={"email": address, "password": PASSWORD})
    return User(stack.url, address, PASSWORD, answer.raise_for_status().json())


async def _uploads(page: Page, owner: User) -> None:
    await page.goto("/knowledge")
    await expect(page.get_by_text("no documents yet")).to_be_visible()
    await drop(page, {"lease.pdf": made.pdf_of_text([LEASE])})
    async with processed(owner):
        await expect(row(page, "lease.pdf")).to_have_attribute("data-status", "ready")


async def _makes_a_chatbot(page: Page, website: str) -> None:
    await page.goto("/chatbots")
    await page.get_by_role("link", name="Make a chatbot").click()
    proceed = page.get_by_role("button", name="Continue")
    await page.get_by_label("Name", exact=True).fill("Lease guide")
    await page.get_by_role("radio", name="Frequent questions").check()
    await proceed.click()
    await page.get_by_role("checkbox", name="lease.pdf").check()
    await page.get_by_role("radio", name="Only from documents").check()
    await proceed.click()
    await expect(page.get_by_label("What 1,000 questions would cost")).to_contain_text("About $")
    await proceed.click()
    await page.get_by_label("Away message").fill(AWAY)
    await page.get_by_label("Ask for a name").select_option("Required")
    await page.get_by_label("What visitors agree to").fill(CONSENT)
    await page.get_by_label("Websites that may show it").fill(website)
    await proceed.click()
    await page.get_by_role("button", name="Save and publish").click()
    await expect(page.get_by_text("Version 1, ")).to_be_visible()


async def _copies_the_code(page: Page) -> str:
    await page.get_by_role("link", name="Widget").click()
    code = page.get_by_role("region", name="Any website")
    await expect(code).to_contain_text("<script")
    return await code.inner_text()


async def _asks_and_loads_again(page: Page) -> None:
    """The answer stops in the middle with its page, and goes on where it was."""
    frame = chat(page)
    await launcher(page).click()
    await frame.get_by_role("textbox", name="Name").fill("Meera")
    await frame.get_by_label(CONSENT).check()
    await frame.get_by_role("button", name="Start").click()
    field = frame.get_by_role("textbox", name="Your message")
    await field.fill(QUESTION)
    await field.press("Enter")
    answer = frame.locator(".answer").last
    await expect(answer).to_contain_text("and rule 1 holds")
    assert "rule 50" not in await answer.inner_text()
    await page.reload()
    await launcher(page).click()
    await expect(answer).to_contain_text("The lease runs for eleven months, and rule 1 holds")
    await expect(answer).to_contain_text("and rule 50 holds. [1]")
    good = frame.get_by_role("button", name="Good answer")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")


async def _allows_one_answer_a_day(page: Page) -> None:
    await page.get_by_role("link", name="Settings", exact=True).click()
    limits = page.get_by_role("region", name="Limits", exact=True)
    await limits.get_by_label("Answers in a day").fill("1")
    await limits.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()


async def _leaves_an_address(page: Page) -> None:
    frame = chat(page)
    field = frame.get_by_role("textbox", name="Your message")
    await field.fill("And when does it end?")
    await field.press("Enter")
    await expect(frame.get_by_text(AWAY)).to_be_visible()
    await frame.get_by_label("Email").fill("meera@example.com")
    await frame.get_by_label("Message (optional)").fill("Please call")
    await frame.get_by_role("button", name="Leave a message").click()
    await expect(frame.get_by_text("Thank you. We will write to you.").first).to_be_visible()


async def _reads_what_it_cost(page: Page) -> None:
    await page.get_by_role("link", name="Overview").click()
    await page.reload()
    figures = page.get_by_role("region", name="Figures")
    for name, shown in (("Answers", "1"), ("Visitors", "1"), ("Answers rated good", "1"), ("Answered", "1")):
        fact = figures.locator("div").filter(has=page.get_by_text(name, exact=True)).last
        await expect(fact).to_contain_text(shown)
    cost = figures.locator("div").filter(has=page.get_by_text("What the models cost", exact=True)).last
    await expect(cost).to_contain_text("$0.0")
    await axe.check(page)
    await page.get_by_role("link", name="Conversations", exact=True).click()
    leads = page.get_by_role("region", name="Visitors who want an answer from you")
    await expect(leads).to_contain_text("meera@example.com")
    talk = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=QUESTION))
    await expect(talk).to_contain_text("you pay")
    await talk.get_by_role("link", name=QUESTION).click()
    opened = page.get_by_role("region", name="Chat", exact=True)
    for said in ("Meera", CONSENT, "Rated good"):
        await expect(opened).to_contain_text(said)
