"""Teams in the web app: made, switched between, reached by links, and their settings."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web import axe
from tests.web.conftest import OpenContext
from tests.web.people import User


async def make_team(user: User, name: str = "Nilgiri Tea") -> dict[str, Any]:
    """A team of the user, over the API."""
    async with user.client() as client:
        made: dict[str, Any] = (await client.post("/api/workspaces", json={"name": name})).raise_for_status().json()
        return made


async def begin_conversation(user: User, workspace: str | None, title: str) -> str:
    """A conversation in this workspace, or in the personal one; its id."""
    headers = {"oneai-workspace": workspace} if workspace else {}
    async with user.client() as client:
        answer = await client.post("/api/conversations", json={"title": title}, headers=headers)
        return str(answer.raise_for_status().json()["id"])


def switcher(page: Page, name: str) -> Locator:
    """The button in the side bar that names the current workspace."""
    return page.get_by_role("button", name=f"Workspace: {name}")


def save(page: Page) -> Locator:
    """The button that saves the settings of a team. Below it is that of its chatbots' limits."""
    return page.locator("form").filter(has=page.get_by_label("Team name")).get_by_role("button", name="Save")


@pytest.mark.parametrize(
    "address",
    [
        *("/c", "/search", "/usage", "/billing", "/knowledge", "/conversations", "/chatbots", "/inbox", "/analytics"),
        *("/settings/profile", "/settings/keys", "/settings/data", "/settings/notifications", "/settings/preferences"),
    ],
)
async def test_a_person_in_no_team_meets_no_word_about_workspaces(page: Page, address: str) -> None:
    await page.goto(address)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.wait_for_load_state("networkidle")

    text = (await page.locator("body").inner_text()).lower()
    assert not [word for word in ("workspace", "seat", "slug") if word in text]


async def test_a_team_is_made_from_the_account_menu(page: Page) -> None:
    await page.goto("/c")
    await page.get_by_role("button", name="Account of").click()
    await page.get_by_role("menuitem", name="Create a team").click()
    dialog = page.get_by_role("dialog", name="Create a team")
    await dialog.get_by_label("Team name").fill("Nilgiri Tea")
    await dialog.get_by_role("button", name="Create team").click()

    await page.wait_for_url("**/settings/workspace")
    await expect(page.get_by_label("Team name")).to_have_value("Nilgiri Tea")
    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()
    await axe.check(page)


async def test_a_second_team_of_the_same_name_is_explained_in_the_dialog(page: Page, user: User, watch: Any) -> None:
    await make_team(user)
    watch.refused(409)
    await page.goto("/c")
    await switcher(page, "Personal").click()
    await page.get_by_role("menuitem", name="Create a team").click()
    dialog = page.get_by_role("dialog", name="Create a team")
    await dialog.get_by_label("Team name").fill("nilgiri tea")
    await dialog.get_by_role("button", name="Create team").click()

    await expect(dialog.get_by_role("alert")).to_contain_text("name")


async def test_switching_shows_the_chats_of_one_workspace_alone(page: Page, user: User) -> None:
    team = await make_team(user)
    await begin_conversation(user, None, "My own notes")
    await begin_conversation(user, team["id"], "Plans of the team")
    await page.goto("/c")
    chats = page.get_by_role("navigation", name="Conversations")
    await expect(chats.get_by_role("link", name="My own notes")).to_be_visible()

    await switcher(page, "Personal").press("Enter")
    await page.get_by_role("menuitemradio", name="Nilgiri Tea").press("Enter")

    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()
    await expect(chats.get_by_role("link", name="Plans of the team")).to_be_visible()
    await expect(chats.get_by_role("link", name="My own notes")).to_have_count(0)
    await page.reload()
    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()


async def test_a_link_to_a_chat_opens_its_workspace(page: Page, user: User) -> None:
    team = await make_team(user)
    chat = await begin_conversation(user, team["id"], "Plans of the team")

    await page.goto(f"/c/{chat}")

    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()
    await expect(page).to_have_title("Plans of the team · OneAI")


async def test_an_address_names_the_workspace_to_open(page: Page, user: User) -> None:
    team = await make_team(user)

    await page.goto(f"/settings/workspace?workspace={team['slug']}")

    await expect(page.get_by_label("Short name")).to_have_value(team["slug"])
    await page.goto("/c")
    await expect(switcher(page, "Nilgiri Tea")).to_be_visible()


async def test_who_left_a_team_lands_in_their_personal_workspace(
    open_context: OpenContext, user: User, watch: Any
) -> None:
    watch.refused(404)
    chosen = {f"workspace.{user.id}": str(uuid4())}
    page = await (await open_context(user.storage(**chosen))).new_page()

    await page.goto("/c")

    await expect(page.get_by_text("You’re no longer a member of that team.")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert await page.evaluate(f"localStorage.getItem('oneai.workspace.{user.id}')") is None


async def test_settings_of_a_team_are_changed_and_kept(page: Page, user: User) -> None:
    team = await make_team(user)
    await page.goto(f"/settings/workspace?workspace={team['id']}")
    await page.get_by_label("Team name").fill("Nilgiri Coffee")
    await page.get_by_label("Industry").fill("Retail")
    await page.get_by_label("Monday, from").fill("09:00")
    await page.get_by_label("Monday, to").fill("17:30")
    await page.get_by_role("switch", name="Members may take their private chats along").uncheck()
    await save(page).click()
    await expect(page.get_by_text("Saved.")).to_be_visible()

    await expect(switcher(page, "Nilgiri Coffee")).to_be_visible()
    async with user.client() as client:
        saved = (await client.get(f"/api/workspaces/{team['id']}")).json()
    assert (saved["name"], saved["industry"]) == ("Nilgiri Coffee", "Retail")
    assert saved["members_may_download"] is False
    assert saved["hours"]["monday"] == [{"opens": "09:00", "closes": "17:30"}]


async def test_a_saved_name_of_a_team_can_be_changed_back(page: Page, user: User) -> None:
    team = await make_team(user)
    await page.goto(f"/settings/workspace?workspace={team['id']}")
    for name in ("Nilgiri Coffee", "Nilgiri Tea"):
        await page.get_by_label("Team name").fill(name)
        await save(page).click()
        await expect(switcher(page, name)).to_be_visible()


async def test_a_slug_that_is_taken_is_refused_beside_its_field(page: Page, user: User, watch: Any) -> None:
    watch.refused(422)
    other = await make_team(user, "Assam Tea")
    team = await make_team(user)
    await page.goto(f"/settings/workspace?workspace={team['id']}")
    await page.get_by_label("Short name").fill(other["slug"])
    await save(page).click()

    await expect(page.get_by_label("Short name")).to_have_attribute("aria-invalid", "true")


async def test_an_owner_deletes_a_team_by_its_short_name_and_restores_it(page: Page, user: User) -> None:
    team = await make_team(user)
    await begin_conversation(user, team["id"], "Plans of the team")
    await page.goto(f"/settings/workspace?workspace={team['id']}")
    await page.get_by_role("button", name="Delete this team").click()
    await expect(page.get_by_text("Chats of all members: 1, documents: 0")).to_be_visible()
    confirmation, delete = page.get_by_label("Confirmation"), page.get_by_role("button", name="Delete the team")
    await confirmation.fill("another")
    await delete.click()
    await expect(confirmation).to_have_attribute("aria-invalid", "true")
    await axe.check(page)
    await confirmation.fill(team["slug"].upper())
    await delete.click()

    await expect(page.get_by_role("heading", name="This team is being deleted")).to_be_visible()
    await expect(page.get_by_label("Team name")).to_have_count(0)
    await page.reload()
    await page.get_by_role("button", name="Restore the team").click()
    await expect(page.get_by_label("Team name")).to_have_value("Nilgiri Tea")
    async with user.client() as client:
        assert (await client.get(f"/api/workspaces/{team['id']}")).json()["deletes_at"] is None
