"""Signing up, in and out: by password, by a provider and by mail; what is refused, and where it leads."""

import json
import re
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack, running
from tests.patience import PATIENCE, eventually
from tests.web import axe, mails
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User

CHAT = re.compile(r"/c$")
PASSWORD = "a long password"
RESET = r"/reset-password\?\S+"
# In pixels: each check box, and the first line of the text beside it.
_CHECK_BOXES = """() => [...document.querySelectorAll("input[type=checkbox]")].map((input) => {
  const text = document.createRange();
  text.selectNodeContents(input.closest("label"));
  const box = input.getBoundingClientRect();
  const lines = [...text.getClientRects()].filter(({ left }) => left > box.right);
  const line = lines.sort((one, other) => one.bottom - other.bottom)[0];
  return [box, line].map(({ top, width, height }) => ({ width, height, middle: top + height / 2 }));
})"""


def new_address() -> str:
    """An address that no account has."""
    return f"new-{uuid4().hex[:12]}@example.com"


async def fill(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fills the form of sign-in or sign-up."""
    await page.get_by_role("textbox", name="Email").fill(email)
    await page.get_by_label("Password").fill(password)


async def agree(page: Page) -> None:
    """States the age, and agrees to the terms."""
    await page.get_by_role("checkbox", name="I am at least 18 years old.").check()
    await page.get_by_role("checkbox", name="I agree to the terms").check()


async def refusal(page: Page, code: str) -> None:
    """Waits for the alert with this code."""
    await expect(page.locator(f"[role=alert][data-code={code}]")).to_be_visible()


async def test_signing_up_leads_to_the_intended_page(visitor: Page) -> None:
    await visitor.goto("/settings/preferences")
    await visitor.wait_for_url("**/login?next=%2Fsettings%2Fpreferences")
    await visitor.get_by_role("link", name="Create account").click()
    # Both pages have these fields.
    await expect(visitor.get_by_role("heading", name="Create your account")).to_be_visible()
    boxes = await visitor.evaluate(_CHECK_BOXES)
    assert len(boxes) == 2
    for box, line in boxes:
        assert box["height"] == box["width"] >= 20
        assert abs(box["middle"] - line["middle"]) <= 1, "not beside the first line of its label"
    for provider in ("Google", "GitHub"):
        await expect(visitor.get_by_role("button", name=f"Continue with {provider}").locator("svg")).to_be_visible()
    address = new_address()
    await fill(visitor, address)
    await agree(visitor)

    async with visitor.expect_request(lambda request: "/signup" in request.url and request.method == "POST") as sent:
        await visitor.get_by_role("button", name="Create account").click()

    await visitor.wait_for_url("**/settings/preferences")
    await expect(visitor.get_by_role("heading", name="Preferences", level=1)).to_be_visible()
    data = json.loads((await sent.value).post_data or "")["data"]
    assert (data["language"], data["theme"]) == ("en", "system")


@pytest.mark.parametrize("address", ["/login", "/signup", "/forgot-password"])
async def test_a_form_waits_for_its_script(stack: Stack, address: str) -> None:
    async with httpx.AsyncClient(base_url=stack.url, headers={"accept": "text/html"}) as client:
        html = (await client.get(address)).raise_for_status().text

    (button,) = re.findall('<button[^>]*type="submit"[^>]*>', html)
    assert " disabled" in button


async def test_an_invalid_field_is_reported_at_its_place(visitor: Page) -> None:
    asked: list[str] = []
    visitor.on("request", lambda request: asked.append(request.url) if "/auth/v1" in request.url else None)
    await visitor.goto("/signup")
    await fill(visitor, "asha@", "short")

    await visitor.get_by_role("button", name="Create account").click()

    await expect(visitor.get_by_role("textbox", name="Email")).to_have_accessible_description(
        "Enter a complete email address."
    )
    await expect(visitor.get_by_label("Password")).to_have_accessible_description("Use at least 10 characters.")
    await visitor.get_by_label("Password").fill("Password2026!")
    await visitor.get_by_role("button", name="Create account").click()
    await expect(visitor.get_by_label("Password")).to_have_accessible_description(
        "This password is too common. Choose another, such as four words."
    )
    assert asked == []
    await axe.check(visitor)


async def test_an_address_with_an_account_leads_to_sign_in(visitor: Page, user: User, watch: Watch) -> None:
    watch.refused(422)
    await visitor.goto("/signup")
    await fill(visitor, user.email)
    await agree(visitor)
    await visitor.get_by_role("button", name="Create account").click()

    await refusal(visitor, "user_already_exists")
    await visitor.get_by_role("alert").get_by_role("link", name="Sign in").click()
    await visitor.wait_for_url("**/login")


async def test_a_wrong_password_is_reported_and_the_right_one_signs_in(visitor: Page, user: User, watch: Watch) -> None:
    watch.refused(400)
    await visitor.goto("/login")
    await fill(visitor, user.email, "a wrong password")
    await visitor.get_by_role("button", name="Sign in").click()
    await refusal(visitor, "invalid_credentials")
    await axe.check(visitor)

    await visitor.get_by_label("Password").fill(user.password)
    await visitor.get_by_role("button", name="Sign in").click()

    await visitor.wait_for_url(CHAT)


async def test_a_user_signs_in_by_keyboard_alone(visitor: Page, user: User) -> None:
    await visitor.goto("/login")
    await visitor.wait_for_load_state("networkidle")
    await visitor.keyboard.press("Tab")
    await visitor.keyboard.press("Tab")
    await expect(visitor.get_by_role("textbox", name="Email")).to_be_focused()
    await visitor.keyboard.type(user.email)
    await visitor.keyboard.press("Tab")
    await visitor.keyboard.type(user.password)
    await visitor.keyboard.press("Enter")

    await visitor.wait_for_url(CHAT)


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    "next_address", ["https://evil.example/", "//evil.example", "/\\evil.example", "/.//evil.example", "javascript:1"]
)
async def test_a_sign_in_never_redirects_to_another_site(
    open_context: OpenContext, user: User, next_address: str
) -> None:
    page = await (await open_context(user.storage())).new_page()

    await page.goto("/login?" + str(httpx.QueryParams({"next": next_address})))

    await page.wait_for_url(CHAT)


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("provider", ["Google", "GitHub"])
async def test_a_provider_sign_in_leads_to_the_intended_page(visitor: Page, provider: str) -> None:
    await visitor.goto("/login?next=%2Fsettings%2Fprofile")
    await visitor.get_by_role("button", name=f"Continue with {provider}").click()
    await visitor.get_by_label("Another address").fill(new_address())
    await visitor.get_by_text("What the provider says of it").click()
    await visitor.get_by_label("Name").fill("Asha Rao")
    await visitor.get_by_role("button", name=f"Continue with {provider}").click()

    await visitor.wait_for_url("**/settings/profile")
    await expect(visitor.get_by_role("textbox", name="Name", exact=True)).to_have_value("Asha Rao")


@pytest.mark.exhaustive
async def test_cancelling_at_the_provider_is_reported_with_a_way_back(visitor: Page) -> None:
    await visitor.goto("/login")
    await visitor.get_by_role("button", name="Continue with Google").click()
    await visitor.get_by_role("button", name="Cancel").click()

    await refusal(visitor, "access_denied")
    await axe.check(visitor)
    await visitor.get_by_role("link", name="Back to sign in").click()
    await visitor.wait_for_url("**/login")


async def test_a_code_can_be_used_once_and_in_its_own_browser(
    visitor: Page, open_context: OpenContext, watch: Watch
) -> None:
    codes: list[str] = []
    visitor.on("request", lambda request: codes.append(request.url) if "callback?code=" in request.url else None)
    await visitor.goto("/login")
    await visitor.get_by_role("button", name="Continue with Google").click()
    await visitor.get_by_label("Another address").fill(new_address())
    await visitor.get_by_role("button", name="Continue with Google").click()
    await visitor.wait_for_url(CHAT)
    watch.refused(400, 404)

    other = await (await open_context()).new_page()
    await other.goto(codes[0])

    await refusal(other, "pkce_code_verifier_not_found")
    await expect(other.get_by_role("link", name="Back to sign in")).to_be_visible()


async def test_a_forgotten_password_is_replaced_by_mail(visitor: Page, user: User, open_context: OpenContext) -> None:
    await visitor.goto("/login")
    await visitor.get_by_role("link", name="Forgot your password?").click()
    await expect(visitor.get_by_role("heading", name="Reset your password")).to_be_visible()
    await visitor.get_by_role("textbox", name="Email").fill(user.email)
    await visitor.get_by_role("button", name="Send link").click()
    await expect(visitor.get_by_role("heading", name="Check your email")).to_be_focused()
    await axe.check(visitor)

    link = await mails.link(user.stack_url, user.email, RESET)
    elsewhere = await (await open_context()).new_page()
    await elsewhere.goto(link)
    await expect(elsewhere.get_by_label("New password")).to_be_visible()
    await visitor.goto(link)  # a program that opens links of mails has not used it up
    await visitor.get_by_label("New password").fill("another long password")
    await visitor.get_by_role("button", name="Save password").click()

    await visitor.wait_for_url(CHAT)
    other = await (await open_context()).new_page()
    await other.goto("/login")
    await fill(other, user.email, "another long password")
    await other.get_by_role("button", name="Sign in").click()
    await other.wait_for_url(CHAT)


@pytest.mark.exhaustive
async def test_a_used_link_says_so(visitor: Page, user: User, open_context: OpenContext, watch: Watch) -> None:
    watch.refused(403)
    await visitor.goto("/forgot-password")
    await visitor.get_by_role("textbox", name="Email").fill(user.email)
    await visitor.get_by_role("button", name="Send link").click()
    address = await mails.link(user.stack_url, user.email, RESET)
    other = await (await open_context()).new_page()
    for each in (other, visitor):
        await each.goto(address)
        await each.get_by_label("New password").fill("another long password")
        await each.get_by_role("button", name="Save password").click()
        if each is other:
            await each.wait_for_url(CHAT)

    await refusal(visitor, "otp_expired")
    await expect(visitor.get_by_role("link", name="Reset your password")).to_be_visible()


async def test_signing_out_in_one_tab_signs_out_the_other_and_leaves_nothing(page: Page, user: User) -> None:
    await page.goto("/c")
    other = await page.context.new_page()
    await other.goto("/c")
    message = other.get_by_role("textbox", name="Message")
    await message.fill("not sent yet")
    await eventually(lambda: stored(page, user), lambda keys: any("draft" in key for key in keys))
    await message.press_sequentially(", and more")

    await page.get_by_role("button", name="Account").click()
    await page.get_by_role("menuitem", name="Sign out").click()

    await page.wait_for_url("**/login")
    await other.wait_for_url("**/login")
    await eventually(lambda: stored(page, user), lambda keys: keys == [])
    async with user.client() as client:
        assert (await client.get("/api/me")).status_code == 401


async def stored(page: Page, user: User) -> list[str]:
    """The keys in storage that are the user's: session, drafts."""
    keys: list[str] = await page.evaluate("Object.keys(localStorage)")
    return [key for key in keys if user.id in key or key == "oneai.session"]


async def test_a_session_ended_elsewhere_leads_to_sign_in_and_back_with_the_draft(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(400, 401, 403, 404)
    await page.goto("/c")
    message = page.get_by_role("textbox", name="Message")
    await message.fill("What is a monsoon?")
    await eventually(lambda: stored(page, user), lambda keys: any("draft" in key for key in keys))
    async with user.client() as client:
        (await client.post("/api/auth/sign-out")).raise_for_status()

    await page.get_by_role("button", name="Send").click()

    await page.wait_for_url("**/login?next=%2Fc**")
    await fill(page, user.email, user.password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(re.compile(r"/c(/.*)?$"))
    await expect(message).to_have_value("What is a monsoon?")


async def test_signing_out_works_without_a_network(page: Page, user: User, watch: Watch) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch")
    await page.goto("/c")
    await page.get_by_role("button", name="Account").click()
    await expect(page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    await page.route(re.compile("/api/|/auth/v1/"), lambda route: route.abort())

    await page.get_by_role("menuitem", name="Sign out").click()

    await page.wait_for_url("**/login")
    assert await stored(page, user) == []


# The path and query of the link in the mail that confirms an address.
CONFIRMATION = r"/auth/callback\?\S+"


@pytest.fixture(scope="module")
def confirming() -> Iterator[Stack]:
    """A stack whose project wants addresses to be confirmed."""
    with running(also={"ONEAI_CONFIRM_EMAIL": "1"}) as stack:
        yield stack


@pytest.mark.exhaustive
async def test_a_new_address_is_confirmed_in_another_browser_by_a_press(
    open_context: OpenContext, confirming: Stack, watch: Watch
) -> None:
    watch.origin = confirming.url
    watch.refused(400)
    page = await (await open_context(base_url=confirming.url)).new_page()
    address = new_address()
    await page.goto("/signup?next=%2Fsettings%2Fkeys")
    await fill(page, address)
    await agree(page)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Check your email")).to_be_focused()

    await page.goto("/login")
    await fill(page, address)
    await page.get_by_role("button", name="Sign in").click()
    await refusal(page, "email_not_confirmed")
    before = len(await mails.subjects(confirming.url, address))
    await page.get_by_role("button", name="Resend the email").click()
    await expect(page.get_by_text("We sent the email again.")).to_be_visible()
    assert len(await mails.subjects(confirming.url, address)) == before + 1

    link = await mails.link(confirming.url, address, CONFIRMATION)
    page = await (await open_context(base_url=confirming.url)).new_page()
    await page.goto(link)

    await page.get_by_role("button", name="Confirm address").click()
    await page.get_by_role("heading", name="Your address is confirmed").wait_for()
    assert await page.evaluate("() => localStorage.getItem('oneai.session')") is None
    await page.get_by_role("link", name="Sign in").click()
    await page.wait_for_url("**/login*")
    await expect(page.get_by_role("heading", name="Sign in to OneAI")).to_be_visible()
    await fill(page, address)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(CHAT)


@pytest.mark.exhaustive
async def test_the_first_mail_signs_in_and_leads_to_the_intended_page(
    open_context: OpenContext, confirming: Stack, watch: Watch
) -> None:
    watch.origin = confirming.url
    page = await (await open_context(base_url=confirming.url)).new_page()
    address = new_address()
    await page.goto("/signup?next=%2Fsettings%2Fkeys")
    await fill(page, address)
    await agree(page)
    await page.get_by_role("button", name="Create account").click()
    await expect(page.get_by_role("heading", name="Check your email")).to_be_focused()

    await page.goto(await mails.link(confirming.url, address, CONFIRMATION))

    await page.wait_for_url("**/settings/keys")


@pytest.mark.exhaustive
async def test_an_unknown_address_says_so(visitor: Page, watch: Watch) -> None:
    watch.refused(404)
    response = await visitor.goto("/nothing/here")

    assert response is not None
    assert response.status == 404
    await expect(visitor.get_by_role("heading", name="Page not found")).to_be_visible()
    await axe.check(visitor)


async def test_other_names_of_pages_redirect_with_their_query(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as client:
        answer = await client.get("/callback?code=abc&state=1", headers={"accept": "text/html"})

    assert (answer.status_code, answer.headers["location"]) == (301, "/auth/callback?code=abc&state=1")
