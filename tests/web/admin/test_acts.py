"""What admins do on a user's page and with payments; that support sees it all and does nothing; and everyone else."""

import re

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE
from tests.web import axe, paying, staff
from tests.web.admin.conftest import Newcomer
from tests.web.admin.test_journeys import act
from tests.web.chromium import Watch
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)


async def test_a_user_is_found_suspended_and_reinstated(desk: Page, user: User) -> None:
    await desk.goto("/admin")
    await desk.get_by_role("link", name="Users", exact=True).click()
    await desk.get_by_role("searchbox", name="Email address, name or ID").fill(user.email[:-4])
    await desk.keyboard.press("Enter")
    await expect(desk).to_have_url(re.compile(r"\?q=person-"))
    await desk.get_by_role("link", name=user.email).click()
    account = desk.get_by_role("region", name=user.email)
    await expect(account).to_contain_text("Active")
    await expect(account.get_by_text(re.compile(r"\d{4}, .* (IST|UTC|GMT)")).first).to_be_visible()

    await act(desk, "Suspend", "Payment fraud")
    await expect(account).to_contain_text("Payment fraud")
    async with user.client() as client:
        assert (await client.get("/api/conversations")).status_code == 403
    await act(desk, "End the suspension", "It was their card")
    await expect(account.get_by_role("button", name="Suspend")).to_be_visible()
    async with user.client() as client:
        assert (await client.get("/api/conversations")).status_code == 200
    await desk.go_back()
    await expect(desk.get_by_role("searchbox", name="Email address, name or ID")).to_have_value(user.email[:-4])


async def test_an_account_is_deleted_only_after_its_address_is_typed(desk: Page, user: User) -> None:
    await desk.goto(f"/admin/users/{user.id}")
    await desk.get_by_role("button", name="Delete").click()
    dialog = desk.get_by_role("dialog", name="Delete")
    await dialog.get_by_role("textbox", name="Reason").fill("Asked for by mail")
    confirm = dialog.get_by_role("button", name="Delete", exact=True)
    await expect(confirm).to_be_disabled()
    await dialog.get_by_label(f"Type {user.email} to confirm").fill(user.email)
    await axe.check(desk)
    await confirm.click()

    await expect(desk.get_by_role("region", name=user.email)).to_contain_text("Being deleted")


async def test_a_refund_is_previewed_and_made_once(desk: Page, user: User) -> None:
    async with user.client() as client:
        await paying.subscribe(client)
    await desk.goto(f"/admin/users/{user.id}")
    payments = desk.get_by_role("table", name="Payment")
    await payments.get_by_role("button", name=re.compile("Refund: pay_")).click()
    dialog = desk.get_by_role("dialog", name="Refund a payment")
    await expect(dialog).to_contain_text("You can refund up to ₹799 of the ₹799 paid.")
    await expect(dialog).to_contain_text("ends the access that this payment pays for")
    amount = dialog.get_by_role("textbox", name="Amount in INR")
    await amount.fill("900")
    await expect(dialog.get_by_role("button", name="Refund", exact=True)).to_be_disabled()
    await amount.fill("199.50")
    await dialog.get_by_role("textbox", name="Reason").fill("A lost day")
    await axe.check(desk)
    await dialog.get_by_role("button", name="Refund ₹199.50").click()

    await expect(desk.get_by_text("The refund was sent to the provider.")).to_be_visible()
    await expect(payments).to_contain_text("₹199.50")
    await payments.get_by_role("button", name=re.compile("Refund: pay_")).click()
    await expect(dialog).to_contain_text("up to ₹599.50 of the ₹799")


async def test_a_chatbot_is_suspended_and_found_again_alone_or_with_its_workspace(
    desk: Page, newcomer: Newcomer, stack: Stack
) -> None:
    people = [await newcomer() for _ in range(3)]
    marks = ["Insults", "Fraud", "A rival"]
    made = [await staff.report_chatbot(*each) for each in zip(people, marks, strict=True)]
    await desk.goto("/admin/chatbots")
    await expect(desk.get_by_role("link", name="Reported chatbots")).to_have_attribute("aria-current", "page")
    acts = ("Suspend", "Suspend all of the workspace", "Dismiss the reports")
    for person, mark, chatbot, label in zip(people, marks, made, acts, strict=True):
        reported = desk.get_by_role("region", name="Tea guide").filter(has_text=person.email)
        await expect(reported).to_contain_text(f"{mark} Order from an authority")
        page = await reported.get_by_role("link", name="Try the chatbot").get_attribute("href")
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            assert (await client.get(str(page))).status_code == 200
        assert str(page).endswith(f"/widget-test.html?chatbot={chatbot['public_id']}")
        await reported.get_by_role("button", name=f"{label}: Tea guide").click()
        dialog = desk.get_by_role("dialog")
        await dialog.get_by_role("textbox", name="Reason").fill("Seen")
        await dialog.get_by_role("button", name=label, exact=True).click()
        await expect(reported).to_have_count(0)

    async with people[0].client() as client:
        answers = [await client.get(f"/api/widget/{each['public_id']}") for each in made]
    assert [each.status_code for each in answers] == [404, 404, 200]
    query = "select chatbots_suspended_at is not null from oneai.workspaces where id = %s"
    assert [staff.rows(stack, query, [each["workspace_id"]]) for each in made] == [[(False,)], [(True,)], [(False,)]]

    suspended = desk.get_by_role("region", name="Suspended")
    await expect(suspended.get_by_role("listitem").filter(has_text="With all of its workspace")).to_have_count(1)
    await axe.check(desk)
    for person, label in zip(people, ("End the suspension", "End it for all of the workspace"), strict=False):
        item = suspended.get_by_role("listitem").filter(has_text=person.email)
        await item.get_by_role("button", name=f"{label}: Tea guide").click()
        await dialog.get_by_role("textbox", name="Reason").fill("Changed")
        await dialog.get_by_role("button", name=label, exact=True).click()
        await expect(item).to_have_count(0)
    async with people[0].client() as client:
        answers = [await client.get(f"/api/widget/{each['public_id']}") for each in made]
    assert [each.status_code for each in answers] == [200, 200, 200]


@pytest.mark.exhaustive
async def test_a_plan_is_granted_and_revoked(desk: Page, user: User) -> None:
    await desk.goto(f"/admin/users/{user.id}")
    plan = desk.get_by_role("region", name="Plan and subscription")
    await expect(plan).to_contain_text("Free")
    await act(desk, "Grant a plan", "Contract 17")
    await expect(plan).to_contain_text("Contract 17")
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "pro"

    await plan.get_by_role("button", name="Revoke").click()
    dialog = desk.get_by_role("dialog", name="Revoke the grant")
    await dialog.get_by_role("textbox", name="Reason").fill("It ended")
    await dialog.get_by_role("button", name="Revoke", exact=True).click()
    await expect(plan).to_contain_text("(ended)")
    async with user.client() as client:
        assert (await client.get("/api/subscription")).json()["tier"] == "free"


async def test_support_sees_everything_and_has_no_button_that_changes_anything(
    support_desk: Page, user: User, stack: Stack
) -> None:
    request_id = await staff.be_refused(stack, user)
    async with user.client() as client:
        await paying.subscribe(client)
    page = support_desk
    await page.goto(f"/admin/users/{user.id}")
    await expect(
        page.get_by_text("You have the support role: you can see everything here, but you can’t change anything.")
    ).to_be_visible()
    await expect(page.get_by_role("table", name="Payment")).to_contain_text("₹799")
    await expect(page.locator("main").get_by_role("button", name=re.compile("^(?!Open menu)"))).to_have_count(0)

    await page.get_by_role("link", name=request_id).click()
    await expect(page.get_by_text("quota_exceeded").first).to_be_visible()
    await expect(page.get_by_role("button", name="Add an override")).to_have_count(0)
    await page.goto("/admin/events")
    await expect(page.get_by_role("table", name="Provider events")).to_be_visible()
    await expect(page.get_by_role("button", name=re.compile("Replay"))).to_have_count(0)


async def test_users_without_a_role_get_the_not_found_page(page: Page, visitor: Page, watch: Watch) -> None:
    watch.refused(404)
    for address in ("/nowhere", "/admin", "/admin/users", "/admin/analytics/cost"):
        await page.goto(address)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
        await expect(page.get_by_text("Users")).to_have_count(0)
    await page.goto("/usage")
    await page.get_by_role("button", name=re.compile("Account of")).first.click()
    await expect(page.get_by_role("menuitem", name="Settings")).to_be_visible()
    await expect(page.get_by_role("menuitem", name="Administration")).to_have_count(0)

    await visitor.goto("/admin/users")
    await expect(visitor).to_have_url(re.compile(r"/login\?next=%2Fadmin%2Fusers"))


async def test_an_admin_finds_the_pages_in_the_menu(desk: Page) -> None:
    await desk.goto("/usage")
    await desk.get_by_role("button", name=re.compile("Account of")).first.click()
    await desk.get_by_role("menuitem", name="Administration").click()
    await expect(desk.get_by_role("heading", level=1)).to_have_text("Overview")


@pytest.mark.exhaustive
async def test_a_refused_or_failed_request_is_reported_and_loses_no_input(
    desk: Page, admin: User, watch: Watch
) -> None:
    watch.refused(422)
    await desk.goto(f"/admin/users/{admin.id}")
    await act(desk, "Suspend", "A slip")
    dialog = desk.get_by_role("dialog", name="Suspend")
    await expect(dialog.get_by_role("alert")).to_contain_text("You cannot suspend yourself.")
    await expect(dialog.get_by_role("textbox", name="Reason")).to_have_value("A slip")
    await desk.keyboard.press("Escape")

    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch")
    await desk.context.set_offline(True)
    await act(desk, "Sign out", "A lost phone")
    dialog = desk.get_by_role("dialog", name="Sign out")
    await expect(dialog.get_by_role("alert")).to_contain_text("The connection failed")
    await expect(dialog.get_by_role("textbox", name="Reason")).to_have_value("A lost phone")
    await expect(desk.get_by_text("You’re offline.").first).to_be_attached()
    await desk.context.set_offline(False)
