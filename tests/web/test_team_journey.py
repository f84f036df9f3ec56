"""A team's way through its pages, from its creation to its deletion and back."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import paying
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.invitations import mailed_link
from tests.web.people import User, newcomer
from tests.web.staff import rows
from tests.web.test_sign_in import agree, fill
from tests.web.test_team_billing import change_seats
from tests.web.test_team_chats import ask
from tests.web.test_team_settings import remove_with_heir, row
from tests.web.test_teams import switcher

USED_UP = "update oneai.usage_quotas set used = quota_limit + extra_units where workspace_id = %s"


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
async def test_a_team_is_made_paid_shared_handed_over_deleted_and_restored(
    page: Page, stack: Stack, user: User, watch: Watch, open_context: OpenContext
) -> None:
    watch.refused(404, 429)
    colleague, address = await newcomer(user.stack_url), f"new-{uuid4().hex[:12]}@example.com"
    await make_a_team_with_three_seats(page)
    async with user.client() as client:
        (team,) = [each for each in (await client.get("/api/workspaces")).json()["items"] if each["kind"] == "team"]
    await _invites(page, colleague.email, address)
    theirs, guest = [await (await open_context(each)).new_page() for each in (colleague.storage(), None)]
    await _joins(theirs, await mailed_link(user.stack_url, colleague.email))
    await _signs_up_and_joins(guest, await mailed_link(user.stack_url, address), address)

    rows(stack, USED_UP, [team["id"]])
    await theirs.goto("/c")
    await theirs.get_by_label("Message", exact=True).fill("When is tea picked?")
    await theirs.get_by_role("button", name="Send").click()
    await expect(theirs.get_by_text("Your team has used all its answers of this kind.")).to_be_visible()
    await change_seats(page, 4)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_text("Your team has 4 seats now.")).to_be_visible()

    await _limits_to_a_tenth(page, colleague)
    await _asks_and_shares(guest)
    await theirs.goto("/c")
    shared = theirs.get_by_role("region", name="Shared with the team").get_by_role("link")
    await expect(shared).to_have_count(1)

    async with user.client() as client:
        members = await client.get("/api/team/members", headers={"oneai-workspace": team["id"]})
    (guest_id,) = [each["user_id"] for each in members.json()["items"] if each["email"] == address]
    await page.goto("/settings/team")
    await remove_with_heir(page, User(user.stack_url, address, "", {"user": {"id": guest_id}}), colleague, heirs=2)
    await guest.goto("/c")
    await expect(guest.get_by_text("You’re no longer a member of that team.")).to_be_visible()

    await page.get_by_label("New owner").select_option(colleague.id)
    await page.get_by_role("button", name="Offer ownership").click()
    await expect(page.get_by_text(f"Offered to {colleague.email}")).to_be_visible()
    await theirs.goto("/settings/team")
    await theirs.get_by_role("button", name="Accept ownership").click()
    await expect(theirs.get_by_role("button", name="Invite people")).to_be_visible()
    await _deletes_and_restores(theirs, team["slug"])
    await theirs.goto("/c")
    await expect(shared).to_have_count(1)


async def make_a_team_with_three_seats(page: Page) -> None:
    """Makes the team Nilgiri Tea from the prices, and pays for three seats."""
    await page.goto("/pricing")
    await page.get_by_role("textbox", name="Seats").fill("3")
    await page.get_by_role("button", name="Choose Team").click()
    await page.get_by_role("main").get_by_role("button", name="Create a team").click()
    await page.get_by_label("Team name").fill("Nilgiri Tea")
    await page.get_by_role("button", name="Create team").click()
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_text("Your team is on Team now, with 3 seats")).to_be_visible()


async def _invites(page: Page, *addresses: str) -> None:
    await page.goto("/settings/team")
    await page.get_by_role("button", name="Invite people").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Email addresses").fill(", ".join(addresses))
    await dialog.get_by_role("button", name="Send invitations").click()
    await expect(page.get_by_text("3 of 3 seats taken").first).to_be_visible()


async def _joins(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_role("button", name="Join the team").click()
    await page.wait_for_url(re.compile("/c$"))
    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()


async def _signs_up_and_joins(page: Page, link: str, address: str) -> None:
    await page.goto(link)
    await page.get_by_role("link", name="Create account").click()
    await fill(page, address)
    await agree(page)
    await page.get_by_role("button", name="Create account").click()
    await page.wait_for_url(link)
    await _joins(page, link)


async def _limits_to_a_tenth(page: Page, member: User) -> None:
    await page.goto("/settings/team")
    await page.get_by_role("button", name=f"Change {member.email}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Limit, in percent").fill("10")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, member.email).filter(has_text="Joined")).to_contain_text("May use 10% of each limit")


async def _asks_and_shares(page: Page) -> None:
    await page.goto("/c")
    await ask(page, "When do the tea pickers come?")
    chats = page.get_by_role("navigation", name="Conversations")
    await chats.get_by_role("button", name="More for").first.click()
    await page.get_by_role("menuitem", name="Share with the team").click()
    await expect(page.get_by_text("All members of the team can read this chat now.")).to_be_visible()


async def _deletes_and_restores(page: Page, slug: str) -> None:
    await page.goto("/settings/workspace")
    await page.get_by_role("button", name="Delete this team").click()
    await page.get_by_label("Confirmation").fill(slug)
    await page.get_by_role("button", name="Delete the team").click()
    await page.get_by_role("button", name="Restore the team").click()
    await expect(page.get_by_label("Team name")).to_have_value("Nilgiri Tea")
