"""Chats of a team in the web app: shared, read, continued in a copy, and moved to another workspace."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.conftest import OpenContext
from tests.web.invitations import join
from tests.web.people import User
from tests.web.staff import rows
from tests.web.test_teams import make_team


def give_plan(stack: Stack, team: str) -> None:
    """Gives the team the plan for teams, as a payment does."""
    rows(stack, "update oneai.workspaces set subscription_tier = 'team' where id = %s", [team])
    rows(
        stack,
        "insert into oneai.usage_quotas (workspace_id, subscription_tier, quota_key, quota_limit, reset_frequency, "
        "window_start, next_reset_at) select %s, tier, quota_key, quota_limit, reset_frequency, oneai.now(), "
        "oneai.next_reset(reset_frequency, oneai.now(), oneai.now()) from oneai.plan_quotas where tier = 'team' "
        "on conflict (workspace_id, quota_key) do update set quota_limit = excluded.quota_limit, "
        "subscription_tier = excluded.subscription_tier",
        [team],
    )


async def ask(page: Page, question: str) -> None:
    """Asks, and waits for the answer."""
    await page.get_by_label("Message", exact=True).fill(question)
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator("article[data-state=complete]").last).to_be_visible()
    await expect(page.get_by_role("button", name="Stop")).to_have_count(0)


async def test_a_shared_chat_is_read_by_a_colleague_and_continued_in_a_copy(
    stack: Stack, open_context: OpenContext, user: User, newcomer: Callable[[], Awaitable[User]]
) -> None:
    team, colleague = (await make_team(user))["id"], await newcomer()
    give_plan(stack, team)
    await join(user, team, colleague)
    mine = await (await open_context(user.storage(**{f"workspace.{user.id}": team}))).new_page()
    await mine.goto("/c")
    await ask(mine, "When do the tea pickers come?")
    await mine.wait_for_url(re.compile("/c/[0-9a-f-]{36}$"))
    original = mine.url
    chats = mine.get_by_role("navigation", name="Conversations")
    await chats.get_by_role("button", name="More for").first.click()
    await mine.get_by_role("menuitem", name="Share with the team").click()
    await expect(mine.get_by_text("All members of the team can read this chat now.")).to_be_visible()

    theirs = await (await open_context(colleague.storage(**{f"workspace.{colleague.id}": team}))).new_page()
    await theirs.goto("/c")
    section = theirs.get_by_role("region", name="Shared with the team")
    await section.get_by_role("link").first.click()
    await theirs.wait_for_url(original)
    await expect(theirs.get_by_role("note")).to_contain_text("you continue in your own copy")
    for name in ("Edit", "Regenerate", "Share", "Good answer", "More actions"):
        await expect(theirs.locator("main").get_by_role("button", name=name, exact=True)).to_have_count(0)
    await axe.check(theirs)
    await ask(theirs, "And who pays them?")

    await theirs.wait_for_url(lambda url: url != original and "/c/" in url)
    await expect(theirs.get_by_role("note")).to_have_count(0)
    await expect(theirs.locator("article[aria-label=You]")).to_have_count(2)
    await mine.reload()
    await expect(mine.locator("article[aria-label=You]")).to_have_count(1)


async def test_a_chat_moves_to_another_workspace_that_is_named_as_the_payer(page: Page, user: User) -> None:
    await make_team(user)
    async with user.client() as client:
        (await client.post("/api/conversations", json={"title": "Plans"})).raise_for_status()
    await page.goto("/c")
    await page.get_by_role("button", name="More for Plans").click()
    await page.get_by_role("menuitem", name="Move to another workspace").click()
    dialog = page.get_by_role("dialog", name="Move to another workspace")
    await expect(dialog.get_by_role("button", name="Move")).to_be_disabled()
    await dialog.get_by_role("radio", name="Nilgiri Tea").check()
    await expect(dialog.get_by_text("From now on Nilgiri Tea pays")).to_be_visible()
    await axe.check(page)
