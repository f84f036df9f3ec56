"""A table that is wider than the screen shows that there is more, and scrolls by keyboard."""

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, paying, staff
from tests.web.admin.conftest import Newcomer

pytestmark = pytest.mark.exhaustive


async def test_a_table_shows_on_which_side_there_is_more(stack: Stack, desk: Page, newcomer: Newcomer) -> None:
    user = await newcomer()
    async with user.client() as client:
        await paying.subscribe(client)
    staff.rows(stack, staff.ROLL_UP)
    await desk.set_viewport_size({"width": 375, "height": 800})
    for address in ("/admin/payments", "/admin/analytics/revenue"):
        await desk.goto(address)
        edges = desk.locator("[data-edge]")
        await expect(edges.first).to_be_visible()
        region = edges.first.locator("xpath=..").get_by_role("region")
        await expect(region).to_have_attribute("tabindex", "0")
        start, end = (edges.first.locator("xpath=..").locator(f"[data-edge={side}]") for side in ("start", "end"))
        await expect(end).to_have_count(1)
        await expect(start).to_have_count(0)
        await axe.check(desk)

        await region.focus()
        await desk.keyboard.press("ArrowRight")
        await expect(start).to_have_count(1)
        await region.evaluate("(table) => { table.scrollLeft = table.scrollWidth; }")
        await expect(end).to_have_count(0)


async def test_a_table_that_fits_is_no_stop_of_the_tab_key(desk: Page, newcomer: Newcomer) -> None:
    async with (await newcomer()).client() as client:
        await paying.subscribe(client)
    await desk.set_viewport_size({"width": 375, "height": 800})
    await desk.goto("/admin/payments")
    table = desk.get_by_role("region", name="Payment", exact=True)
    await expect(table).to_have_attribute("tabindex", "0")
    await desk.set_viewport_size({"width": 2560, "height": 800})
    await expect(desk.locator("[data-edge]")).to_have_count(0)
    assert await table.get_attribute("tabindex") is None
