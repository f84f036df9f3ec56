"""A team at Stripe in the browser: it adds seats, agrees to the next charge, and takes fewer."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import eventually
from tests.web import axe, paying_at_stripe
from tests.web.clock import JOB_SECONDS, Clock
from tests.web.people import User
from tests.web.test_team_billing import change_seats
from tests.web.test_teams import make_team

pytestmark = pytest.mark.exhaustive


def seats_of(subscriptions: list[dict[str, Any]]) -> list[int]:
    """The seats of those that have not ended."""
    return [each["items"]["data"][0]["quantity"] for each in subscriptions if each["status"] != "canceled"]


async def test_an_owner_adds_seats_agrees_to_the_next_charge_and_takes_fewer(
    page: Page, user: User, clock: Clock, stack: Stack
) -> None:
    team = (await make_team(user))["id"]
    async with user.client() as client:
        client.headers["oneai-workspace"] = team
        bought = await paying_at_stripe.subscribe(client, "team", seats=3)
    seat = bought["charged_amount"] / 100
    await page.goto(f"/billing?workspace={team}")
    plan = page.get_by_role("region", name="Your plan")
    await expect(plan).to_contain_text(f"${3 * seat:.2f} a month")

    await change_seats(page, 5)
    await expect(page.get_by_text("2 seats more until")).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_text(f"${5 * seat:.2f}")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("button", name="Pay $").click()
    await expect(page.get_by_text("Your team has 5 seats now.")).to_be_visible()
    await page.goto("/billing")
    await expect(page.locator("[data-code=renewal_smaller]")).to_contain_text("only 3 seats will be renewed")
    await page.get_by_role("button", name="Agree to the next charge").click()
    await expect(page.get_by_text(f"${5 * seat:.2f}")).to_be_visible()
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_text("each charge is for 5 seats")).to_be_visible()
    await page.goto("/billing")
    await expect(page.locator("[data-code=renewal_smaller]")).to_have_count(0)
    await expect(plan).to_contain_text(f"${5 * seat:.2f} a month")
    await expect(plan).not_to_contain_text("You cancelled")
    await expect(plan).not_to_contain_text("starts on")

    await change_seats(page, 2)
    await expect(page.get_by_text("Nothing is charged now")).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_text(f"${2 * seat:.2f}")).to_be_visible()
    await page.get_by_role("button", name="Continue to payment").click()
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_text("each charge is for 2 seats")).to_be_visible()
    await page.goto("/billing")
    await expect(plan).to_contain_text("your team has 2 seats")
    await expect(plan).to_contain_text("5 seats")
    await axe.check(page)
    # What was agreed to before is replaced, and one subscription follows the other.
    await clock.advance(seconds=JOB_SECONDS)
    await eventually(
        lambda: paying_at_stripe.subscriptions(stack.url, team),
        lambda found: (
            [each["items"]["data"][0]["quantity"] for each in found if each["status"] != "canceled"] == [2, 3]
        ),
    )
