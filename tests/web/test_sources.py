"""What an answer is written from: named under it, in its text, and to readers of a link where its owner says so."""

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.documents import CONTRACT, add_document, ask
from tests.web.people import User
from tests.web.test_hostile_text import FIND_HARM, PAYLOADS

MARKED = "Notice [2], rent [1], nothing [7] or [01], `[1]` is code.\n\n```\n[2]\n```\n\n| a |\n| - |\n| [1] |"


async def test_source_numbers_open_their_passages_and_other_numbers_remain_text(
    page: Page, user: User, stack: Stack
) -> None:
    document = add_document(stack, user)
    await page.goto(f"/c/{await ask(user, MARKED, document)}")
    answer = chat.answers(page)
    await expect(answer.locator(".markdown[data-state=complete]")).to_be_visible()

    # The model repeats the prompt: the passages, and then the question.
    said = answer.locator(".block").filter(has_text="nothing [7] or [01]")
    await expect(said.locator("button.source")).to_have_text(["[2]", "[1]"])
    await expect(said.locator("code")).to_have_text("[1]")
    await expect(answer.locator("figure.code pre").last).to_have_text("[2]")
    await expect(answer.locator("td button.source")).to_have_text(["[1]"])
    await said.get_by_role("button", name="Source 2: contract.pdf, page 2", exact=True).click()
    passage = page.get_by_role("group", name="Source 2: contract.pdf, page 2")
    await expect(passage).to_contain_text(CONTRACT[1])
    await axe.check(page)
    await expect(passage.get_by_role("link", name="Open the passage")).to_have_attribute(
        "href", f"/knowledge/{document}?page=2"
    )
    await page.keyboard.press("Escape")
    await expect(passage).to_have_count(0)

    listed = page.get_by_role("group", name="Sources", exact=True).get_by_role("listitem")
    await expect(listed).to_have_count(2)
    await expect(listed.last).to_contain_text("contract.pdf · page 2 · Section 2")
    await expect(listed.last).to_contain_text(CONTRACT[1])


@pytest.mark.exhaustive
async def test_sources_of_a_running_answer_are_the_same_after_a_reload(page: Page, user: User, stack: Stack) -> None:
    document = add_document(stack, user)
    conversation = await ask(user, "Begin [1]", document)
    await page.goto(f"/c/{conversation}")
    await expect(chat.composer(page)).to_be_editable()
    await chat.choose_model(page, chat.ECHO)
    await chat.send(page, "And the notice [2]?")

    second = chat.answers(page).nth(1)
    asked = second.locator(".block").last
    await expect(asked.get_by_role("button", name="Source 2: contract.pdf, page 2", exact=True)).to_be_visible()
    named = await second.get_by_role("group", name="Sources", exact=True).inner_text()
    await page.reload()
    await expect(second.get_by_role("group", name="Sources", exact=True)).to_have_text(named, use_inner_text=True)
    await expect(asked.locator("button.source")).to_have_text(["[2]"])


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("shown", [True, False])
async def test_readers_of_a_link_see_sources_only_if_its_owner_allows_it(
    page: Page, visitor: Page, user: User, stack: Stack, shown: bool
) -> None:
    await page.goto(f"/c/{await ask(user, 'The rent [1]?', add_document(stack, user))}")
    await page.get_by_role("group", name="Actions").last.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share this chat")
    if shown:
        await dialog.get_by_role("checkbox", name="Show sources").check()
    await dialog.get_by_role("button", name="Create link").click()
    await visitor.goto(await dialog.get_by_role("textbox", name="Link address").input_value())

    await expect(visitor.locator("article .markdown[data-state=complete]")).to_be_visible()
    await expect(visitor.get_by_role("group", name="Sources", exact=True)).to_have_count(1 if shown else 0)
    if not shown:
        await expect(visitor.locator("button.source")).to_have_count(0)
        return
    await visitor.get_by_role("button", name="Source 1: contract.pdf", exact=True).last.click()
    passage = visitor.get_by_role("group", name="Source 1: contract.pdf")
    await expect(passage).to_contain_text(CONTRACT[0])
    await expect(passage.get_by_role("link")).to_have_count(0)
    await axe.check(visitor)


async def test_hostile_names_headings_and_passages_do_nothing(page: Page, user: User, stack: Stack) -> None:
    await page.add_init_script("window.pwned = () => { window.scriptRan = true; }")
    texts = [text for text in PAYLOADS.values() if "\0" not in text][:8]
    document = add_document(stack, user, texts, name=texts[0][:200], headings=[text[:200] for text in texts])
    await page.goto(f"/c/{await ask(user, 'Say [1] and [3]', document)}")
    await expect(page.locator("article .markdown[data-state=complete]")).to_be_visible()
    group = page.get_by_role("group", name="Sources", exact=True)
    await group.get_by_role("button", name="Show all 8").click()
    await expect(group.get_by_role("listitem")).to_have_count(8)
    await page.locator("button.source").last.click()
    await expect(page.get_by_role("link", name="Open the passage")).to_be_visible()

    assert await page.evaluate(FIND_HARM) == []
