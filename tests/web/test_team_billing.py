"""A team buys its plan by the seat, adds seats and takes fewer; members see why they may not."""

from playwright.async_api import Page, expect

from tests.web import axe, paying
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.invitations import join
from tests.web.people import User, newcomer
from tests.web.test_teams import make_team


async def change_seats(page: Page, seats: int) -> None:
    """Opens the dialog on the page of the plan, and types a number."""
    await page.goto("/billing")
    await page.get_by_role("button", name="Change seats").click()
    await page.get_by_role("textbox", name="Seats").fill(str(seats))


async def test_a_visitor_of_the_prices_makes_a_team_and_buys_seats_for_it(page: Page) -> None:
    await page.goto("/pricing")
    await page.get_by_role("textbox", name="Seats").fill("22")
    await expect(page.get_by_text("₹15,378")).to_be_visible()
    await expect(page.get_by_text("Above ₹15,000 your bank asks you")).to_be_visible()
    await page.get_by_role("button", name="Choose Team").click()
    await expect(page.get_by_role("heading", name="Team is for a team")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("main").get_by_role("button", name="Create a team").click()
    await page.get_by_label("Team name").fill("Nilgiri Tea")
    await page.get_by_role("button", name="Create team").click()

    summary = page.get_by_role("region", name="Summary")
    await expect(summary).to_contain_text("₹699 × 22 seats")
    await expect(summary).to_contain_text("Nilgiri Tea")
    await expect(summary).to_contain_text("above ₹15,000")
    await page.get_by_role("textbox", name="Seats").fill("1")
    await expect(page.get_by_role("button", name="Continue to payment")).to_be_disabled()
    await page.get_by_role("textbox", name="Seats").fill("5")
    await expect(summary).to_contain_text("₹3,495")
    await paying.fill_in_details(page)
    await axe.check(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_text("Your team is on Team now, with 5 seats")).to_be_visible()


async def test_an_owner_adds_seats_agrees_to_the_next_charge_and_takes_fewer(page: Page, user: User) -> None:
    team = (await make_team(user))["id"]
    async with user.client() as client:
        client.headers["oneai-workspace"] = team
        await paying.subscribe(client, plan_id="team", seats=5)
    await page.goto(f"/billing?workspace={team}")

    await change_seats(page, 8)
    await expect(page.get_by_text("3 seats more until")).to_be_visible()
    await expect(page.get_by_text("answers from small models")).to_be_visible()
    await axe.check(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_text("Your team has 8 seats now.")).to_be_visible()
    # The second authorisation waits on the page of the plan too.
    await page.goto("/billing")
    await expect(page.locator("[data-code=renewal_smaller]")).to_contain_text("only 5 seats will be renewed")
    await page.get_by_role("button", name="Agree to the next charge").click()
    await paying.pay(page)
    await expect(page.get_by_text("each charge is for 8 seats")).to_be_visible()

    await change_seats(page, 3)
    await expect(page.get_by_text("Nothing is charged now")).to_be_visible()
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_text("each charge is for 3 seats")).to_be_visible()
    await page.goto("/billing")
    await expect(page.get_by_role("region", name="Your plan")).to_contain_text("your team has 3 seats")


async def test_members_see_why_they_may_not_and_too_few_seats_name_who_sits_there(
    page: Page, user: User, open_context: OpenContext, watch: Watch
) -> None:
    watch.refused(422)
    team = (await make_team(user))["id"]
    people = [await newcomer(user.stack_url) for _ in range(2)]
    for person, role in zip(people, ("admin", "member"), strict=True):
        await join(user, team, person, role)

    await page.goto(f"/checkout/team?workspace={team}&seats=2")
    await paying.fill_in_details(page)
    await page.get_by_role("button", name="Continue to payment").click()
    refused = page.locator("[data-code=seats_taken]")
    await expect(refused).to_contain_text(people[1].email)
    await axe.check(page)
    async with user.client() as client:
        client.headers["oneai-workspace"] = team
        await paying.subscribe(client, plan_id="team", seats=5)

    admin, member = [await (await open_context(each.storage())).new_page() for each in people]
    await admin.goto(f"/billing?workspace={team}")
    plan = admin.get_by_role("region", name="Your plan")
    await expect(plan).to_contain_text("Only owners can change the plan and its seats.")
    await expect(plan.get_by_role("button")).to_have_count(0)
    await expect(admin.get_by_role("region", name="Invoices", exact=True)).to_contain_text("₹3,495")
    await member.goto(f"/billing?workspace={team}")
    await expect(member.get_by_role("heading", name="Only owners and admins see the plan")).to_be_visible()
    await axe.check(member)
    await member.goto("/checkout/team")
    await expect(member.get_by_role("heading", name="Only owners can buy")).to_be_visible()
