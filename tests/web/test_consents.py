"""What people agree to: at sign-up, afterwards, withdrawn; and what the pages tell them of it."""

import json
import re
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web import axe, chat, paying, people
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User
from tests.web.test_sign_in import agree, fill

pytestmark = pytest.mark.sampled(0.45)

DIALOG = "Before you continue"


async def stranger(stack: Stack) -> User:
    """A user whose sign-up agreed to nothing, as one through Google does."""
    email, password = f"person-{uuid4().hex[:12]}@example.com", "a long password"
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as client:
        await client.post("/local/people/", json={"email": email, "password": password})
        body = {"email": email, "password": password}
        session = (await client.post("/auth/v1/token?grant_type=password", json=body)).raise_for_status().json()
    return User(stack.url, email, password, session)


async def test_a_sign_up_states_the_age_and_accepts_the_shown_texts(visitor: Page, stack: Stack) -> None:
    address = f"person-{uuid4().hex[:12]}@example.com"
    await visitor.goto("/signup")
    await fill(visitor, address, "a long password")
    await visitor.get_by_role("button", name="Create account").click()
    await expect(visitor.get_by_text("Confirm both to continue.")).to_be_visible()
    await axe.check(visitor)

    await agree(visitor)
    await visitor.get_by_role("button", name="Create account").click()

    await visitor.wait_for_url("**/c")
    token = await visitor.evaluate("JSON.parse(localStorage.getItem('oneai.session')).access_token")
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE, headers=headers) as client:
        stored = (await client.get("/api/user/consents")).json()
    assert {each["kind"] for each in stored["items"]} == {"terms", "privacy", "age"}
    assert stored["required"] == []
    await expect(visitor.get_by_role("textbox", name="Message")).to_be_visible()
    await chat.send(visitor, "Hello")
    await expect(chat.answers(visitor)).to_have_count(1)


async def test_a_user_without_consent_is_asked_before_the_first_question_only(
    open_context: OpenContext, stack: Stack
) -> None:
    user = await stranger(stack)
    page = await (await open_context(user.storage())).new_page()
    dialog = page.get_by_role("dialog", name=DIALOG)
    await page.goto("/settings/data")
    await expect(page.get_by_text("We’ll ask for it before your next question or payment.")).to_be_visible()
    await page.goto("/c")
    await chat.send(page, "What is a tide?")
    await expect(dialog).to_be_visible()
    await axe.check(page)

    await dialog.get_by_role("button", name="Not now").click()
    await expect(dialog).to_have_count(0)
    await expect(chat.composer(page)).to_have_value("What is a tide?")
    await expect(chat.composer(page)).to_be_focused()
    await expect(chat.questions(page)).to_have_count(0)

    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(dialog).to_contain_text("Confirm both")
    await agree(page)
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(chat.answers(page)).to_have_count(1)
    await expect(dialog).to_have_count(0)
    await chat.send(page, "And a cyclone?")
    await expect(chat.answers(page)).to_have_count(2)


@pytest.mark.exhaustive
async def test_a_user_without_consent_is_asked_before_a_payment(open_context: OpenContext, stack: Stack) -> None:
    user = await stranger(stack)
    page = await (await open_context(user.storage())).new_page()
    dialog = page.get_by_role("dialog", name=DIALOG)
    await page.goto("/checkout/pro?period=monthly&currency=INR")
    await paying.fill_in_details(page)
    await page.get_by_role("button", name="Continue to payment").click()
    await dialog.get_by_role("button", name="Not now").click()
    await expect(page.get_by_role("button", name="Continue to payment")).to_be_enabled()

    await page.get_by_role("button", name="Continue to payment").click()
    await agree(page)
    await dialog.get_by_role("button", name="Confirm").click()
    await page.wait_for_url("**/pay.html")


async def test_a_consent_is_withdrawn_in_its_list(page: Page, user: User) -> None:
    await page.goto("/settings/data")
    listed = page.locator("[data-consent=privacy]")
    await expect(listed).to_contain_text("agreed")
    await axe.check(page)

    await page.get_by_role("button", name="Withdraw: Privacy notice").click()

    await expect(listed).to_contain_text("withdrawn")
    await expect(page.get_by_text("We’ll ask for it before your next question or payment.")).to_be_visible()
    async with user.client() as client:

        async def missing() -> list[str]:
            required = (await client.get("/api/user/consents")).json()["required"]
            return [each["kind"] for each in required]

        await eventually(missing, lambda kinds: kinds == ["privacy"])


@pytest.mark.parametrize("address", ["/privacy", "/terms"])
async def test_the_texts_name_the_grievance_contact_and_their_version(visitor: Page, address: str) -> None:
    await visitor.goto(address)

    contact = visitor.locator("[data-grievance]")
    await expect(contact).to_contain_text("12 Example Street, Bengaluru 560001")
    await expect(contact.get_by_role("link", name="operator@mail.example")).to_be_visible()
    await expect(contact).to_contain_text("within two hours")
    await expect(visitor.get_by_text(re.compile("Version of .*2026"))).to_be_visible()
    await axe.check(visitor)


async def test_the_retention_shown_is_that_of_the_settings(visitor: Page, watch: Watch) -> None:
    await visitor.goto("/privacy")
    await expect(visitor.locator("[data-retention=closed_links]")).to_contain_text("30 days after they close")
    await expect(visitor.locator("[data-retention=audit_log]")).to_contain_text("1,825 days")

    watch.refused(503)
    await visitor.route("**/api/retention", lambda route: route.fulfill(status=503, body="away"))
    await visitor.reload()
    await expect(visitor.locator("[data-code=unexpected]")).to_be_visible()
    await visitor.unroute("**/api/retention")
    await visitor.get_by_role("button", name="Try again").click()
    await expect(visitor.locator("[data-retention=invoices]")).to_be_visible()


async def test_a_new_version_of_the_terms_asks_for_consent_again(open_context: OpenContext, stack: Stack) -> None:
    user = await people.newcomer(stack.url)
    page = await (await open_context(user.storage(language="hi"))).new_page()
    required = {"items": [], "required": [{"kind": "terms", "version": "2027-04-01"}]}
    await page.route("**/api/user/consents", lambda route: route.fulfill(body=json.dumps(required)))

    await page.goto("/c")
    await page.locator("main form textarea").fill("ज्वार क्या है?")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("dialog", name="आगे बढ़ने से पहले")).to_be_visible()
    await axe.check(page)
