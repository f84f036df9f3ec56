"""The page of an invitation: what it says, how it is accepted, and what it says where it cannot be."""

import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.invitations import invite
from tests.web.people import User
from tests.web.test_sign_in import agree, fill, new_address
from tests.web.test_teams import make_team, switcher


async def test_an_invited_person_signs_up_and_joins_the_team(visitor: Page, user: User) -> None:
    team = await make_team(user)
    address = f"new-{uuid4().hex[:12]}@example.com"
    _, link = await invite(user, team["id"], address)
    response = await visitor.goto(link)
    assert response is not None
    assert (response.headers["referrer-policy"], response.headers["x-robots-tag"]) == ("no-referrer", "noindex")
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("Join “Nilgiri Tea”")
    await expect(visitor.get_by_text("Member: asks, and creates chats")).to_be_visible()
    await expect(visitor.get_by_text("They don’t see your private chats")).to_be_visible()
    await expect(visitor.get_by_text("you can download your private chats there for 30 days")).to_be_visible()
    await axe.check(visitor)

    await visitor.get_by_role("link", name="Create account").click()
    await expect(visitor.get_by_role("heading", name="Create your account")).to_be_visible()
    await fill(visitor, address)
    await agree(visitor)
    await visitor.get_by_role("button", name="Create account").click()
    await visitor.wait_for_url(link)
    await expect(visitor.get_by_text(f"You’re signed in as {address}.")).to_be_visible()
    await visitor.get_by_role("button", name="Join the team").click()

    await visitor.wait_for_url(re.compile("/c$"))
    await expect(switcher(visitor, "Nilgiri Tea")).to_be_visible()
    # A member who opens the link again finds the team.
    await visitor.goto(link)
    await visitor.get_by_role("button", name="Open the team").click()
    await visitor.wait_for_url(re.compile("/c$"))


async def test_an_invitation_survives_a_sign_up_with_a_provider(visitor: Page, user: User) -> None:
    team = await make_team(user)
    address = new_address()
    _, link = await invite(user, team["id"], address)
    await visitor.goto(link)
    await visitor.get_by_role("link", name="Create account").click()
    await visitor.get_by_role("button", name="Continue with Google").click()
    await visitor.get_by_label("Another address").fill(address)
    await visitor.get_by_role("button", name="Continue with Google").click()

    await visitor.wait_for_url(link)
    await visitor.get_by_role("button", name="Join the team").click()
    await visitor.wait_for_url(re.compile("/c$"))
    await expect(switcher(visitor, "Nilgiri Tea")).to_be_visible()


async def test_an_invitation_that_cannot_be_accepted_says_why_and_what_to_do(
    page: Page,
    user: User,
    watch: Watch,
    open_context: OpenContext,
    newcomer: Callable[[], Awaitable[User]],
) -> None:
    watch.refused(403, 410)
    team = await make_team(user)
    invited = await newcomer()
    invitation, link = await invite(user, team["id"], invited.email)

    # The inviter has another address.
    await page.goto(link)
    await page.get_by_role("button", name="Join the team").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("This invitation is for another address")
    await axe.check(page)
    async with user.client() as client:
        headers = {"oneai-workspace": team["id"]}
        (await client.delete(f"/api/team/invitations/{invitation}", headers=headers)).raise_for_status()
    await page.get_by_role("button", name="Use another account").click()
    await page.wait_for_url(lambda url: url.endswith(f"/login?next=%2Finvite%2F{link.rpartition('/')[2]}"))

    # The person with the address comes too late.
    guest = await (await open_context(invited.storage())).new_page()
    await guest.goto(link)
    await expect(guest.get_by_role("heading", level=1)).to_have_text("This invitation was withdrawn")
    await expect(guest.get_by_role("link", name="Go to OneAI")).to_be_visible()
    await guest.goto(link.rpartition("/")[0] + "/a-token-of-nothing")
    await expect(guest.get_by_role("heading", level=1)).to_have_text("This invitation doesn’t work any more")
