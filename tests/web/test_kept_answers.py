"""What the page keeps of answers through reloads: thoughts, and answers side by side."""

from playwright.async_api import Page, expect

from tests.web import axe, chat


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
    for _ in range(2):
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
