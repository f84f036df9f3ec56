"""Versions of questions and answers, several models side by side, and what each answer cost."""

import pytest
from playwright.async_api import Page, expect

from tests.web import axe, chat
from tests.web.people import User

# In pixels, of the first question, which has versions, and its answer.
_SPACE = """() => {
  const [question, answer] = document.querySelectorAll("[role=log] article");
  const next = question.querySelector("[data-version-step='1'] svg");
  const [bubble, name, text, pager] = [question.firstElementChild, answer.children[0], answer.children[1], next].map(
    (each) => each.getBoundingClientRect(),
  );
  return {
    "before the answer": name.top - bubble.bottom,
    "below the name": text.top - name.bottom,
    "from the bubble's edge to the pager's": Math.abs(bubble.right - pager.right),
  };
}"""


async def test_an_edited_question_and_its_first_version_both_return_whole(page: Page) -> None:
    await chat.begin(page, "What is a monsoon?", chat.ECHO)
    await expect(chat.answers(page)).to_contain_text(["What is a monsoon?"])
    await chat.send(page, "And a cyclone?")
    await expect(chat.answers(page)).to_have_count(2)

    first = chat.questions(page).first
    await first.hover()
    await first.get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="Edit message").fill("What is a tide?")
    await page.get_by_role("button", name="Send edited message").click()
    await expect(chat.questions(page)).to_contain_text(["What is a tide?"])
    await expect(chat.answers(page)).to_contain_text(["What is a tide?"])
    space = await page.evaluate(_SPACE)
    assert space["before the answer"] <= 48
    assert space["below the name"] >= 8
    assert space["from the bubble's edge to the pager's"] <= 4

    versions = chat.questions(page).first.get_by_role("group", name="Version 2 of 2")
    await versions.get_by_role("button", name="Previous version").click()
    await expect(chat.questions(page)).to_contain_text(["What is a monsoon?", "And a cyclone?"])
    await expect(chat.answers(page)).to_have_count(2)
    again = chat.questions(page).first.get_by_role("group", name="Version 1 of 2")
    await expect(again.get_by_role("button", name="Next version")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(chat.questions(page)).to_contain_text(["What is a tide?"])
    await expect(chat.questions(page)).to_have_count(1)


async def test_a_regenerated_answer_is_a_version_with_its_cost(page: Page) -> None:
    await chat.begin(page, "Hello", chat.ECHO)
    actions = chat.answers(page).get_by_role("group", name="Actions")
    await actions.get_by_role("button", name="Regenerate", exact=True).click()
    await expect(chat.answers(page).get_by_role("group", name="Version 2 of 2")).to_be_visible()

    await actions.get_by_role("button", name="Regenerate with another model").click()
    await page.get_by_role("combobox", name="Regenerate with another model").fill("GPT-4.1 Mini")
    await expect(page.get_by_role("option").first).to_contain_text("GPT-4.1 Mini")
    await page.keyboard.press("Enter")
    await expect(chat.answers(page).get_by_role("group", name="Version 3 of 3")).to_be_visible()
    await expect(chat.answers(page)).to_have_attribute("aria-label", "OpenAI: GPT-4.1 Mini")

    await page.get_by_role("button", name="What each version cost").click()
    rows = page.locator("[popover]:popover-open").get_by_role("listitem").get_by_role("button")
    await expect(rows).to_have_count(3)
    await expect(rows.last).to_contain_text("$")


async def test_compared_answers_are_shown_side_by_side_and_one_is_chosen(page: Page) -> None:
    await page.goto("/c")
    await chat.compare(page, "local/echo", "GPT-4.1 Mini")
    await chat.composer(page).fill("Which of you?")
    await expect(page.locator("[data-quote]")).to_contain_text("2 × Answers from small models")
    await page.keyboard.press("Enter")

    columns = page.get_by_role("region", name="Answers side by side").get_by_role("article")
    await expect(columns.and_(page.locator("[data-state=complete]"))).to_have_count(2)
    await expect(columns.first).to_have_attribute("aria-label", "Stand-in: local/echo")
    await columns.nth(1).get_by_role("button", name="Use this answer").click()

    await expect(chat.answers(page)).to_have_count(1)
    await expect(chat.answers(page)).to_have_attribute("aria-label", "OpenAI: GPT-4.1 Mini")
    await expect(page.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    await page.reload()
    await expect(chat.answers(page)).to_have_attribute("aria-label", "OpenAI: GPT-4.1 Mini")


@pytest.mark.exhaustive
async def test_compared_answers_continue_after_a_reload_and_are_tabs_on_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 375, "height": 700})
    await page.goto("/c")
    await chat.compare(page, "local/slow", "local/reasoning-slowly")
    await chat.send(page, "Side by side")
    await page.wait_for_url("**/c/*-*")
    tabs = page.get_by_role("tab")
    await expect(tabs).to_have_count(2)
    await page.reload()
    await expect(tabs).to_have_count(2)
    await tabs.first.focus()
    await page.keyboard.press("ArrowRight")
    await expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    await expect(page.get_by_role("button", name="Use this answer")).to_have_count(1)
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(page.locator("article[data-state=stopped]").first).to_be_attached()


@pytest.mark.exhaustive
async def test_an_answer_has_a_receipt_and_can_be_rated(page: Page, user: User) -> None:
    await chat.begin(page, "What did this cost?", "GPT-4.1 Mini")
    actions = chat.answers(page).get_by_role("group", name="Actions")
    await actions.get_by_role("button", name="Receipt").click()
    dialog = page.get_by_role("dialog", name="Receipt")
    await expect(dialog).to_contain_text("1 × answer from a small model")
    await expect(dialog).to_contain_text("openai/gpt-4.1-mini-2025-04-14")
    await axe.check(page)
    await page.keyboard.press("Escape")

    await actions.get_by_role("button", name="Bad answer").click()
    await page.get_by_role("textbox", name="What was wrong?").fill("Too short")
    await page.locator("[popover]:popover-open").get_by_role("button", name="Send").click()
    await expect(actions.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    await page.reload()
    await expect(actions.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    async with user.client() as client:
        read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    assert read["messages"]["items"][-1]["feedback"] == {"rating": -1, "note": "Too short"}


@pytest.mark.exhaustive
async def test_an_image_model_generates_an_image_that_is_shown(page: Page) -> None:
    await chat.begin(page, "Draw a kite", "Gemini 2.5 Flash Image")
    picture = chat.answers(page).get_by_role("img", name="Image 1")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("async (image) => (await image.decode(), image.naturalWidth)") > 0
    await expect(page.get_by_role("status", name="Quota")).to_contain_text("1 of 5")


@pytest.mark.exhaustive
async def test_instructions_apply_to_a_conversation_and_a_temporary_chat_is_not_listed(page: Page, user: User) -> None:
    await page.goto("/c")
    await page.get_by_role("button", name="Instructions").click()
    await page.get_by_role("textbox", name="Instructions for this chat").fill("Answer like a pirate.")
    await page.get_by_role("button", name="Save").click()
    await chat.send(page, "Hello")
    await expect(chat.answers(page)).to_have_count(1)
    async with user.client() as client:
        read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    assert read["system_prompt"] == "Answer like a pirate."

    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("button", name="Temporary chat").click()
    await chat.send(page, "Off the record")
    await expect(chat.answers(page)).to_contain_text("Off the record")
    await expect(page.get_by_role("note")).to_contain_text("This chat is temporary")
    await expect(page.get_by_role("navigation", name="Conversations").get_by_role("link")).to_have_count(1)
