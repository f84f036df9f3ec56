"""The inbox: what visitors ask is found, answered by a member, and followed without a reload."""

import re
from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.documents import add_document
from tests.web.people import User
from tests.web.test_chatbots import make_chatbot
from tests.web.test_settings_data import run_exports_and_imports


class _Visitor:
    """A visitor of a published chatbot, who asks over HTTP."""

    def __init__(self, client: httpx.AsyncClient, path: str, token: str) -> None:
        self._client = client
        self._path = path
        self._headers = {"authorization": f"Bearer {token}"}

    async def send(self, path: str, body: Any = None) -> httpx.Response:
        answer = await self._client.post(f"{self._path}/{path}", json=body, headers=self._headers)
        return answer.raise_for_status()

    async def read(self, path: str) -> Any:
        answer = await self._client.get(f"{self._path}/{path}", headers=self._headers)
        return answer.raise_for_status().json()


async def _visit(client: httpx.AsyncClient, chatbot: dict[str, Any]) -> _Visitor:
    (await client.post(f"/api/chatbots/{chatbot['id']}/publish")).raise_for_status()
    path = f"/api/widget/{chatbot['public_id']}"
    session = (await client.post(f"{path}/sessions", json={})).raise_for_status().json()
    return _Visitor(client, path, session["token"])


async def _draft(page: Page, thread: Locator, *, answered: bool) -> None:
    """Asks for a reply from the documents, which have an answer or not."""
    await thread.get_by_role("button", name="Draft a reply").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("This takes one answer of your plan, which costs")
    await dialog.get_by_role("button", name="Write the draft").click()
    reply = thread.get_by_role("textbox", name="Reply")
    if answered:
        await expect(reply).to_have_value(re.compile(r"^[^\[]*Mondays[^\[]*$"))
        await expect(reply).to_be_focused()
        await expect(thread).to_contain_text("The draft uses shop.pdf")
        await reply.fill("")
        await thread.get_by_role("heading").first.focus()
    else:
        await expect(dialog.get_by_role("alert")).to_contain_text("have no answer to this")
        await axe.check(page)
        await page.keyboard.press("Escape")
        await expect(reply).to_have_value("")


async def _write(client: httpx.AsyncClient, page: Page, thread: Locator) -> None:
    """A note, then a canned reply."""
    reply = {"name": "monday", "content": "Only on Mondays."}
    (await client.post("/api/inbox/replies", json=reply)).raise_for_status()
    await thread.get_by_role("radio", name="Note").check()
    await thread.get_by_role("textbox", name="Note").fill("Asks for <b>zithers</b>.")
    await thread.get_by_role("button", name="Add note").click()
    note = thread.get_by_role("article").filter(has_text="Only your team reads this.")
    await expect(note).to_contain_text("Asks for <b>zithers</b>.")
    await note.get_by_role("button", name="Edit").click()
    await note.get_by_role("textbox", name="Note").fill("Plays <b>zithers</b>.")
    await note.get_by_role("button", name="Save").click()
    await expect(note).to_contain_text("Plays <b>zithers</b>.")
    await thread.get_by_role("radio", name="Reply").check()
    await thread.get_by_role("textbox", name="Reply").fill("/mon")
    await expect(thread.get_by_role("option", name="/monday")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(thread.get_by_role("textbox", name="Reply")).to_have_value("Only on Mondays.")
    await page.keyboard.press("Enter")
    await expect(thread.get_by_role("article").filter(has_text="Only on Mondays.")).to_have_count(1)


async def _tag_and_rate(page: Page, thread: Locator) -> None:
    await thread.get_by_role("button", name="Details").click()
    known = page.get_by_role("complementary", name="About the visitor")
    await known.get_by_label("Add a tag").fill("music")
    await known.get_by_role("button", name="Add", exact=True).click()
    await expect(known.get_by_role("listitem").filter(has_text="music")).to_have_count(1)
    await known.get_by_label("Your team’s rating").select_option("4")
    await axe.check(page)


async def _export(user: User, page: Page, talk: Locator, thread: Locator) -> None:
    """One chat as a file, then what is selected as a zip file that a job writes."""
    await thread.get_by_role("button", name="Export").click()
    async with page.expect_download() as one:
        await page.get_by_role("menuitem", name="PDF").click()
    assert (await one.value).suggested_filename == "Do you sell zithers.pdf"
    await talk.focus()
    await page.keyboard.press("x")
    await page.get_by_role("region", name="Selected chats").get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export this chat")
    await dialog.get_by_label("Format").select_option("Markdown")
    await axe.check(page)
    await dialog.get_by_role("button", name="Export").click()
    await expect(dialog.get_by_role("progressbar")).to_be_visible()
    await run_exports_and_imports(user)
    async with page.expect_download() as many:
        await dialog.get_by_role("link", name="Download").click()
    assert (await many.value).suggested_filename.endswith(".zip")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")


async def _erase(client: httpx.AsyncClient, page: Page, visitor: _Visitor, thread: Locator) -> None:
    """A visitor's data is saved, then erased: their chat leaves the list."""
    await visitor.send("chat", {"message": "Are you there again?"})
    (talk,) = (await visitor.read("conversations"))["items"]
    await page.goto(f"/inbox/{talk['id']}?view=all")
    await thread.get_by_role("button", name="Details").click()
    async with page.expect_download() as file:
        await page.get_by_role("button", name="Export this visitor").click()
    assert (await file.value).suggested_filename == "visitor.json"
    await page.get_by_role("button", name="Erase this visitor").click()
    dialog = page.get_by_role("dialog", name="Erase this visitor?")
    await axe.check(page)
    await dialog.get_by_role("button", name="Erase this visitor").click()
    await page.wait_for_url("**/inbox?view=all")
    await expect(page.get_by_role("region", name="Chats")).to_contain_text("No chats")
    assert (await client.get(f"/api/inbox/conversations/{talk['id']}")).status_code == 404


async def _sort_out(user: User, page: Page, chats: Locator, talk: Locator, thread: Locator) -> None:
    """A preview, a tag for what is selected, and a filter, with the keyboard where there is a key."""
    await talk.focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("dialog")).to_contain_text("Is anybody there?")
    await page.keyboard.press("Escape")
    await talk.focus()
    await page.keyboard.press("x")
    await page.get_by_role("region", name="Selected chats").get_by_role("button", name="Tag").click()
    await page.get_by_role("dialog").get_by_label("Tags").fill("vip")
    await page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    await expect(chats.get_by_role("listitem")).to_contain_text("vip")
    await _export(user, page, talk, thread)
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox", name="Words in messages")).to_be_focused()
    await page.get_by_role("button", name="Filter").click()
    await page.get_by_label("Last answer").select_option("Off topic")
    await expect(chats).to_contain_text("No chats here.")
    await axe.check(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Save this view").click()
    await page.get_by_role("dialog").get_by_label("Name of the view").fill("Off the subject")
    await page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("link", name="Off the subject")).to_have_attribute("aria-current", "page")
    await page.get_by_role("button", name="Remove the filter Off topic").click()
    await expect(talk).to_be_visible()
    await _tag_and_rate(page, thread)


async def _delete_while_open(client: httpx.AsyncClient, page: Page, thread: Locator, talk: str) -> None:
    await page.goto(f"/inbox/{talk}")
    await expect(thread.get_by_role("heading", name="Do you sell zithers?")).to_be_visible()
    (await client.delete(f"/api/inbox/conversations/{talk}")).raise_for_status()
    await expect(thread.get_by_role("status")).to_contain_text("This chat was deleted")


async def _snooze_and_resolve(page: Page, visitor: _Visitor, talk: str, chats: Locator, thread: Locator) -> None:
    """Snoozed until the visitor writes, then resolved with the keyboard."""
    await thread.get_by_role("button", name="Snooze").click()
    await page.get_by_role("button", name="For an hour").click()
    await expect(thread.get_by_role("button", name="Give back to the chatbot")).to_have_count(0)
    await expect(chats).to_contain_text("No chats here.")
    await visitor.send("chat", {"message": "And on Tuesdays?", "conversation_id": talk})
    await expect(chats.get_by_role("link", name="Do you sell zithers?")).to_be_visible()
    await thread.get_by_role("heading", name="Do you sell zithers?").focus()
    await page.keyboard.press("e")
    await expect(thread.get_by_role("button", name="Open again")).to_be_visible()


async def test_a_member_answers_a_visitor_in_the_inbox(page: Page, user: User, stack: Stack, watch: Watch) -> None:
    watch.expect(r"status of 404 .*/api/inbox/conversations/")  # the one that is deleted while it is open
    await page.goto("/chatbots")
    await expect(page.get_by_role("heading", name="Make your first chatbot")).to_be_visible()
    await expect(page.get_by_text("Inbox")).to_have_count(0)
    document = add_document(stack, user, ["We sell zithers on Mondays."], name="shop.pdf")
    chatbot = await make_chatbot(user, knowledge={"mode": "documents_only", "documents": [document]})
    async with user.client() as client:
        visitor = await _visit(client, chatbot)
        await visitor.send("chat", {"message": "Do you sell zithers?"})
        (talk,) = (await visitor.read("conversations"))["items"]
        await visitor.send(f"conversations/{talk['id']}/handoff")

        await page.reload()
        await page.get_by_role("link", name="Inbox 1 waiting for people").click()
        chats = page.get_by_role("region", name="Chats")
        asked = chats.get_by_role("link", name="Do you sell zithers?")
        await expect(asked).to_be_visible()
        views = page.get_by_role("navigation", name="Views")
        await expect(views.get_by_role("link", name="Waiting for a person")).to_contain_text("1")
        await axe.check(page)
        await page.keyboard.press("j")
        await expect(asked).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**/inbox/{talk['id']}")
        thread = page.get_by_role("region", name="Chat", exact=True)
        await expect(thread.get_by_role("heading", name="Do you sell zithers?")).to_be_focused()
        await expect(thread).to_contain_text("A person was asked for")

        await _draft(page, thread, answered=True)
        # Without a reload, once.
        await visitor.send("chat", {"message": "Is anybody there?", "conversation_id": talk["id"]})
        await expect(thread.get_by_role("article").filter(has_text="Is anybody there?")).to_have_count(1)
        await page.keyboard.press("c")
        await expect(thread.get_by_role("button", name="Take over")).to_have_count(0)
        await expect(thread).to_contain_text("has this chat")
        await _draft(page, thread, answered=False)
        await _write(client, page, thread)
        read = (await visitor.read(f"conversations/{talk['id']}"))["items"]
        assert [each["content"] for each in read[2:]] == ["Is anybody there?", "Only on Mondays."]

        await _sort_out(user, page, chats, asked, thread)
        await _snooze_and_resolve(page, visitor, talk["id"], chats, thread)
        await page.set_viewport_size({"width": 375, "height": 720})
        await expect(views).to_be_hidden()
        await axe.check(page)
        await thread.get_by_role("link", name="Back to the list").click()
        await views.get_by_role("link", name="Resolved").click()
        await expect(chats.get_by_role("listitem").filter(has_text="music")).to_have_count(1)
        detail = (await client.get(f"/api/inbox/conversations/{talk['id']}")).raise_for_status().json()
        assert (detail["status"], detail["tags"], detail["member_rating"]) == ("resolved", ["vip", "music"], 4)
        await _delete_while_open(client, page, thread, talk["id"])
        await _erase(client, page, visitor, thread)


async def test_without_chatbots_inbox_and_analytics_offer_the_next_step(page: Page, user: User) -> None:
    await page.goto("/inbox")
    await page.get_by_role("link", name="Go to your chatbots").click()
    await expect(page.get_by_role("link", name="Make a chatbot")).to_have_attribute("href", "/chatbots/new")
    await page.goto("/analytics")
    await expect(page.get_by_role("link", name="Make a chatbot")).to_have_attribute("href", "/chatbots/new")
    await expect(page.get_by_role("combobox", name="Measure")).to_have_count(0)
    await make_chatbot(user)
    await page.reload()
    await expect(page.get_by_role("combobox", name="Measure")).to_be_visible()
