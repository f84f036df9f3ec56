"""One's own data on its page: exported with progress, found again by the mail's link, imported."""

import json
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web import axe, mails
from tests.web.chromium import Watch
from tests.web.imported import Conversation, import_conversations
from tests.web.invitations import join
from tests.web.people import User
from tests.web.test_teams import begin_conversation, make_team

pytestmark = pytest.mark.sampled(0.45)


async def run_exports_and_imports(user: User) -> None:
    """The exports that have started."""
    await user.run_job("export_import")


async def download(page: Page) -> zipfile.ZipFile:
    """The zip file behind the link."""
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download").click()
    file = await (await started.value).path()
    return zipfile.ZipFile(file)


@pytest.mark.exhaustive
async def test_everything_is_exported_and_the_mail_links_back_to_it(page: Page, user: User) -> None:
    await import_conversations(user, [Conversation("Monsoon", ["What is a monsoon?", "A wind."])])
    await page.goto("/settings/data")
    await page.get_by_role("button", name="Export everything").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await axe.check(page)
    await page.wait_for_url("**/settings/data?export=*")
    await page.reload()  # the address remembers which one it is
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await run_exports_and_imports(user)

    archive = await download(page)

    names = archive.namelist()
    assert "README.txt" in names
    assert any("monsoon" in name.lower() or "conversations/" in name for name in names)
    await user.run_job("send_mail")
    address = await mails.link(user.stack_url, user.email, r"/settings/data\?export=\S+")
    await page.goto(address)
    await expect(page.get_by_role("link", name="Download")).to_be_visible()


async def test_who_left_a_team_downloads_their_chats_there_by_the_mailed_link(
    page: Page, user: User, newcomer: Callable[[], Awaitable[User]]
) -> None:
    owner = await newcomer()
    team = await make_team(owner)
    await join(owner, team["id"], user)
    await begin_conversation(user, team["id"], "Mine alone")
    await page.goto("/settings/data")
    await expect(page.get_by_role("heading", name="Export everything")).to_be_visible()
    await expect(page.get_by_text("a team you left")).to_have_count(0)
    async with user.client() as client:
        (await client.post(f"/api/workspaces/{team['id']}/leave")).raise_for_status()
    await user.run_job("send_mail")

    await page.goto(await mails.link(user.stack_url, user.email, r"/settings/data\?departure=\S+"))
    await expect(page.get_by_text("Only the account that got the email")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("button", name="Export these chats").click()
    await run_exports_and_imports(user)

    archive = await download(page)
    (entry,) = json.loads(archive.read("index.json"))["conversations"]
    assert entry["title"] == "Mine alone"


async def test_an_export_of_another_user_is_not_found_and_ones_chatbots_are(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(404)
    await page.goto("/settings/data?export=00000000-0000-4000-8000-000000000000")

    await expect(page.locator("[role=alert][data-code=not_found]")).to_be_visible()
    await expect(page.get_by_role("button", name="Export everything")).to_be_enabled()
    await page.get_by_role("button", name="Export chatbots").click()
    await run_exports_and_imports(user)
    assert "chatbots/chatbots.json" in (await download(page)).namelist()


async def test_exported_conversations_can_be_imported_by_another_user(page: Page, user: User, tmp_path: Path) -> None:
    document = [{"title": "Tea", "uuid": "", "chat_messages": []}]
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document)[:-4])
    await import_conversations(user, [Conversation("Rivers", ["Which is the longest?", "The Nile."])])
    await page.goto("/settings/data")
    await page.get_by_role("button", name="Export chats").click()
    await run_exports_and_imports(user)
    archive = await download(page)
    ours = next(name for name in archive.namelist() if name.endswith(".json") and name != "index.json")
    file = tmp_path / "rivers.json"
    file.write_bytes(archive.read(ours))

    await page.get_by_label("Choose a file").first.set_input_files(file)
    await expect(page.get_by_text("Importing the chats…")).to_be_visible()
    await run_exports_and_imports(user)
    await expect(page.get_by_text("The import is finished.")).to_be_visible()
    await expect(page.get_by_text("1 already here")).to_be_visible()

    await page.get_by_label("Choose a file").first.set_input_files(broken)
    await expect(page.get_by_text("Importing the chats…")).to_be_visible()
    await run_exports_and_imports(user)
    await expect(page.locator("[role=alert][data-code=import_failed]")).to_be_visible()


async def test_a_file_of_another_kind_is_not_sent(page: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/uploads" in request.url else None)
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG")
    await page.goto("/settings/data")

    await page.get_by_label("Choose a file").first.set_input_files(picture)

    await expect(page.locator("[role=alert][data-code=unsupported_type]")).to_be_visible()
    assert asked == []
