"""Figures of chatbots on their pages: chosen chatbots compared, and what visitors ask about."""

import httpx
from playwright.async_api import Page, expect

from tests.web import axe, paying
from tests.web.chromium import becomes
from tests.web.clock import Clock
from tests.web.conftest import OpenContext
from tests.web.people import User
from tests.web.test_chatbots import make_chatbot


async def _ask(client: httpx.AsyncClient, chatbot: dict[str, str], times: int, question: str = "Hello") -> None:
    """Publishes the chatbot, whom this many visitors ask the question."""
    (await client.post(f"/api/chatbots/{chatbot['id']}/publish")).raise_for_status()
    path = f"/api/widget/{chatbot['public_id']}"
    for _ in range(times):
        session = (await client.post(f"{path}/sessions", json={})).raise_for_status().json()
        visitor = {"authorization": f"Bearer {session['token']}"}
        (await client.post(f"{path}/chat", json={"message": question}, headers=visitor)).raise_for_status()


async def test_chosen_chatbots_are_compared_in_a_chart_a_table_and_a_file(
    page: Page, user: User, open_context: OpenContext, clock: Clock
) -> None:
    chats = {"Tea": 1, "Rent": 3, "Bicycles": 2}
    async with user.client() as client:
        await paying.subscribe(client)  # of the free plan there is one chatbot
        for name, times in chats.items():
            await _ask(client, await make_chatbot(user, name=name, knowledge={"mode": "general"}), times)

    await page.clock.set_system_time(await clock.now())  # the page shows the days until the browser's
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


async def test_a_topic_of_five_visitors_becomes_an_answer_an_evaluation_and_a_file(
    page: Page, user: User, clock: Clock
) -> None:
    question = "Do you ship tea to Goa?"
    made = await make_chatbot(user, knowledge={"mode": "general"})
    async with user.client() as client:
        await _ask(client, made, 5, question)
        await user.run_job("roll_up_usage")
        await page.clock.set_system_time(await clock.now())  # the page shows the days until the browser's
        await page.goto(f"/chatbots/{made['id']}/analytics")
        topics = page.get_by_role("region", name="What visitors ask about")
        await expect(topics.get_by_role("listitem").first).to_contain_text(question)
        await expect(topics).to_contain_text("asked 5 times, answered 5")
        await expect(page.get_by_role("region", name="Languages")).to_contain_text("English")
        await axe.check(page)
        async with page.expect_download() as saved:
            await topics.get_by_role("button", name="Save as CSV").click()
        lines = (await (await saved.value).path()).read_text().splitlines()
        assert lines == ["name,questions,visitors,answered,not_found", f"{question},5,5,5,0"]

        dialog = page.get_by_role("dialog")
        await topics.get_by_role("button", name=f"Write an answer: {question}").click()
        await expect(dialog.get_by_label("Question")).to_have_value(question)
        await dialog.get_by_label("Answer", exact=True).fill("Yes, in three days.")
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Visitors who ask this get your answer from now on.")).to_be_visible()
        await topics.get_by_role("button", name=f"Add to evaluations: {question}").click()
        await dialog.get_by_label("The answer contains").fill("three days")
        await dialog.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("The question is in the evaluations.")).to_be_visible()
        for path, field in (("answers", "answer"), ("evaluations", "question")):
            (kept,) = (await client.get(f"/api/chatbots/{made['id']}/{path}")).raise_for_status().json()["items"]
            assert kept[field] == {"answer": "Yes, in three days.", "question": question}[field]
