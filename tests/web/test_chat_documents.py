"""Asking about documents in the chat: chosen, dropped, kept, removed, refused."""

import base64
import re

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.ingest_document import made
from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.documents import CONTRACT, add_document, processed
from tests.web.people import User
from tests.web.staff import rows

pytestmark = pytest.mark.sampled(0.45)

_DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, type, bytes } of files)
    transfer.items.add(new File([Uint8Array.from(atob(bytes), (each) => each.charCodeAt(0))], name, { type }));
  for (const kind of ["dragover", "drop"])
    document.querySelector("main").dispatchEvent(
      new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
NO_TYPE = ""


async def drop(page: Page, files: dict[str, bytes]) -> None:
    """Drops files onto the page, by name."""
    sent = [
        {"name": name, "type": NO_TYPE, "bytes": base64.b64encode(content).decode()} for name, content in files.items()
    ]
    await page.evaluate(_DROP, sent)


def asked(page: Page) -> Locator:
    """What the next question is asked about."""
    return page.get_by_role("list", name="About").get_by_role("listitem")


def attached(page: Page) -> Locator:
    """The files that go along with the next question."""
    return page.get_by_role("list", name="Attached files").get_by_role("listitem")


async def choose(page: Page, *names: str) -> None:
    """Chooses documents or collections in the composer."""
    await page.get_by_role("button", name="Documents", exact=True).click()
    picker = page.get_by_role("group", name="Documents", exact=True)
    await expect(picker).to_be_visible()
    for name in names:
        await picker.get_by_role("checkbox", name=re.compile(re.escape(name))).check()
    await page.keyboard.press("Escape")


async def named(user: User, page: Page) -> list[tuple[list[str], list[str]]]:
    """What each visible question of the open conversation is about: documents and collections."""
    async with user.client() as client:
        path = f"/api/conversations/{chat.conversation_of(page)}/messages"
        items = (await client.get(path)).raise_for_status().json()["items"]
    metadata = [each["metadata"] for each in items if each["role"] == "user"]
    return [(each.get("documents", []), each.get("collections", [])) for each in metadata]


@pytest.mark.exhaustive
async def test_chosen_documents_are_kept_until_they_are_removed(page: Page, user: User, stack: Stack) -> None:
    document = add_document(stack, user)
    async with user.client() as client:
        collection = (await client.post("/api/collections", json={"name": "Home"})).raise_for_status().json()["id"]
    add_document(stack, user, ["The flat has two rooms."], name="flat.pdf", collection=collection)
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await choose(page, "contract.pdf", "Home")
    await expect(asked(page)).to_have_count(2)
    await axe.check(page)
    await chat.choose_model(page, chat.ECHO)
    await chat.send(page, "The rent [1]?")
    await expect(chat.answers(page)).to_have_count(1)
    await expect(asked(page)).to_have_count(2)

    await page.reload()
    await expect(asked(page)).to_contain_text(["Home", "contract.pdf"])
    await chat.send(page, "And the notice?")
    await expect(chat.answers(page)).to_have_count(2)
    for name in ("Home", "contract.pdf"):
        await page.get_by_role("button", name=f"Remove {name}").click()
    await expect(asked(page)).to_have_count(0)
    await chat.send(page, "What is a lease?")
    await expect(chat.answers(page)).to_have_count(3)
    await expect(chat.answers(page).last.get_by_role("group", name="Sources", exact=True)).to_have_count(0)
    assert await named(user, page) == [([document], [collection]), ([document], [collection]), ([], [])]


async def test_a_question_about_a_dropped_pdf_is_sent_when_the_pdf_is_read(page: Page, user: User) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await chat.choose_model(page, chat.ECHO)
    await chat.composer(page).fill("How high is the rent [1]?")
    await drop(page, {"lease.pdf": made.pdf([CONTRACT[0]]), "notes.txt": b"a text"})
    await expect(attached(page)).to_contain_text(["lease.pdf", "notes.txt"])
    await expect(attached(page).get_by_role("progressbar", name="lease.pdf")).to_be_visible()
    waiting = page.get_by_text("Sends when lease.pdf is read")
    await page.keyboard.press("Enter")
    await expect(waiting).to_be_visible()
    await page.get_by_role("button", name="Don’t send").click()
    await expect(waiting).to_have_count(0)
    await expect(chat.composer(page)).to_have_value("How high is the rent [1]?")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(waiting).to_be_visible()
    await axe.check(page)
    async with processed(user):
        await expect(chat.questions(page)).to_have_count(1)

    chip = chat.answers(page).get_by_role("button", name="Source 1: lease.pdf, page 1", exact=True)
    await expect(chip.last).to_be_visible()
    await expect(attached(page)).to_have_count(0)
    await expect(chat.questions(page)).to_contain_text("lease.pdf")
    async with user.client() as client:
        assert (await client.get("/api/documents")).json()["items"] == []  # it is this conversation's alone


async def test_an_unreadable_file_says_why_and_its_question_goes_without_it(page: Page, user: User) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await chat.composer(page).fill("What does it say?")
    await drop(page, {"locked.pdf": made.pdf(["Secret"], password="secret")})
    await page.keyboard.press("Enter")
    async with processed(user):
        await expect(attached(page).get_by_role("alert")).to_contain_text("protected with a password")
    await expect(page.get_by_text("locked.pdf couldn’t be read, so your question wasn’t sent.")).to_be_visible()
    await expect(chat.composer(page)).to_have_value("What does it say?")
    await axe.check(page)
    await page.get_by_role("button", name="Send without this file").click()
    await expect(chat.questions(page)).to_have_text("What does it say?")
    await expect(attached(page)).to_have_count(0)


async def test_an_unread_document_is_a_refusal_with_next_steps(
    page: Page, user: User, stack: Stack, watch: Watch
) -> None:
    watch.refused(409)
    document = add_document(stack, user)
    await page.goto(f"/c?document={document}")
    await expect(asked(page)).to_contain_text("contract.pdf")
    rows(
        stack,
        "update oneai.documents set status = 'extracting', next_attempt_at = oneai.now() + interval '1 day' "
        "where id = %s",
        [document],
    )
    await chat.send(page, "The rent?")
    refusal = page.locator("[data-code=document_not_ready]")
    await expect(refusal).to_contain_text("is still being read")
    await expect(chat.composer(page)).to_have_value("The rent?")
    await expect(refusal.get_by_role("link", name="Open the document")).to_have_attribute(
        "href", f"/knowledge/{document}"
    )
    await axe.check(page)
    await refusal.get_by_role("button", name="Ask without documents").click()
    await expect(chat.answers(page)).to_have_count(1)
    await expect(asked(page)).to_have_count(0)
    assert await named(user, page) == [([], [])]


@pytest.mark.exhaustive
async def test_a_document_deleted_since_is_no_longer_named(page: Page, user: User, stack: Stack, watch: Watch) -> None:
    watch.refused(404)  # its name is asked for
    first, second = add_document(stack, user), add_document(stack, user, ["Two rooms."], name="flat.pdf")
    await page.goto(f"/c?document={first}")
    await choose(page, "flat.pdf")
    await chat.choose_model(page, chat.ECHO)
    await chat.send(page, "The rent?")
    await expect(chat.answers(page)).to_have_count(1)
    async with user.client() as client:
        (await client.delete(f"/api/documents/{first}")).raise_for_status()
    await page.reload()
    await expect(asked(page)).to_have_text(["flat.pdf"])
    await expect(chat.answers(page).get_by_role("group", name="Sources", exact=True)).to_contain_text("contract.pdf")
    await chat.send(page, "And now?")
    await expect(chat.answers(page)).to_have_count(2)
    assert (await named(user, page))[1] == ([second], [])


async def test_the_picker_is_loaded_when_it_is_opened(page: Page) -> None:
    asked_for: list[str] = []

    async def note(route: Route) -> None:
        asked_for.append(route.request.url)
        await route.continue_()

    await page.route(re.compile("/api/(documents|collections)"), note)
    await page.goto("/c")
    await page.wait_for_load_state("networkidle")
    assert asked_for == []
    async with page.expect_request(re.compile("/api/documents")):
        await choose(page)
    assert asked_for != []
