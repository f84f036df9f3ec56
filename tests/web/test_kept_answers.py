"""What the page keeps of answers through reloads: thoughts, and answers side by side."""

import re

from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User
from tests.web.staff import rows


async def test_the_thoughts_of_an_answer_are_there_after_a_reload(page: Page) -> None:
    await chat.begin(page, "Hello", "local/reasoning")
    await expect(chat.answers(page)).to_have_count(1)

    await page.reload()

    thoughts = chat.answers(page).locator("details")
    await expect(thoughts).to_have_count(1)
    await thoughts.locator("summary").click()
    await expect(thoughts).to_contain_text("Let me think about that.")


async def test_a_comparison_with_a_failed_side_is_the_same_after_a_reload(page: Page) -> None:
    await page.goto("/c")
    await chat.compare(page, "local/reasoning", "local/reasoning-only", "GPT-4.1 Mini")
    await chat.send(page, "Which of you?")
    region = page.get_by_role("region", name="Answers side by side")
    columns = region.get_by_role("article")
    for rated in ("false", "true"):
        good = columns.nth(2).get_by_role("button", name="Good answer: OpenAI: GPT-4.1 Mini")
        await expect(good).to_have_attribute("aria-pressed", rated)
        await expect(columns.nth(1)).to_contain_text("The model returned an empty answer.")
        async with page.expect_response(lambda response: response.url.endswith("/feedback")):
            await good.click()
        await expect(columns.and_(page.locator("[data-state=complete]"))).to_have_count(2)
        await expect(columns.and_(page.locator("[data-state=failed]"))).to_have_count(1)
        await expect(region.get_by_text("First word after")).to_have_count(2)
        await expect(region.get_by_role("button", name="Copy the answer from")).to_have_count(2)
        await expect(columns.first.locator("details")).to_have_count(1)
        await page.reload()
    await axe.check(page)

    await columns.nth(2).get_by_role("button", name="Use this answer").click()
    await expect(chat.answers(page)).to_have_count(1)
    await expect(chat.answers(page)).to_have_attribute("aria-label", "OpenAI: GPT-4.1 Mini")
    await page.get_by_role("button", name="What each version cost").click()
    await page.get_by_role("checkbox", name="Compare version 2").uncheck()
    await page.get_by_role("button", name="Show side by side").click()
    await expect(columns).to_have_count(2)
    await region.get_by_role("button", name="Show one answer").click()
    await expect(region).to_have_count(0)
    await expect(chat.answers(page)).to_have_count(1)


async def test_a_failed_answer_says_why_after_a_reload(page: Page) -> None:
    await chat.begin(page, "Hello", "local/error-403-moderation")
    answer = chat.answers(page, "failed")
    for _ in range(2):
        await expect(answer).to_contain_text("because of its content rules")
        await expect(answer.get_by_role("button", name="Choose another model")).to_be_visible()
        await expect(answer.get_by_role("button", name="Try again")).to_have_count(0)
        await page.reload()

    await chat.begin(page, "Hello", "local/error-429-wait")
    await expect(answer.get_by_role("button", name=re.compile(r"Try again in \d+ s"))).to_be_disabled()
    await expect(answer.get_by_role("button", name="Choose another model")).to_be_enabled()
    await page.reload()
    await expect(answer.get_by_role("button", name="Try again", exact=True)).to_be_enabled()


async def test_one_answer_of_a_comparison_is_stopped_after_a_reload(page: Page) -> None:
    await page.goto("/c")
    await chat.compare(page, "local/slow", "local/echo")
    await chat.send(page, "Side by side")
    columns = page.get_by_role("region", name="Answers side by side").get_by_role("article")
    await expect(columns.nth(1)).to_have_attribute("data-state", "complete")
    await page.reload()
    await expect(columns.nth(1)).to_have_attribute("data-state", "complete")
    await columns.first.get_by_role("button", name="Stop Stand-in: local/slow").click()
    await expect(columns.first).to_have_attribute("data-state", "stopped")
    await expect(columns).to_have_count(2)


async def test_the_summary_of_earlier_messages_is_read_where_it_ends(page: Page, user: User, stack: Stack) -> None:
    (talk,) = await import_conversations(user, [Conversation("Trip", ["Kerala?", "In July.", "By train?", "Yes."])])
    rows(
        stack,
        "insert into oneai.conversation_summaries (message_id, conversation_id, user_id, content, model) "
        "select id, conversation_id, user_id, 'Asha goes to Kerala in July.', 'openai/gpt-4.1-mini' "
        "from oneai.chat_messages where conversation_id = %s and content = 'In July.' returning message_id",
        [talk],
    )
    await page.goto(f"/c/{talk}")
    line = page.get_by_text("Earlier messages are summarised")
    await expect(line).to_be_visible()
    places = await page.locator("[role=log] > div").all_inner_texts()
    assert ["summarised" in text for text in places] == [False, False, True, False, False]

    await page.get_by_role("button", name="Read the summary of the earlier messages").click()
    dialog = page.get_by_role("dialog", name="Summary of the earlier messages")
    await expect(dialog).to_contain_text("Asha goes to Kerala in July.")
    await expect(dialog).to_contain_text("by OpenAI: GPT-4.1 Mini")
    await axe.check(page)
