"""The page of figures: chatbots of a workspace, chosen and compared."""

import httpx
from playwright.async_api import Page, expect

from tests.web import axe, paying
from tests.web.chromium import becomes
from tests.web.conftest import OpenContext
from tests.web.people import User
from tests.web.test_chatbots import make_chatbot


async def _ask(client: httpx.AsyncClient, chatbot: dict[str, str], times: int) -> None:
    """Publishes the chatbot, of whom this many visitors ask one question."""
    (await client.post(f"/api/chatbots/{chatbot['id']}/publish")).raise_for_status()
    path = f"/api/widget/{chatbot['public_id']}"
    for _ in range(times):
        session = (await client.post(f"{path}/sessions", json={})).raise_for_status().json()
        visitor = {"authorization": f"Bearer {session['token']}"}
        (await client.post(f"{path}/chat", json={"message": "Hello"}, headers=visitor)).raise_for_status()


async def test_chosen_chatbots_are_compared_in_a_chart_a_table_and_a_file(
    page: Page, user: User, open_context: OpenContext
) -> None:
    chats = {"Tea": 1, "Rent": 3, "Bicycles": 2}
    async with user.client() as client:
        await paying.subscribe(client)  # of the free plan there is one chatbot
        for name, times in chats.items():
            await _ask(client, await make_chatbot(user, name=name, knowledge={"mode": "general"}), times)

    await page.goto("/analytics")
    table = page.get_by_role("table").filter(has=page.get_by_role("columnheader", name="Chatbot"))
    rows = table.get_by_role("row")
    chart = page.get_by_role("img", name="Chats by chatbot")
    days = page.get_by_role("region", name="By day").first
    await expect(rows.get_by_role("link")).to_have_text(["Rent", "Bicycles", "Tea"])
    await expect(chart).to_have_text("Rent 3 Bicycles 2 Tea 1", use_inner_text=True)

    await page.get_by_role("button", name="Chatbots All chatbots").click()
    for name in ("Tea", "Bicycles"):
        await page.get_by_role("checkbox", name=name).check()
    await expect(rows.get_by_role("link")).to_have_text(["Bicycles", "Tea"])
    await axe.check(page)
    await page.keyboard.press("Escape")
    chosen = page.get_by_role("button", name="Chatbots 2 chatbots")
    await expect(chosen).to_be_focused()
    await expect(days.locator("dl > div").filter(has_text="Chats")).to_contain_text("3")
    await page.get_by_label("Compare by").select_option("What you pay")
    await expect(page.get_by_role("img", name="What you pay by chatbot")).to_contain_text("$")
    async with page.expect_download() as saved:
        await page.get_by_role("region", name="By chatbot").get_by_role("button", name="Save as CSV").click()
    _, *lines = (await (await saved.value).path()).read_text().split()
    assert [line.split(",")[1:3] for line in lines] == [["Bicycles", "2"], ["Tea", "1"]]

    await chosen.click()
    await page.get_by_role("checkbox", name="Tea").uncheck()
    await expect(page.get_by_role("heading", name="What visitors ask about")).to_be_visible()
    await page.get_by_role("button", name="Show all chatbots").click()
    await expect(rows).to_have_count(4)

    phone = await open_context(user.storage(language="hi", theme="dark"), viewport={"width": 375, "height": 740})
    hindi = await phone.new_page()
    await hindi.goto("/analytics")
    await hindi.get_by_label("किससे तुलना करें").select_option("संतुष्टि")
    await expect(hindi.get_by_role("img", name="हर चैटबॉट: संतुष्टि")).to_be_visible()
    await becomes(hindi, "document.documentElement.scrollWidth <= innerWidth")
    await axe.check(hindi)
