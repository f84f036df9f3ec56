"""Two-step verification on the pages: an app is added, asked for on another device, and removed."""

import re
import time
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from stand_ins.supabase_auth import totp
from tests.web import axe, mails
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.invitations import join
from tests.web.people import User
from tests.web.test_teams import make_team, switcher


async def secret_of(page: Page) -> str:
    """The key that the dialog shows, as a user types it into an app."""
    return (await page.get_by_role("dialog").locator("code").inner_text()).replace(" ", "")


def code(secret: str) -> str:
    """What the app shows now, in two groups as many apps do."""
    digits = totp.code_at(secret, time.time())
    return f"{digits[:3]} {digits[3:]}"


def wrong_code(secret: str) -> str:
    """A code that is not accepted now."""
    right = {totp.code_at(secret, time.time() + drift) for drift in (-60, -30, 0, 30, 60)}
    return next(each for each in ("111111", "222222", "333333", "444444", "555555", "666666") if each not in right)


async def add_app(page: Page) -> str:
    """Adds an authenticator app on the profile page; its secret."""
    await page.get_by_role("button", name="Add an authenticator app").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = await secret_of(page)
    await page.get_by_role("textbox", name="Code from the app").fill(code(secret))
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_text("Two-step verification is on.")).to_be_visible()
    return secret


async def test_an_app_is_added_asked_for_elsewhere_and_removed(
    page: Page, user: User, open_context: OpenContext, watch: Watch
) -> None:
    watch.refused(403)
    watch.refused(422)
    await page.goto("/settings/profile")
    # A dialog that is closed leaves an unverified factor, which must not be in the way.
    await page.get_by_role("button", name="Add an authenticator app").click()
    first = await secret_of(page)
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Add an authenticator app").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = await secret_of(page)
    assert secret != first
    await axe.check(page)
    field = page.get_by_role("textbox", name="Code from the app")
    await field.fill(wrong_code(secret))
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.locator("[role=alert][data-code=mfa_verification_failed]")).to_be_visible()
    await field.fill(code(secret))
    await page.get_by_role("button", name="Turn on").click()
    await expect(page.get_by_role("button", name="Remove Authenticator app")).to_be_visible()

    other = await (await open_context()).new_page()
    await other.goto("/login?next=%2Fsettings%2Fkeys")
    await other.get_by_role("textbox", name="Email").fill(user.email)
    await other.get_by_label("Password").fill(user.password)
    await other.get_by_role("button", name="Sign in").click()
    await expect(other.get_by_role("heading", name="Enter your code")).to_be_visible()
    await axe.check(other)
    await other.keyboard.press("Escape")
    await other.get_by_role("textbox", name="Code from the app").fill(code(secret))
    await other.keyboard.press("Enter")

    await other.wait_for_url("**/settings/keys")
    await expect(other.get_by_role("button", name=re.compile("Create a key"))).to_be_visible()
    await expect(other.get_by_role("heading", name="Enter your code")).to_be_hidden()
    await other.goto("/settings/profile")
    await other.get_by_role("button", name="Remove Authenticator app").click()
    await other.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(other.get_by_role("button", name="Add an authenticator app")).to_be_visible()


async def test_a_forgotten_password_is_replaced_with_the_code(
    page: Page, user: User, open_context: OpenContext, watch: Watch
) -> None:
    watch.refused(401)
    await page.goto("/settings/profile")
    secret = await add_app(page)
    asking = await (await open_context()).new_page()
    await asking.goto("/forgot-password")
    await asking.get_by_role("textbox", name="Email").fill(user.email)
    await asking.get_by_role("button", name="Send link").click()

    other = await (await open_context()).new_page()
    await other.goto(await mails.link(user.stack_url, user.email, r"/reset-password\?\S+"))
    await other.get_by_label("New password").fill("four words to keep")
    await other.get_by_role("button", name="Save password").click()
    await other.get_by_role("textbox", name="Code from the app").fill(code(secret))
    await other.get_by_role("button", name="Continue").click()

    await other.wait_for_url(re.compile(r"/c$"))
    await expect(other.get_by_role("textbox", name="Message")).to_be_visible()


async def test_a_team_that_requires_a_factor_leads_a_member_to_add_one_and_back(
    page: Page, user: User, watch: Watch, newcomer: Callable[[], Awaitable[User]], open_context: OpenContext
) -> None:
    watch.refused(403)
    team, member = await make_team(user), await newcomer()
    await join(user, team["id"], member)
    await page.goto(f"/settings/profile?workspace={team['slug']}")
    await add_app(page)
    await page.goto("/settings/team")
    await page.get_by_role("switch", name="Require two-step verification").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    other = await (await open_context(member.storage())).new_page()
    await other.goto(f"/c?workspace={team['slug']}")
    await other.wait_for_url("**/settings/profile?for=*")
    await expect(other.get_by_text("“Nilgiri Tea” requires two-step verification.")).to_be_visible()
    await axe.check(other)
    await add_app(other)
    await other.get_by_role("button", name="Open “Nilgiri Tea”").click()
    await expect(switcher(other, "Nilgiri Tea")).to_be_visible()
