"""An admin reads the figures of credits, and gives, takes back and releases those of a workspace."""

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe, paying
from tests.web.admin.test_journeys import act
from tests.web.people import User
from tests.web.test_credits import buy

pytestmark = pytest.mark.exhaustive


async def test_credits_of_a_workspace_are_given_taken_back_and_released(desk: Page, user: User, stack: Stack) -> None:
    payment = await buy(user)
    await desk.goto("/admin/credits")
    await expect(desk.get_by_role("region", name="Purchases", exact=True).first).to_contain_text("₹")
    await expect(desk.get_by_text("Each payment and each bought credit is explained.")).to_be_visible()
    await axe.check(desk)

    await desk.goto(f"/admin/sales/workspaces/{user.id}")
    shown = desk.get_by_role("region", name="Credits", exact=True).first
    await expect(shown).to_contain_text("$10.00")
    await shown.get_by_role("button", name="Give credits").click()
    dialog = desk.get_by_role("dialog", name="Give credits")
    await dialog.get_by_label("US dollars").fill("2.50")
    await dialog.get_by_label("Reason").fill("A slow day")
    await axe.check(desk)
    await dialog.get_by_role("button", name="Give $2.50").click()
    row = shown.get_by_role("row").filter(has_text="Given")
    await expect(row).to_contain_text("$2.50")
    await axe.check(desk)

    await act(desk, "Take back: $2.50", "A mistake", "Take the credits back?")
    await expect(row).to_contain_text("Ended early")
    await paying.control(stack.url, f"payments/{payment}", {"dispute": "lost"})

    async def is_blocked() -> bool:
        await desk.reload()
        await expect(shown).to_contain_text("Available")
        return await desk.locator("[data-code=credits_blocked]").count() > 0

    await eventually(is_blocked)
    await axe.check(desk)
    await act(desk, "Release", "We talked", "Release the block?")
    await expect(desk.locator("[data-code=credits_blocked]")).to_have_count(0)


async def test_support_sees_credits_and_changes_none(support_desk: Page, user: User) -> None:
    await buy(user)
    await support_desk.goto(f"/admin/sales/workspaces/{user.id}")
    shown = support_desk.get_by_role("region", name="Credits", exact=True).first
    await expect(shown).to_contain_text("$10.00")
    await expect(shown.get_by_role("button")).to_have_count(0)
