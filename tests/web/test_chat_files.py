"""Files that go along with a question, and finding one's way in a long conversation."""

import base64

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.ingest_document import made
from tests.web import axe, chat
from tests.web.chromium import Watch, becomes
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)

_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_pictures_and_texts_can_be_attached(page: Page, user: User) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    files: list[FilePayload] = [
        {"name": "dot.png", "mimeType": "image/png", "buffer": _PNG},
        {"name": "notes.md", "mimeType": "text/markdown", "buffer": "# टिप्पणी".encode()},
        {"name": "program.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\0"},
    ]
    await page.locator("input[type=file]").set_input_files(files)
    await expect(page.locator("[data-code=invalid_file]")).to_contain_text("program.exe can’t be attached")
    attached = page.get_by_role("list", name="Attached files")
    await expect(attached.get_by_role("listitem").and_(page.locator("[aria-busy=false]"))).to_have_count(2)
    await chat.choose_model(page, "GPT-4.1 Mini")
    await chat.send(page, "What is in these?")

    await expect(chat.answers(page)).to_have_count(1)
    await expect(chat.questions(page).get_by_role("img", name="dot.png")).to_be_visible()
    await page.reload()
    await expect(chat.questions(page).get_by_role("img", name="dot.png")).to_be_visible()
    await expect(chat.questions(page)).to_contain_text("notes.md")
    async with user.client() as client:
        read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    names = [each["name"] for each in read["messages"]["items"][0]["metadata"]["attachments"]]
    assert sorted(names) == ["dot.png", "notes.md"]


_PASTE = """(text) => {
  const clipboard = new DataTransfer();
  clipboard.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(paste);
}"""


async def test_a_long_paste_becomes_a_file_that_can_be_text_again(page: Page, user: User) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_focused()
    await chat.choose_model(page, chat.ECHO)
    await chat.composer(page).fill("What do these lines say? ")
    files = page.get_by_role("list", name="Attached files").get_by_role("listitem")
    lines = "\n".join(f"line {n}" for n in range(60))
    await page.evaluate(_PASTE, lines)
    await expect(files).to_contain_text(["60 lines · 469 bytes"])
    await page.evaluate(_PASTE, "x" * 2_000_000)
    await expect(files).to_contain_text(["Pasted text", "Pasted text 2"])
    await axe.check(page)
    await page.get_by_role("button", name="Remove Pasted text 2").click()

    await page.get_by_role("button", name="Insert as text: Pasted text").click()
    await expect(files).to_have_count(0)
    await expect(chat.composer(page)).to_have_value(f"What do these lines say? {lines}")
    await expect(chat.composer(page)).to_be_focused()

    await chat.composer(page).fill("What do these lines say?")
    await page.evaluate(_PASTE, lines)
    await page.keyboard.press("Enter")
    await expect(chat.questions(page)).to_contain_text("Pasted text")
    await expect(chat.answers(page)).to_have_count(1)
    async with user.client() as client:
        read = (await client.get(f"/api/conversations/{chat.conversation_of(page)}")).json()
    (attached,) = read["messages"]["items"][0]["metadata"]["attachments"]
    assert (attached["type"], attached["name"], attached["text"]) == ("text", "Pasted text", lines)


async def test_loading_earlier_messages_keeps_the_line_being_read(page: Page, user: User) -> None:
    texts = [f"text {n} " + "with words " * 20 for n in range(600)]
    (long,) = await import_conversations(user, [Conversation("Long", texts)])
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/messages" in request.url else None)
    await page.goto(f"/c/{long}")
    await expect(page.get_by_text("text 599 ")).to_be_in_viewport()
    assert requests == []

    region = page.get_by_role("region", name="Messages")
    articles = page.locator("article")
    shown = await articles.count()
    first = await articles.first.get_attribute("data-message-id")
    line = page.locator(f'[data-message-id="{first}"]')
    await line.scroll_into_view_if_needed()
    await becomes(page, f"document.querySelectorAll('article').length > {shown}")
    await page.wait_for_timeout(500)

    assert requests != []
    await expect(line).to_be_in_viewport()
    assert await region.evaluate("each => each.scrollTop") > 1_000


@pytest.mark.exhaustive
async def test_a_link_opens_an_old_message_and_one_on_a_hidden_branch(page: Page, user: User, watch: Watch) -> None:
    watch.refused(404)  # the hidden one is not on the visible branch
    (long,) = await import_conversations(user, [Conversation("Long", [f"text {n}." for n in range(300)])])
    async with user.client() as client:
        found = (await client.get(f"/api/conversations/{long}/messages?direction=newer&limit=1")).json()
        question = found["items"][0]["id"]
        await page.goto(f"/c/{long}?message={question}")
        await expect(page.get_by_text("text 0.", exact=True)).to_be_in_viewport()
        await expect(page.locator(f'[data-message-id="{question}"]')).to_be_focused()

        edit = {"edit_of": question, "message": "Another beginning", "model": chat.ECHO}
        (await client.post("/api/chat/stream", json=edit)).raise_for_status()
    await page.goto(f"/c/{long}")
    await expect(chat.questions(page)).to_contain_text(["Another beginning"])
    await page.goto(f"/c/{long}?message={question}")
    await expect(page.get_by_text("This message is on another branch")).to_be_visible()
    await expect(page.get_by_text("text 0.", exact=True)).to_be_in_viewport()


@pytest.mark.exhaustive
async def test_keys_jump_between_questions(page: Page, user: User) -> None:
    (long,) = await import_conversations(
        user, [Conversation("Long", [f"text {n}. " + "word " * 300 for n in range(20)])]
    )
    await page.goto(f"/c/{long}")
    await expect(page.get_by_text("text 19.")).to_be_attached()
    await page.get_by_role("button", name="Questions").click()
    await page.get_by_role("button", name="text 4.").click()
    await expect(chat.questions(page).nth(2)).to_be_focused()
    await expect(chat.questions(page).nth(2)).to_be_in_viewport()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(chat.questions(page).nth(3)).to_be_focused()
    await page.keyboard.press("Alt+ArrowUp")
    await expect(chat.questions(page).nth(2)).to_be_focused()


async def test_the_view_follows_an_answer_until_the_reader_scrolls_up(page: Page) -> None:
    await page.set_viewport_size({"width": 700, "height": 420})
    await chat.begin(page, "Tell me much 60000", "local/long")
    region = page.get_by_role("region", name="Messages")
    gap = "each => each.scrollHeight - each.scrollTop - each.clientHeight"
    await expect(page.get_by_text("word300 ")).to_be_attached()
    await becomes(
        page,
        "(() => { const each = document.querySelector('[role=region]'); return each.scrollTop > 100 && "
        "each.scrollHeight - each.scrollTop - each.clientHeight < 5; })()",
    )
    await region.hover()
    await page.mouse.wheel(0, -60)
    await page.wait_for_timeout(800)
    assert await region.evaluate(gap) > 40
    await page.get_by_role("button", name="Go to the newest message").click()
    await expect(page.get_by_role("button", name="Go to the newest message")).to_have_count(0)
    assert await region.evaluate(gap) < 100


async def test_a_question_that_waits_for_its_files_is_a_draft_with_them_after_leaving(page: Page) -> None:
    await page.goto("/c")
    await expect(chat.composer(page)).to_be_editable()
    await chat.composer(page).fill("What is this?")
    lease = made.pdf(["The rent is 900 rupees."])
    attached: list[FilePayload] = [
        {"name": "dot.png", "mimeType": "image/png", "buffer": _PNG},
        {"name": "lease.pdf", "mimeType": "application/pdf", "buffer": lease},
    ]
    await page.locator("input[type=file]").set_input_files(attached)
    files = page.get_by_role("list", name="Attached files")
    await expect(files).to_contain_text("Still being read.")
    await chat.composer(page).press("Enter")
    await expect(page.locator("[data-queued]")).to_be_visible()
    await page.get_by_role("link", name="Documents").first.click()
    await page.wait_for_url("**/knowledge")

    await page.go_back()
    for _ in range(2):
        await expect(chat.composer(page)).to_have_value("What is this?")
        await expect(files.get_by_role("listitem")).to_have_count(2)
        await expect(files).to_contain_text("lease.pdf")
        await expect(page.get_by_text("Attach these files again")).to_have_count(0)
        await page.reload()


@pytest.mark.exhaustive
async def test_a_generated_image_is_labelled_on_the_page_and_for_readers_of_a_link(
    page: Page, user: User, open_context: OpenContext
) -> None:
    await chat.begin(page, "Draw a monsoon", "Gemini 2.5 Flash Image")

    await expect(page.locator("figure").get_by_role("img", name="Image 1")).to_be_visible()
    await expect(page.locator("figcaption")).to_have_text("AI-generated image")
    async with user.client() as client:
        path = f"/api/conversations/{chat.conversation_of(page)}/share"
        token = (await client.post(path, json={"kind": "snapshot"})).raise_for_status().json()["token"]
    reader = await (await open_context()).new_page()
    await reader.goto(f"/shared/{token}")
    await expect(reader.get_by_text("One AI-generated image, which isn’t shared")).to_be_visible()
