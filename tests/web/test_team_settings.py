"""The pages of a team's settings: its members with their roles and limits, invitations and seats, ownership, the audit,
what members see, and the chatbot that moves there."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.documents import add_document
from tests.web.invitations import join
from tests.web.people import User
from tests.web.test_chatbots import make_chatbot
from tests.web.test_teams import make_team, switcher


def row(page: Page, text: str) -> Locator:
    """The entry of a list that has the text."""
    return page.get_by_role("main").get_by_role("listitem").filter(has_text=text)


async def remove_with_heir(page: Page, member: User, heir: User, *, heirs: int = 1) -> None:
    """Removes the member, whose private documents the heir inherits, as an owner on the page; one of `heirs` people."""
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name=f"Remove {member.email}").click()
    choice = dialog.get_by_label("Who inherits their private documents?")
    await expect(choice).to_have_value("")
    await expect(choice.get_by_role("option")).to_have_count(1 + heirs)
    await choice.select_option(heir.id)
    await axe.check(page)
    async with page.expect_request(lambda request: request.method == "DELETE") as removal:
        await dialog.get_by_role("button", name="Remove").click()
    assert f"heir_user_id={heir.id}" in (await removal.value).url
    await expect(page.get_by_role("button", name=f"Remove {member.email}")).to_have_count(0)


async def test_an_owner_invites_limits_and_removes_people_within_the_seats(
    page: Page, user: User, watch: Watch, newcomer: Callable[[], Awaitable[User]]
) -> None:
    watch.refused(403, 409)
    team, member = await make_team(user), await newcomer()
    await join(user, team["id"], member)
    await page.goto(f"/settings/team?workspace={team['slug']}")
    await expect(page.get_by_text("2 of 3 seats taken").first).to_be_visible()
    await expect(row(page, member.email).filter(has_text="Joined")).to_contain_text("No limit of their own")
    await axe.check(page)

    await page.get_by_role("button", name=f"Change {member.email}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Role").select_option("viewer")
    await dialog.get_by_label("Limit, in percent").fill("25")
    await axe.check(page)
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, member.email).filter(has_text="Joined")).to_contain_text("May use 25% of each limit")
    await expect(page.get_by_text("1 of 3 seats taken").first).to_be_visible()

    await page.get_by_role("button", name="Invite people").click()
    addresses = f"Ravi <ravi-{user.id[:8]}@example.com>, meera-{user.id[:8]}@example.com; nobody"
    await dialog.get_by_label("Email addresses").fill(addresses)
    await dialog.get_by_role("button", name="Send invitations").click()
    await expect(page.get_by_text("2 invitations sent.")).to_be_visible()
    await expect(dialog.get_by_role("alert")).to_contain_text("nobody: This is not an email address.")
    await expect(dialog.get_by_label("Email addresses")).to_have_value("nobody")
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("3 of 3 seats taken").first).to_be_visible()

    await page.get_by_role("button", name=f"Change {member.email}").click()
    await dialog.get_by_label("Role").select_option("member")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Add a seat, or free one")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name=f"Withdraw the invitation to ravi-{user.id[:8]}").click()
    await expect(row(page, f"ravi-{user.id[:8]}")).to_contain_text("Withdrawn")
    await expect(page.get_by_text("2 of 3 seats taken").first).to_be_visible()

    # The owner has no second factor yet.
    required = page.get_by_role("switch", name="Require two-step verification")
    await required.click()
    await expect(page.get_by_role("link", name="Turn it on for yourself")).to_be_visible()
    await expect(required).not_to_be_checked()

    await page.get_by_role("button", name="Show the audit log").click()
    log = page.get_by_role("list", name="Audit log")
    await expect(log.get_by_text("Invitation withdrawn")).to_be_visible()
    await page.get_by_label("Action").select_option("member.limit")
    await expect(log.get_by_role("listitem")).to_have_count(1)
    async with page.expect_download() as file:
        await page.get_by_role("button", name="Download as CSV").click()
    text = (await (await file.value).path()).read_text()
    assert text.count("member.limit") == 1
    assert "invitation.revoke" not in text

    await remove_with_heir(page, member, user)


async def test_a_member_sees_no_act_of_others_and_accepts_the_ownership(
    page: Page, user: User, newcomer: Callable[[], Awaitable[User]], open_context: OpenContext, watch: Watch
) -> None:
    team, member = await make_team(user), await newcomer()
    await join(user, team["id"], member)
    watch.refused(403)
    too_old = {"error": {"code": "recent_sign_in_required", "message": "Please sign in again first."}}
    for path in (f"**/api/workspaces/{team['id']}/transfer", f"**/api/team/members/{member.id}"):
        await page.route(path, lambda route: route.fulfill(status=403, json=too_old), times=1)
    await page.goto(f"/settings/team?workspace={team['slug']}")
    await expect(page.get_by_text("You’re the only owner, so you can’t leave.")).to_be_visible()
    await page.get_by_role("button", name=f"Change {member.email}").click()
    await page.get_by_role("dialog").get_by_label("Role").select_option("owner")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Sign in again")).to_be_visible()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await page.get_by_label("New owner").select_option(member.id)
    await page.get_by_role("button", name="Offer ownership").click()
    await expect(page.get_by_role("main").get_by_role("button", name="Sign in again")).to_be_visible()
    await page.get_by_role("button", name="Offer ownership").click()
    await expect(page.get_by_text(f"Offered to {member.email}")).to_be_visible()

    other = await (await open_context(member.storage())).new_page()
    await other.goto(f"/settings/team?workspace={team['slug']}")
    await expect(other.get_by_text("You’re offered the ownership")).to_be_visible()
    for name in ("Invite people", "Show the audit log", f"Remove {user.email}", f"Change {user.email}"):
        await expect(other.get_by_role("button", name=name)).to_have_count(0)
    await axe.check(other)
    await other.get_by_role("button", name="Accept ownership").click()
    await expect(other.get_by_role("button", name="Invite people")).to_be_visible()

    await page.reload()
    await page.get_by_role("button", name="Leave the team").click()
    await page.get_by_role("dialog").get_by_role("button", name="Leave the team").click()
    await page.wait_for_url("**/c")
    await expect(switcher(page, "Nilgiri Tea")).to_have_count(0)


async def _sessions(client: httpx.AsyncClient, chatbot: dict[str, Any], example: str, *secrets: str) -> list[int]:
    """What visitors get whom the website's server identifies with each secret, by the example of the page."""
    answers = []
    for secret in secrets:
        signing: dict[str, Any] = {}
        exec(example, signing)  # noqa: S102  it is our own
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ONEAI_IDENTITY_SECRET", secret)
            token = signing["identity_token"]("7", "Meera", "meera@example.com")
        path = f"/api/widget/{chatbot['public_id']}/sessions"
        answers.append((await client.post(path, json={"identity": token})).status_code)
    return answers


async def _make_replace_and_delete_secrets(page: Page, user: User, chatbot: dict[str, Any]) -> None:
    secrets = page.get_by_role("region", name="Visitors who sign in")
    dialog = page.get_by_role("dialog")
    texts = []
    for label in ("Make a secret", "Replace the secret"):
        await secrets.get_by_role("button", name=label).click()
        await axe.check(page)
        await dialog.get_by_role("button", name=label).click()
        texts.append(await dialog.get_by_label("Secret", exact=True).input_value())
        await dialog.get_by_role("tab", name="Python").click()
        example = await dialog.get_by_role("region", name="On your server").inner_text()
        await axe.check(page)
        await dialog.get_by_role("button", name="Done").click()
    await expect(secrets.get_by_role("listitem")).to_contain_text(["until you replace it", "Accepted until"])

    async with user.client() as client:
        (await client.post(f"/api/chatbots/{chatbot['id']}/publish")).raise_for_status()
        assert await _sessions(client, chatbot, example, *texts) == [201, 201]
        await secrets.get_by_role("listitem").nth(1).get_by_role("button").click()
        await dialog.get_by_role("button", name="Delete").click()
        await expect(secrets.get_by_role("listitem")).to_have_count(1)
        assert await _sessions(client, chatbot, example, *texts) == [401, 201]


async def _set_shared_limits(page: Page, user: User, team: str) -> None:
    await page.get_by_role("link", name="Settings", exact=True).last.click()
    await page.get_by_role("link", name="Limits of all chatbots").click()
    shared = page.get_by_role("region", name="All chatbots together")
    await shared.get_by_label("US dollars in a day").fill("1.25")
    await shared.get_by_label("Part of the plan for visitors").fill("120")
    await shared.get_by_role("button", name="Save").click()
    await expect(shared).to_contain_text("Enter a number from 0 to 100.")
    await shared.get_by_label("Part of the plan for visitors").fill("20")
    await axe.check(page)
    await shared.get_by_role("button", name="Save").click()
    await expect(shared).to_contain_text("Saved.")
    async with page.expect_response(lambda response: response.request.method == "PATCH") as audited:
        await page.get_by_role("switch", name="Note in the audit log who reads which visitor’s chat").check()
    assert (await audited.value).ok
    async with user.client() as client:
        kept = (await client.get(f"/api/workspaces/{team}")).raise_for_status().json()
    assert (kept["visitors_percent"], kept["chatbot_limits"]["micro_usd_per_day"]) == (20, 1_250_000)
    assert kept["audit_reading"]


async def _set_retention(page: Page, user: User, made: dict[str, Any]) -> None:
    kept = page.get_by_role("region", name="How long chats are kept")
    await expect(kept.get_by_label("Days")).to_have_value("365")
    await kept.get_by_label("Days").fill("3651")
    await kept.get_by_role("button", name="Save").click()
    await expect(kept).to_contain_text("Enter a whole number from 1 to 3650.")
    await kept.get_by_label("Days").fill("30")
    async with page.expect_response(lambda response: response.request.method == "PATCH"):
        await kept.get_by_role("button", name="Save").click()
    async with user.client() as client:
        chatbot = (await client.get(f"/api/chatbots/{made['id']}")).raise_for_status().json()
    assert chatbot["retention_days"] == 30


async def test_a_chatbot_identifies_visitors_and_moves_to_a_team_with_shared_limits(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    watch.refused(409)
    document = add_document(stack, user, name="opening-hours.pdf")
    made = await make_chatbot(user, knowledge={"mode": "documents_only", "documents": [document]})
    await page.goto(f"/chatbots/{made['id']}/settings")
    await expect(page.get_by_label("Part of the plan for visitors")).to_have_value("50")
    await expect(page.get_by_role("button", name="Move")).to_have_count(0)
    await _make_replace_and_delete_secrets(page, user, made)
    await _set_retention(page, user, made)

    team = await make_team(user)
    await page.reload()
    await page.get_by_role("button", name="Move").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("visitors, their chats and the addresses that they left")
    await expect(dialog.get_by_label("Move it to")).to_have_value(team["id"])
    await expect(dialog.get_by_role("radio", name="Copy them")).to_be_checked()
    await axe.check(page)
    await dialog.get_by_role("button", name="Move").click()
    # A team without a plan has drafts alone.
    await expect(dialog.get_by_role("alert")).to_contain_text("The plan there publishes no more chatbots.")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await page.get_by_role("button", name="Move").click()
    await dialog.get_by_role("button", name="Move").click()
    await page.wait_for_url(f"**/chatbots/{made['id']}")
    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()
    async with user.client() as client:
        moved = (await client.get(f"/api/chatbots/{made['id']}")).raise_for_status().json()
    assert moved["workspace_id"] == team["id"]

    await _set_shared_limits(page, user, team["id"])
