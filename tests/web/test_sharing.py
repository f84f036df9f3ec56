"""Links to conversations: made, read by strangers, continued, reported, revoked."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.web import axe
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.45)

RAIN = Conversation("Rain on the roof", ["How much rain falls?", "About **700 mm** a year.", "And in July?", "Most."])


@pytest.fixture
async def conversation(user: User) -> str:
    """The id of one that `user` has."""
    return (await import_conversations(user, [RAIN]))[0]


async def _share(user: User, conversation: str, **options: object) -> str:
    """The token of a new link."""
    async with user.client() as client:
        body = {"kind": "snapshot", **options}
        answer = await client.post(f"/api/conversations/{conversation}/share", json=body)
        return str(answer.raise_for_status().json()["token"])


async def test_a_link_is_created_copied_opened_by_a_visitor_and_revoked(
    page: Page, visitor: Page, watch: Watch, conversation: str
) -> None:
    await page.goto(f"/c/{conversation}")
    actions = page.get_by_role("group", name="Actions").last
    await actions.get_by_role("button", name="Share").click()
    dialog = page.get_by_role("dialog", name="Share this chat")
    await expect(dialog).to_contain_text("No links yet.")
    await dialog.get_by_role("radio", name="Live").check()
    await dialog.get_by_role("combobox", name="Expires").select_option("after a week")
    await axe.check(page)
    await dialog.get_by_role("button", name="Create link").click()
    address = await dialog.get_by_role("textbox", name="Link address").input_value()
    assert re.search(r"/shared/[\w-]{20,}$", address)

    await visitor.goto(address)
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("Rain on the roof")
    log = visitor.get_by_role("log", name="Conversation")
    await expect(log.get_by_role("article")).to_have_count(4)
    await expect(log.locator("strong")).to_have_text("700 mm")
    await axe.check(visitor)

    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await dialog.get_by_role("button", name=re.compile("Copy the link “Live”")).click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == address

    await dialog.get_by_role("button", name=re.compile("Revoke the link “Live”")).click()
    await expect(dialog).to_contain_text("No links yet.")
    watch.refused(404)
    await visitor.reload()
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("This link doesn’t work")


async def test_all_links_are_listed_in_the_settings_copied_and_revoked(
    page: Page, user: User, conversation: str
) -> None:
    token = await _share(user, conversation)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/settings/links")
    entry = page.get_by_role("main").get_by_role("listitem").filter(has_text="Rain on the roof")
    await expect(entry.get_by_role("link", name="Rain on the roof")).to_have_attribute("href", f"/c/{conversation}")
    await axe.check(page)

    await entry.get_by_role("button", name="Copy the link").click()
    await expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert (await page.evaluate("navigator.clipboard.readText()")).endswith(f"/shared/{token}")

    await entry.get_by_role("button", name="Revoke the link").click()
    await expect(page.get_by_text("You haven’t shared any chats.")).to_be_visible()


async def test_a_shared_answer_has_the_name_of_its_model(visitor: Page, user: User) -> None:
    async with user.client() as client:
        await client.post("/api/chat/stream", json={"message": "Hello", "model": "openai/gpt-4.1-mini"})
        (conversation,) = (await client.get("/api/conversations")).raise_for_status().json()["items"]

    await visitor.goto(f"/shared/{await _share(user, conversation['id'])}")

    await expect(visitor.get_by_role("article", name="OpenAI: GPT-4.1 Mini")).to_be_visible()


@pytest.mark.exhaustive
async def test_a_live_link_grows_and_a_snapshot_does_not(
    visitor: Page, user: User, conversation: str, open_context: OpenContext
) -> None:
    live, snapshot = [await _share(user, conversation, kind=kind) for kind in ("live", "snapshot")]
    await visitor.goto(f"/shared/{live}")
    await expect(visitor.get_by_role("article")).to_have_count(4)
    async with user.client() as client:
        question = {"message": "And in June?", "conversation_id": conversation, "model": "local/echo"}
        (await client.post("/api/chat/stream", json=question)).raise_for_status()

    await visitor.get_by_role("button", name="Check for new messages").click()
    await expect(visitor.get_by_role("article")).to_have_count(6)
    other = await (await open_context()).new_page()
    await other.goto(f"/shared/{snapshot}")
    await expect(other.get_by_role("article")).to_have_count(4)


async def test_a_visitor_continues_it_after_signing_in(
    visitor: Page, user: User, newcomer: Callable[[], Awaitable[User]], conversation: str
) -> None:
    token = await _share(user, conversation)
    reader = await newcomer()
    await visitor.goto(f"/shared/{token}")
    await visitor.get_by_role("button", name="Continue in my account").click()
    await visitor.wait_for_url("**/login?next=*")
    await visitor.get_by_role("textbox", name="Email").fill(reader.email)
    await visitor.get_by_label("Password", exact=True).fill(reader.password)
    await visitor.get_by_role("button", name="Sign in", exact=True).click()

    await visitor.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}"))
    await expect(visitor.get_by_role("log", name="Conversation").get_by_role("article")).to_have_count(4)
    async with reader.client() as client:
        copies = (await client.get("/api/conversations")).json()["items"]
    assert [copy["title"] for copy in copies] == ["Rain on the roof"]
    assert copies[0]["id"] != conversation


@pytest.mark.exhaustive
async def test_an_owner_can_forbid_copies_and_show_their_name(page: Page, user: User, conversation: str) -> None:
    async with user.client() as client:
        (await client.patch("/api/user/profile", json={"name": "Asha <b>Rao</b>"})).raise_for_status()
    await page.goto(f"/shared/{await _share(user, conversation, fork=False, show_name=True)}")

    await expect(page.get_by_text("Shared by Asha <b>Rao</b>")).to_be_visible()
    await expect(page.get_by_text("The owner doesn’t allow copies.")).to_be_visible()
    await expect(page.get_by_role("button", name="Continue in my account")).to_have_count(0)


async def test_an_ended_link_shows_nothing(
    visitor: Page, watch: Watch, user: User, conversation: str, clock: Clock
) -> None:
    async with httpx.AsyncClient(base_url=user.stack_url) as client:
        now = (await client.get("/local/clock")).json()["now"]
    ends_at = datetime.fromisoformat(now) + timedelta(hours=1)
    token = await _share(user, conversation, expires_at=ends_at.isoformat())
    await visitor.goto(f"/shared/{token}")
    await expect(visitor.get_by_text("Expires")).to_be_visible()

    await clock.advance(hours=2)
    watch.refused(404)
    await visitor.reload()
    await expect(visitor.get_by_role("heading", level=1)).to_have_text("This link doesn’t work")


async def test_a_visitor_can_report_a_shared_conversation(visitor: Page, user: User, conversation: str) -> None:
    await visitor.goto(f"/shared/{await _share(user, conversation)}")
    await visitor.get_by_role("button", name="Report").click()
    dialog = visitor.get_by_role("dialog", name="Report this chat")
    await expect(dialog.get_by_role("button", name="Send report")).to_be_disabled()
    await dialog.get_by_role("radio", name="A court or an authority orders").check()
    await dialog.get_by_role("textbox", name="What is wrong?").fill("It tells lies about rain.")
    await expect(dialog).to_contain_text("You can also write to operator@mail.example.")
    await axe.check(visitor)
    async with visitor.expect_response(re.compile("/report$")) as answer:
        await dialog.get_by_role("button", name="Send report").click()

    assert (await answer.value).status == 204
    assert (await answer.value).request.post_data_json == {"kind": "order", "reason": "It tells lies about rain."}
    await expect(
        visitor.get_by_role("status").filter(has_text="The operators will review your report.")
    ).to_be_visible()


async def test_a_shared_page_is_hidden_from_search_engines_and_other_sites(
    visitor: Page, user: User, conversation: str
) -> None:
    response = await visitor.goto(f"/shared/{await _share(user, conversation)}")

    assert response is not None
    assert response.headers["x-robots-tag"] == "noindex"
    assert response.headers["referrer-policy"] == "no-referrer"
    await expect(visitor.locator("meta[name=robots]")).to_have_attribute("content", "noindex")
