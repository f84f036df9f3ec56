"""A visitor on a website and a member in the inbox, each in a browser, from the first question to the erasure."""

import httpx
import pytest
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, Route, expect

from tests.billing.invoices.issuing import read
from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web.chromium import Watch
from tests.web.documents import add_document
from tests.web.widget.conftest import Shop, ask, chat, launcher

_REPLY = "The brass one, I am sorry."


@pytest.mark.timeout(420)
async def test_a_visitor_is_answered_by_a_member_through_a_kill_rates_it_and_is_erased(
    shop: Shop, context: BrowserContext, page: Page, stack: Stack, watch: Watch
) -> None:
    # The connections of both browsers break when the function is killed.
    watch.expect(r"ERR_(CONNECTION|EMPTY|SOCKET|ABORTED|FAILED|INCOMPLETE)|Failed to fetch|status of 50")
    await shop.change({"mode": "documents_only", "documents": [add_document(stack, shop.user, ["We sell zithers."])]})
    async with shop.user.client() as client:
        (await client.patch("/api/user/profile", json={"name": "Meera"})).raise_for_status()
        await _another_visitor(client, shop)
    chats = page.get_by_role("region", name="Chats")
    thread = page.get_by_role("region", name="Chat", exact=True)
    await page.goto("/inbox")
    await expect(chats).to_contain_text("No chats here.")

    site = await context.new_page()
    frame = chat(site)
    await _fails_twice_and_waits(site, shop)
    await _claims(page, chats, thread)
    await expect(frame.get_by_text("Meera answers you. This is a person.")).to_be_visible()
    await _replies_through_a_kill(page, stack, thread)
    await expect(frame.locator(".answer", has_text=_REPLY)).to_have_count(1)

    await thread.get_by_role("button", name="Give back to the chatbot").click()
    await expect(frame.get_by_text("The machine answers again.")).to_be_visible()
    await expect(await ask(frame, "Do you sell zithers?")).to_contain_text("We sell zithers.")
    await _rates(frame)
    await thread.get_by_role("button", name="Details").click()
    known = page.get_by_role("complementary", name="About the visitor")
    await expect(known).to_contain_text("5 of 5")
    await thread.get_by_role("button", name="Resolve").click()
    await expect(thread.get_by_role("button", name="Open again")).to_be_visible()
    await _finds(page, chats)
    await _exports(page, thread)

    watch.expect(r"status of 404 .*/api/inbox/conversations/")
    await frame.get_by_role("button", name="More").click()
    await frame.get_by_role("button", name="Delete my data").click()
    await frame.get_by_role("button", name="Delete my data").last.click()
    await expect(frame.locator(".turn.visitor")).to_have_count(0)
    await expect(thread.get_by_role("status")).to_contain_text("This chat was deleted")
    await expect(chats).to_contain_text("No chats here.")
    (left,) = await shop.conversations()
    assert left["items"][0]["content"] == "Do you sell tea?"


async def _another_visitor(client: httpx.AsyncClient, shop: Shop) -> None:
    """Someone else's conversation, which stays."""
    path = f"/api/widget/{shop.chatbot['public_id']}"
    session = (await client.post(f"{path}/sessions", json={})).raise_for_status().json()
    headers = {"authorization": f"Bearer {session['token']}"}
    asked = await client.post(f"{path}/chat", json={"message": "Do you sell tea?"}, headers=headers)
    asked.raise_for_status()


async def _fails_twice_and_waits(site: Page, shop: Shop) -> None:
    """Two questions without an answer in the documents, after which the third is for people."""
    frame = chat(site)
    await site.goto(f"{shop.address}/plain.html")
    await launcher(site).click()
    for question in ("Which samovar leaks?", "And which samovar does not?"):
        await expect(await ask(frame, question)).to_contain_text("I found no answer")
    await expect(frame.get_by_text("A person was asked to answer you.")).to_be_visible()
    field = frame.get_by_role("textbox", name="Your message")
    await field.fill("Is anyone there?")
    await field.press("Enter")
    await expect(frame.locator(".turn.visitor").last).to_contain_text("Is anyone there?")


async def _claims(page: Page, chats: Locator, thread: Locator) -> None:
    """The conversation comes into the list by itself, and a member takes it over."""
    await chats.get_by_role("link", name="Which samovar leaks?").click()
    await expect(thread.get_by_role("article").filter(has_text="Is anyone there?")).to_have_count(1)
    await expect(thread).to_contain_text("A person was asked for")
    await thread.get_by_role("button", name="Take over").click()
    await expect(thread).to_contain_text("Meera has this chat")


async def _replies_through_a_kill(page: Page, stack: Stack, thread: Locator) -> None:
    """The function dies after it has stored the reply and before it says so. The member sends it again."""
    messages = "**/api/inbox/conversations/*/messages"

    async def die(route: Route) -> None:
        stored = await route.fetch()
        assert stored.status == 201
        async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as client:
            assert (await client.post("/local/kill/chatbots")).status_code == 202
        await route.abort("connectionreset")

    await page.route(messages, die, times=1)
    reply = thread.get_by_role("textbox", name="Reply")
    await reply.fill(_REPLY)
    await reply.press("Enter")
    await expect(
        page.get_by_text("The connection failed. Check that you’re online and try again.").first
    ).to_be_visible()
    await expect(reply).to_have_value(_REPLY)
    await eventually(lambda: _is_back(stack))
    await thread.get_by_role("button", name="Send").click()
    await expect(reply).to_have_value("")
    await expect(thread.get_by_role("article").filter(has_text=_REPLY)).to_have_count(1)


async def _is_back(stack: Stack) -> bool:
    """Whether the killed function answers again."""
    try:
        async with httpx.AsyncClient(base_url=stack.url, timeout=PATIENCE) as client:
            return (await client.get("/api/health?deep=true")).is_success
    except httpx.TransportError:
        return False


async def _rates(frame: FrameLocator) -> None:
    await frame.get_by_role("button", name="More").click()
    await frame.get_by_role("button", name="Rate this conversation").click()
    await frame.get_by_role("radio", name="5 of 5").check()
    await frame.get_by_role("button", name="Send").click()
    await expect(frame.get_by_role("status").filter(has_text="Thank you.")).to_have_count(1)


async def _finds(page: Page, chats: Locator) -> None:
    """A word of a message leads to the one conversation that has it, which is opened."""
    await page.get_by_role("navigation", name="Views").get_by_role("link", name="All").click()
    await expect(chats.get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("searchbox", name="Words in messages").fill("samovar")
    await expect(chats.get_by_role("listitem")).to_have_count(1)
    await expect(chats.locator("mark").first).to_have_text("samovar")
    await chats.get_by_role("link", name="Which samovar leaks?").click()


async def _exports(page: Page, thread: Locator) -> None:
    """The conversation as a PDF file with what both have written."""
    await thread.get_by_role("button", name="Export").click()
    async with page.expect_download() as saved:
        await page.get_by_role("menuitem", name="PDF").click()
    file = (await (await saved.value).path()).read_bytes()
    assert ((await saved.value).suggested_filename, file[:5]) == ("Which samovar leaks.pdf", b"%PDF-")
    text = " ".join(read(file).split())
    assert [text.count(each) for each in ("Is anyone there?", _REPLY, "We sell zithers.", "tea")] == [1, 1, 1, 0]
