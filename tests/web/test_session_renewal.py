"""An access token that has ended is renewed, and only the end of the session signs a user out."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, StorageState, expect

from tests.web.chromium import Watch, becomes
from tests.web.conftest import OpenContext
from tests.web.people import User, storage
from tests.web.test_sign_in import stored

REFRESH = "**/auth/v1/token?grant_type=refresh_token"
HOUR = 3600
RETRYING = "The sign-in service isn’t responding. You stay signed in"
PORTAL = "<!doctype html><title>Hotel Wi-Fi</title><p>Accept the terms to go on.</p>"


def ended(user: User, **changes: Any) -> StorageState:
    """A browser's storage in which the user is signed in and the access token has ended."""
    session = user.session | {"expires_at": int(time.time()) - 10} | changes
    return storage(user.stack_url, {"oneai.session": json.dumps(session)})


class Refreshes:
    """The refreshes of a context: the first ones are answered by the test, all later ones by the stack."""

    def __init__(self, *answers: Callable[[Route], Awaitable[None]]) -> None:
        self.sent: list[str] = []
        self._answers = list(answers)

    async def watch(self, context: BrowserContext) -> None:
        """Begins."""
        await context.route(REFRESH, self._answer)

    async def _answer(self, route: Route) -> None:
        body: Any = route.request.post_data_json
        self.sent.append(body["refresh_token"])
        await (self._answers.pop(0)(route) if self._answers else route.continue_())


def answering(status: int, body: str, content_type: str = "application/json", **headers: str) -> Any:
    """Answers a refresh with this."""

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, body=body, content_type=content_type, headers=headers)

    return answer


TOO_MANY = answering(
    429, json.dumps({"code": "over_request_rate_limit", "message": "Too many"}), **{"Retry-After": "1"}
)
# Answers that say nothing about the refresh token, in any form.
FAILURES = {
    "429": TOO_MANY,
    "429 without a body": answering(429, ""),
    "a proxy's 403 page": answering(403, "<h1>Blocked</h1>", "text/html"),
    "a captive portal's page": answering(200, PORTAL, "text/html"),
    "a gateway's 401": answering(401, json.dumps({"message": "Invalid API key"})),
    "a 404 of another server": answering(404, json.dumps({"message": "no Route matched"})),
    "an unknown code": answering(400, json.dumps({"code": "validation_failed", "message": "?"})),
    "500": answering(500, json.dumps({"code": "unexpected_failure", "message": "?"})),
    "507": answering(507, "<h1>Insufficient storage</h1>", "text/html"),
    "JSON that breaks off": answering(200, '{"access_token": "abc", "refr'),
}


async def opened(open_context: OpenContext, state: StorageState, refreshes: Refreshes) -> Page:
    """A page of a browser with this storage, at the chat."""
    context = await open_context(state)
    await refreshes.watch(context)
    page = await context.new_page()
    await page.goto("/c")
    return page


async def renewed(page: Page, user: User) -> None:
    """Waits until the page keeps another refresh token than the one of the sign-in."""
    first = json.dumps(user.session["refresh_token"])
    await becomes(page, f"JSON.parse(localStorage['oneai.session']).refresh_token !== {first}")


async def is_read(page: Page) -> None:
    """Waits until the page shows the chat, without an error."""
    await expect(page.get_by_role("button", name="Account")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await expect(page.locator("[role=alert]")).to_have_count(0)


@pytest.mark.sampled(0.1)
@pytest.mark.parametrize("name", FAILURES)
async def test_a_failing_refresh_is_retried_and_the_user_remains_signed_in(
    open_context: OpenContext, user: User, watch: Watch, name: str
) -> None:
    watch.refused(400, 401, 403, 404, 429, 500, 507)
    refreshes = Refreshes(FAILURES[name])

    page = await opened(open_context, ended(user), refreshes)

    await renewed(page, user)
    await is_read(page)
    assert page.url.endswith("/c")
    assert refreshes.sent == [user.session["refresh_token"]] * 2
    kept = json.loads(await page.evaluate("localStorage['oneai.session']"))
    assert kept["refresh_token"] != user.session["refresh_token"]
    assert kept["expires_at"] > time.time() + HOUR / 2


async def test_the_page_says_that_it_retries(open_context: OpenContext, user: User, watch: Watch) -> None:
    watch.refused(503, 429)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    refreshes = Refreshes(answering(503, "<h1>Maintenance</h1>", "text/html"), hold)
    page = await opened(open_context, ended(user), refreshes)

    await expect(page.get_by_text(RETRYING)).to_be_visible()
    assert await stored(page, user)
    held.set()

    await expect(page.get_by_text(RETRYING)).to_have_count(0)
    await is_read(page)


async def test_a_question_waits_for_the_token_and_is_sent_once(
    open_context: OpenContext, user: User, watch: Watch
) -> None:
    watch.refused(401, 429)
    refreshes = Refreshes(TOO_MANY)
    context = await open_context(user.storage())
    await refreshes.watch(context)
    page = await context.new_page()
    await page.goto("/c")
    asked: list[int] = []
    page.on(
        "response",
        lambda answer: asked.append(answer.status) if answer.url.endswith("/api/chat/stream") else None,
    )
    # The API refuses the token although the page thinks it good, as after a clock was set back.
    await page.evaluate(
        """() => {
          const session = JSON.parse(localStorage["oneai.session"]);
          localStorage["oneai.session"] = JSON.stringify({ ...session, access_token: session.access_token + "x" });
        }"""
    )
    message = page.get_by_role("textbox", name="Message")
    await message.fill("What is a monsoon?")
    await page.get_by_role("button", name="Send").click()

    await expect(page.locator("article[data-state=complete]")).to_have_count(1)
    assert [status for status in asked if status != 401] == [200]
    assert len(refreshes.sent) == 2


ENDINGS = {
    "refresh_token_not_found": 400,
    "refresh_token_already_used": 400,
    "session_not_found": 403,
    "session_expired": 400,
    "user_banned": 400,
}


@pytest.mark.sampled(0.2)
@pytest.mark.parametrize("code", ENDINGS)
async def test_the_end_of_a_session_leads_to_sign_in(
    open_context: OpenContext, user: User, watch: Watch, code: str
) -> None:
    watch.refused(ENDINGS[code])
    watch.refused(401)  # of a request that left before the refresh was refused
    refreshes = Refreshes(answering(ENDINGS[code], json.dumps({"code": code, "message": "It is over"})))

    page = await opened(open_context, ended(user), refreshes)

    await page.wait_for_url("**/login?next=%2Fc")
    assert await page.evaluate("localStorage['oneai.session']") is None
    assert len(refreshes.sent) == 1


async def test_two_tabs_that_wake_at_once_refresh_once(open_context: OpenContext, user: User) -> None:
    refreshes = Refreshes()
    context = await open_context(ended(user))
    await refreshes.watch(context)
    tabs = [await context.new_page() for _ in range(3)]

    await asyncio.gather(*(tab.goto("/c") for tab in tabs))

    for tab in tabs:
        await is_read(tab)
    assert refreshes.sent == [user.session["refresh_token"]]


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("hours", [-5, 3])
async def test_a_wrong_clock_refreshes_once_for_all_pages(open_context: OpenContext, user: User, hours: int) -> None:
    refreshes = Refreshes()
    context = await open_context(user.storage())
    await refreshes.watch(context)
    for _ in range(3):
        page = await context.new_page()
        await page.clock.set_system_time(time.time() + hours * HOUR)
        await page.goto("/c")
        await is_read(page)
        await renewed(page, user)  # or leaving the page would break the refresh off
        await page.goto("/usage")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()

    assert len(refreshes.sent) == 1


async def test_a_sign_in_under_a_wrong_clock_needs_no_refresh(visitor: Page, user: User) -> None:
    refreshes = Refreshes()
    await refreshes.watch(visitor.context)
    await visitor.clock.set_system_time(time.time() + 30 * HOUR)
    await visitor.goto("/login")
    await visitor.get_by_role("textbox", name="Email").fill(user.email)
    await visitor.get_by_label("Password").fill(user.password)
    await visitor.get_by_role("button", name="Sign in").click()
    await visitor.wait_for_url("**/c")
    await is_read(visitor)
    await visitor.reload()
    await is_read(visitor)

    assert refreshes.sent == []


async def test_session_and_content_are_kept_without_a_network(
    open_context: OpenContext, user: User, watch: Watch
) -> None:
    watch.expect("ERR_FAILED|ERR_INTERNET_DISCONNECTED")

    async def fail(route: Route) -> None:
        await route.abort()

    refreshes = Refreshes(fail)
    page = await opened(open_context, ended(user), refreshes)

    await expect(page.get_by_text("You’re offline.")).to_be_visible()
    assert await stored(page, user)
    await expect(page.get_by_text("You’re offline.")).to_have_count(0)
    await page.reload()
    await is_read(page)


async def test_signing_out_in_another_tab_cancels_requests_that_wait_for_a_token(
    open_context: OpenContext, user: User, watch: Watch
) -> None:
    watch.refused(429)
    forever = answering(429, "{}", **{"Retry-After": "600"})
    refreshes = Refreshes(*[forever] * 50)
    page = await opened(open_context, ended(user), refreshes)
    await expect(page.get_by_text(RETRYING)).to_be_visible()
    other = await page.context.new_page()
    await other.goto("/c")

    await other.get_by_role("button", name="Account").click()
    await other.get_by_role("menuitem", name="Sign out").click()

    await page.wait_for_url("**/login*")
    assert await stored(page, user) == []


async def test_an_address_is_changed_with_an_expired_token(open_context: OpenContext, user: User) -> None:
    refreshes = Refreshes()
    page = await opened(open_context, ended(user), refreshes)
    await renewed(page, user)
    await page.evaluate(
        """() => {
          const session = JSON.parse(localStorage["oneai.session"]);
          localStorage["oneai.session"] = JSON.stringify({ ...session, expires_at: 1 });
        }"""
    )
    await page.goto("/settings/profile")
    await page.get_by_role("textbox", name="New email address").fill(f"new-{user.email}")
    await page.get_by_role("button", name="Change address").click()

    await expect(page.get_by_role("status").filter(has_text="We sent emails to your old address")).to_be_visible()
    # Leaving a page breaks its refresh off, and the next page repeats it.
    assert len(set(refreshes.sent)) == 2
