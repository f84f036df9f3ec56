"""The overview is live and leads to reports; pages of one thing have its name; a phone has the pages in a drawer."""

import re

from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, staff
from tests.web.people import User

PAGES = "Administration pages"


async def test_an_answer_is_in_the_overview_at_once_which_leads_to_its_report(
    desk: Page, admin: User, user: User, stack: Stack
) -> None:
    staff.rows(stack, staff.ROLL_UP)
    async with user.client() as client:
        answer = await client.post("/api/chat/stream", json={"message": "Hello", "model": "local/echo"})
        assert "event: done" in answer.text
    async with admin.client() as client:
        answers = int((await client.get("/api/admin/overview")).json()["answers"]["value"])

    await desk.goto("/admin")
    tile = desk.get_by_role("region", name="Answers", exact=True)
    await expect(tile).to_contain_text(f"{answers:,}")
    await expect(tile.get_by_role("img")).to_have_accessible_name(re.compile(rf"2026: {answers}\b|Highest:"))
    await axe.check(desk)
    await desk.get_by_role("link", name="Active people").click()
    await expect(desk).to_have_url(re.compile(r"/admin/analytics/usage\?range=30&measure=active_users$"))
    await expect(desk.get_by_role("combobox", name="Shown in the chart")).to_have_value("active_users")
    await expect(desk.get_by_role("region", name="Total")).to_contain_text(f"{answers:,}")

    await desk.go_back()
    await desk.get_by_role("link", name="Slowest stage").click()
    stages = desk.get_by_role("table", name="Where answers wait")
    await expect(stages).to_be_in_viewport()
    await stages.get_by_role("row", name=re.compile("Writing")).get_by_role("link", name="By model").click()
    await expect(desk.get_by_role("combobox", name="By")).to_have_value("model")
    await expect(desk.get_by_role("combobox", name="Shown in the chart")).to_have_value("duration_ms_p95")


async def test_a_person_is_the_title_of_their_page_and_a_phone_has_the_pages_in_a_drawer(
    desk: Page, user: User, stack: Stack
) -> None:
    await desk.goto(f"/admin/users/{user.id}")
    await expect(desk.get_by_role("heading", level=1)).to_have_text(user.email)
    await expect(desk).to_have_title(f"{user.email} · OneAI")
    pages = desk.get_by_role("navigation", name=PAGES)
    await expect(pages.get_by_role("link", name="Users")).to_have_attribute("aria-current", "page")
    await expect(desk.get_by_role("navigation", name="Conversations")).to_have_count(0)
    await desk.keyboard.press("Control+Shift+S")
    await expect(desk.get_by_role("button", name="Open side bar")).to_be_visible()
    await expect(pages.get_by_role("link", name="Audit log")).to_be_visible()
    await axe.check(desk)

    await desk.set_viewport_size({"width": 375, "height": 740})
    await desk.get_by_role("button", name="Open menu").click()
    drawer = desk.get_by_role("dialog", name="Administration")
    await axe.check(desk)
    await drawer.get_by_role("link", name="Jobs").click()
    await expect(desk.get_by_role("heading", level=1)).to_have_text("Jobs")
    await expect(desk).to_have_title("Jobs · OneAI")
    await expect(drawer).to_have_count(0)


async def test_an_admin_orders_the_models_of_a_group_and_sees_the_result_before_saving(
    desk: Page, stack: Stack
) -> None:
    await desk.goto("/admin/models")
    group = desk.get_by_role("region", name="Fast", exact=True)
    result = group.get_by_role("status")
    try:
        for pattern in ("local/echo", "local/slow"):
            field = group.get_by_role("textbox", name="Model ID or pattern").first
            await field.fill(pattern)
            await field.press("Enter")
        await expect(result.get_by_role("listitem").nth(1)).to_contain_text("local/slow")
        await group.get_by_role("button", name="Move local/slow up").press("Enter")
        await expect(result.get_by_role("listitem").first).to_contain_text("local/slow")
        await expect(group.get_by_role("button", name="Move local/slow down")).to_be_focused()
        await group.get_by_role("button", name="Remove local/echo").click()
        await expect(group.get_by_role("list", name="Shown first").get_by_role("listitem")).to_have_count(1)
        await axe.check(desk)

        await group.get_by_role("button", name="Save: Fast").click()
        dialog = desk.get_by_role("dialog", name="Save: Fast")
        await dialog.get_by_role("textbox", name="Reason").fill("It answers first")
        await dialog.get_by_role("button", name="Save", exact=True).click()
        await expect(desk.get_by_text("The group is saved.")).to_be_visible()
        await expect(group.get_by_role("button", name="Save: Fast")).to_have_count(0)
        await expect(result).to_contain_text("Shown now")
        kept = staff.rows(stack, "select models from oneai.model_sections where section = 'fast'")
        assert kept == [(["local/slow"],)]
    finally:
        staff.rows(stack, "update oneai.model_sections set models = '{}' where section = 'fast'")
    await desk.goto("/admin/audit?action=model_sections.change")
    await expect(desk.get_by_role("table", name="Audit log")).to_contain_text("It answers first")
