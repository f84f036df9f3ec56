"""Footnotes of an answer: the number leads to its note and back, within one message, while it streams and later."""

import pytest
from playwright.async_api import Page, expect

from tests.web import axe
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

_COMPLETE = ".markdown[data-state=complete]"
_NOTES = "किराया हर महीने देय है[^1]। A class [^a-z] is text[^note].\n\n[^1]: अनुच्छेद 2।\n[^note]: Second"
_FOCUSED = "document.activeElement.closest('.markdown') === document.querySelectorAll('.markdown')[{}]"


@pytest.fixture
async def answers(page: Page, user: User) -> Page:
    """A page with two answers that have the same footnotes."""
    texts = ["One", _NOTES, "Two", _NOTES]
    (conversation,) = await import_conversations(user, [Conversation("Notes", texts)])
    await page.goto(f"/c/{conversation}")
    await expect(page.locator(f"article {_COMPLETE}")).to_have_count(2)
    return page


async def test_a_reference_links_to_the_note_of_its_message_and_back(answers: Page) -> None:
    second = answers.locator(f"article {_COMPLETE}").last
    reference = second.get_by_role("button", name="Footnote 1", exact=True)
    await reference.click()

    note = second.locator("[data-defines='1']")
    await expect(note).to_be_focused()
    await expect(note).to_contain_text("अनुच्छेद 2।")
    assert await answers.evaluate(_FOCUSED.format(1))
    await axe.check(answers)
    await note.get_by_role("button", name="Back to footnote 1 in the text").click()
    await expect(reference).to_be_focused()


@pytest.mark.exhaustive
async def test_a_reference_without_a_note_remains_text(answers: Page) -> None:
    answer = answers.locator(f"article {_COMPLETE}").first

    await expect(answer).to_contain_text("A class [^a-z] is text")
    await expect(answer.locator("button[data-action=note-show]")).to_have_text(["1", "note"])
    assert await answers.evaluate("document.querySelectorAll('.markdown [id]').length") == 0


@pytest.mark.exhaustive
async def test_footnotes_of_a_streaming_answer_are_linked(page: Page, user: User) -> None:
    async with user.client() as client:
        created = await client.post("/api/conversations", json={"title": "Notes", "model": "local/echo"})
    await page.goto(f"/c/{created.raise_for_status().json()['id']}")
    question = page.get_by_role("textbox", name="Message")
    await question.fill(_NOTES)
    await question.press("Enter")
    answer = page.locator(f"article[data-state=complete] {_COMPLETE}")
    await expect(answer).to_have_count(1)

    await expect(answer.locator("[data-defines]")).to_have_count(2)
    await expect(answer.get_by_role("button", name="Footnote note", exact=True)).to_have_count(1)
    assert await answer.locator(".block").evaluate_all("blocks => blocks.map(({ dataset }) => dataset.parses)") == [
        "1",
        "1",
    ]
