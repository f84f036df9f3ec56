"""Maintenance and incidents, as an admin starts and ends them on the page, and as people read them meanwhile."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe, staff
from tests.web.admin.test_journeys import act
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)

SENTENCE = "We are moving the database."


@pytest.fixture
def no_incidents(stack: Stack) -> Iterator[None]:
    """The stack is the worker's: other tests find it without incidents."""
    yield
    staff.rows(stack, "delete from oneai.incident_updates")
    staff.rows(stack, "delete from oneai.incidents")


async def test_users_get_the_admins_message_until_the_maintenance_ends(desk: Page, user: User, stack: Stack) -> None:
    await desk.goto("/admin")
    await desk.get_by_role("navigation").get_by_role("link", name="Status page").click()
    panel = desk.get_by_role("region", name="Maintenance")
    await expect(panel).to_contain_text("No maintenance.")
    await panel.get_by_role("button", name="Start maintenance").click()
    dialog = desk.get_by_role("dialog", name="Start maintenance")
    confirm = dialog.get_by_role("button", name="Start now")
    await expect(confirm).to_be_disabled()
    await dialog.get_by_role("textbox", name="Message to users").fill(SENTENCE)
    minutes = dialog.get_by_role("textbox", name="Duration in minutes")
    await minutes.fill("half an hour")
    await expect(dialog).to_contain_text("Enter whole minutes")
    await expect(confirm).to_be_disabled()
    await minutes.fill("30")
    await dialog.get_by_role("textbox", name="Reason").fill("Postgres 18")
    await axe.check(desk)
    try:
        await confirm.click()
        await expect(panel).to_contain_text(SENTENCE)
        async with user.client() as client:
            refused = await client.get("/api/conversations")
        assert (refused.status_code, refused.json()["error"]["message"]) == (503, SENTENCE)
        await axe.check(desk)

        await act(desk, "End maintenance", "Moved")
        await expect(panel).to_contain_text("No maintenance.")
        async with user.client() as client:
            assert (await client.get("/api/conversations")).status_code == 200
    finally:
        staff.rows(stack, "delete from oneai.maintenance_mode")
    await desk.goto("/admin/audit?action=maintenance.start")
    acts = desk.get_by_role("table", name="Audit log")
    await expect(acts).to_contain_text("Maintenance started")
    await expect(acts).to_contain_text("Postgres 18")


async def test_an_incident_opened_and_resolved_appears_on_the_status_page(
    desk: Page, visitor: Page, no_incidents: None
) -> None:
    await desk.goto("/admin/status")
    await desk.get_by_role("button", name="Open an incident").click()
    dialog = desk.get_by_role("dialog", name="Open an incident")
    await dialog.get_by_role("textbox", name="Title").fill("Answers are late")
    await dialog.get_by_role("combobox", name="Impact").select_option("major")
    await dialog.get_by_role("textbox", name="Message to users").fill("A provider answers late.")
    await dialog.get_by_role("textbox", name="Reason").fill("Alarm FirstToken")
    confirm = dialog.get_by_role("button", name="Open an incident")
    await expect(confirm).to_be_disabled()
    await dialog.get_by_role("checkbox", name="Answers").check()
    await axe.check(desk)
    await confirm.click()
    incident = desk.get_by_role("article", name="Answers are late").first
    await expect(incident).to_contain_text("Investigating")
    await axe.check(desk)
    await visitor.goto("/status")
    await expect(visitor.locator("[data-component=chat]")).to_contain_text("partial outage")

    await incident.get_by_role("button", name="Add an update").click()
    dialog = desk.get_by_role("dialog", name="Add an update")
    await dialog.get_by_role("combobox", name="State").select_option("resolved")
    await dialog.get_by_role("textbox", name="Message to users").fill("Fast again.")
    await dialog.get_by_role("textbox", name="Reason").fill("Seen on the chart")
    await dialog.get_by_role("button", name="Add an update").click()

    await expect(incident).to_contain_text("Fast again.")
    await expect(incident.get_by_text("Resolved", exact=True)).to_be_visible()
    await visitor.reload()
    await expect(visitor.get_by_role("article").first).to_contain_text("Fast again.")


@pytest.mark.exhaustive
async def test_staff_see_which_providers_are_set_aside(desk: Page, stack: Stack) -> None:
    panel = desk.get_by_role("region", name="Health").first

    async def shown() -> str:
        await desk.goto("/admin/status")
        await expect(panel).to_contain_text("OpenRouter")
        return await panel.inner_text()

    assert "Set aside" not in await shown()
    report = '[{"provider": "openrouter", "seconds": 600, "code": "timeout"}]'
    try:
        staff.rows(stack, "select oneai.report_routes(%s)", [report])
        # A check is kept for ten seconds.
        text = await eventually(shown, lambda text: "Set aside" in text)
        assert "Set aside once, last for timeout." in text
        await axe.check(desk)
    finally:
        staff.rows(stack, "delete from oneai.set_aside_providers")
