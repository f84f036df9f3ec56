"""The pages of documents: uploaded, followed until they are ready, found, organised, read, deleted."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Locator, Page, Route, expect

from tests.ingest_document import made
from tests.local.running import Stack
from tests.web import axe, chat
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.documents import CONTRACT, add_document, processed
from tests.web.people import User
from tests.web.staff import rows
from tests.web.test_chatbots import make_chatbot
from tests.web.test_hostile_text import FIND_HARM, PAYLOADS
from tests.web.test_teams import make_team

pytestmark = pytest.mark.sampled(0.45)

PDF = "application/pdf"
RENT = "The rent is 900 rupees a month."


def region(page: Page) -> Locator:
    """The documents that are listed."""
    return page.get_by_role("region", name="Documents", exact=True)


def row(page: Page, name: str) -> Locator:
    """One of them."""
    return region(page).get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


async def upload(page: Page, *files: FilePayload) -> None:
    """Uploads by the button."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Upload", exact=True).click()
    await (await chooser.value).set_files(list(files))


async def test_a_file_is_uploaded_with_its_progress_and_followed_until_it_is_ready(page: Page, user: User) -> None:
    await page.goto("/knowledge")
    await expect(region(page)).to_contain_text("You have no documents yet.")
    release = asyncio.Event()

    async def hold(route: object) -> None:
        await release.wait()
        await route.continue_()  # type: ignore[attr-defined]

    await page.route(re.compile("/storage/"), hold)
    await upload(page, {"name": "lease.pdf", "mimeType": PDF, "buffer": made.pdf([RENT, "Notice"])})
    await expect(page.get_by_role("progressbar", name="lease.pdf", exact=True)).to_be_visible()
    await axe.check(page)
    release.set()

    async with processed(user):
        await expect(row(page, "lease.pdf")).to_have_attribute("data-status", "ready")
    await expect(row(page, "lease.pdf")).to_contain_text("2 pages")
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    await expect(page.get_by_role("meter", name="Pages read this month")).to_have_attribute("aria-valuenow", "2")


async def test_a_partly_read_document_states_its_share_in_the_list_and_on_its_page(
    page: Page, user: User, stack: Stack
) -> None:
    document = add_document(stack, user, name="report.pdf", text_share=0.87)
    await page.goto("/knowledge")

    await expect(row(page, "report.pdf")).to_contain_text("About 87% of the text of this file was read.")
    await axe.check(page)
    await page.goto(f"/knowledge/{document}")
    await expect(page.get_by_text("About 87% of the text of this file was read.")).to_be_visible()


async def test_a_document_without_vectors_says_why_in_the_list_and_on_its_page(
    page: Page, user: User, stack: Stack
) -> None:
    document = add_document(stack, user, name="report.pdf", words_only="credits_exhausted")
    await page.goto("/knowledge")

    await expect(row(page, "report.pdf")).to_contain_text("Found by its words only")
    await page.goto(f"/knowledge/{document}")
    await expect(page.get_by_text("When they do, choose Reprocess.")).to_be_visible()


async def test_an_unreadable_document_says_why_and_can_be_retried(page: Page, user: User, watch: Watch) -> None:
    watch.refused(422)
    await page.goto("/knowledge")
    release = asyncio.Event()

    async def hold(route: Route) -> None:
        await release.wait()
        await route.continue_()

    await page.route(re.compile("/storage/"), hold)
    await upload(
        page,
        {"name": "locked.pdf", "mimeType": PDF, "buffer": made.pdf([RENT], password="secret")},
        {"name": "program.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
    )
    await expect(page.get_by_role("alert")).to_contain_text("This file type isn’t supported.")
    # The other file arrives while the button is pressed, which stays under the pointer.
    await page.get_by_role("button", name="Remove program.exe").hover()
    await page.mouse.down()
    release.set()
    await expect(page.get_by_role("progressbar", name="locked.pdf", exact=True)).to_have_count(0)
    await page.mouse.up()
    await expect(page.get_by_role("alert")).to_have_count(0)

    locked = row(page, "locked.pdf")
    async with processed(user):
        await expect(locked).to_have_attribute("data-status", "failed")
        await expect(locked).to_contain_text("This file is protected with a password.")
        await axe.check(page)
        async with page.expect_response(re.compile("/reprocess$")) as answer:
            await locked.get_by_role("button", name="Try again: locked.pdf").click()
        assert (await answer.value).status == 202
        await expect(locked).to_have_attribute("data-status", "failed")
    await page.get_by_role("combobox", name="Status").select_option("Ready")
    await expect(region(page)).to_contain_text("No documents match.")


async def test_several_documents_are_selected_tagged_moved_found_and_deleted(
    page: Page, user: User, stack: Stack
) -> None:
    for name in ("lease.pdf", "report.pdf", "notes.pdf"):
        add_document(stack, user, name=name)
    await page.goto("/knowledge")
    await expect(region(page).get_by_role("listitem")).to_have_count(3)
    await page.get_by_role("button", name="Collections").click()
    dialog = page.get_by_role("dialog", name="Collections")
    await dialog.get_by_role("textbox", name="New collection").fill("Flat")
    await dialog.get_by_role("button", name="Create").click()
    await expect(dialog.get_by_role("listitem")).to_contain_text("Flat")
    await dialog.get_by_role("button", name="Rename Flat").click()
    rename = page.get_by_role("dialog", name="Rename")
    await rename.get_by_role("textbox", name="Name").fill("Home")
    await rename.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("listitem")).to_contain_text("Home")
    await axe.check(page)
    await page.keyboard.press("Escape")

    for name in ("lease.pdf", "notes.pdf"):
        await page.get_by_role("checkbox", name=f"Select {name}").check()
    await page.get_by_role("button", name="Add tags").click()
    await page.get_by_role("dialog").get_by_role("textbox", name="Tags").fill("flat, 2026")
    await page.get_by_role("dialog").get_by_role("button", name="Add tags").click()
    await expect(row(page, "lease.pdf")).to_contain_text("2026")
    await page.get_by_role("combobox", name="Tag").select_option("flat")
    await expect(region(page).get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("combobox", name="Tag").select_option("All tags")

    await page.get_by_role("checkbox", name="Select lease.pdf").check()
    await page.get_by_role("button", name="Move", exact=True).click()
    await page.get_by_role("dialog").get_by_role("combobox", name="Collection").select_option("Home")
    await page.get_by_role("dialog").get_by_role("button", name="Move").click()
    await expect(row(page, "lease.pdf")).to_contain_text("Home")
    await page.get_by_role("combobox", name="Collection").select_option("Home")
    await expect(region(page).get_by_role("listitem")).to_have_count(1)
    await page.get_by_role("combobox", name="Collection").select_option("All collections")

    await page.get_by_role("searchbox", name="Search").fill("REP")
    await expect(region(page).get_by_role("listitem")).to_have_count(1)
    await page.get_by_role("searchbox", name="Search").fill("")
    await expect(region(page).get_by_role("listitem")).to_have_count(3)
    async with user.client() as client:
        (home,) = (await client.get("/api/collections")).raise_for_status().json()["items"]
    await make_chatbot(user, name="Help for tenants", knowledge={"mode": "general", "collections": [home["id"]]})
    await page.get_by_role("button", name="Collections").click()
    await dialog.get_by_role("button", name="Delete Home").click()
    deleting = page.get_by_role("dialog", name="Delete the collection")
    await expect(deleting.get_by_role("listitem")).to_have_text("Help for tenants")
    await deleting.get_by_role("button", name="Cancel").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("checkbox", name="Select all").check()
    await page.get_by_role("button", name="Delete", exact=True).click()
    several = page.get_by_role("dialog", name="Delete 3 documents?")
    await expect(several.get_by_role("listitem")).to_have_text("Help for tenants")
    await several.get_by_role("button", name="Delete").click()
    await expect(region(page)).to_contain_text("You have no documents yet.")


async def test_selected_documents_are_asked_about_and_uncited_passages_are_folded(
    page: Page, user: User, stack: Stack
) -> None:
    for name, status in (("lease.pdf", "ready"), ("notes.pdf", "ready"), ("new.pdf", "extracting")):
        add_document(stack, user, name=name, status=status)
    await page.goto("/knowledge")
    await expect(row(page, "new.pdf")).to_contain_text("Processing")
    await page.get_by_role("checkbox", name="Select new.pdf").check()
    await expect(page.get_by_text("You can’t ask about these documents yet.")).to_be_visible()
    await page.get_by_role("checkbox", name="Select all").check()
    await page.get_by_role("link", name="Ask about 2 of these").click()
    await expect(page.get_by_role("list", name="About").get_by_role("listitem")).to_have_text(
        ["notes.pdf", "lease.pdf"]
    )

    await chat.choose_model(page, "Stand-in: local/markdown")
    await chat.send(page, "When does it end?")
    sources = page.get_by_role("group", name="Sources", exact=True)
    await expect(sources).to_contain_text("The answer cites no passages.")
    await expect(sources.get_by_role("listitem")).to_have_count(0)
    await sources.get_by_role("button", name="4 passages were read").click()
    await expect(sources.get_by_role("listitem")).to_have_count(4)
    await axe.check(page)


async def test_texts_are_searched_and_the_passage_is_opened_and_marked(page: Page, user: User, stack: Stack) -> None:
    pages = [f"Clause {n} of the contract." for n in range(1, 120)]
    pages[99] = "Either side may end it with three months' notice."
    document = add_document(stack, user, pages, name="long.pdf")
    await page.goto("/knowledge")
    await page.get_by_text("Contents", exact=True).click()
    await page.get_by_role("searchbox", name="Search").fill("three months notice")
    hit = page.get_by_role("link", name="long.pdf").first
    await expect(hit).to_have_attribute("href", f"/knowledge/{document}?page=100")
    await axe.check(page)
    await hit.click()

    passage = page.get_by_role("article", name="Part 100", exact=True)
    await expect(passage).to_have_attribute("aria-current", "location")
    await expect(passage).to_be_in_viewport()
    await expect(passage).to_be_focused()
    await expect(page.locator("[aria-current=location]")).to_have_count(1)
    await axe.check(page)


async def test_a_document_is_described_downloaded_reprocessed_and_deleted(
    page: Page, user: User, tmp_path: Path
) -> None:
    file = made.pdf([RENT, "Notice"])
    await page.goto("/knowledge")
    await upload(page, {"name": "lease.pdf", "mimeType": PDF, "buffer": file})
    async with processed(user):
        await expect(row(page, "lease.pdf")).to_have_attribute("data-status", "ready")
        await page.get_by_role("link", name="lease.pdf").click()
        await expect(page.get_by_role("region", name="Text", exact=True)).to_contain_text(RENT)
        await axe.check(page)
        about = page.get_by_role("region", name="About this document")
        await about.get_by_role("textbox", name="Name").fill("Lease of 2026")
        await about.get_by_role("textbox", name="Description").fill("The flat in Indiranagar")
        await about.get_by_role("textbox", name="Tags").fill("flat")
        await about.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Lease of 2026")
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download").click()
        await (await download.value).save_as(tmp_path / "lease.pdf")
        assert (tmp_path / "lease.pdf").read_bytes() == file

        await page.get_by_role("button", name="Reprocess").click()
        await expect(page.get_by_role("status").filter(has_text="The document is being reprocessed.")).to_be_visible()
        await expect(about.get_by_text("Ready", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await page.wait_for_url("**/knowledge")
    await expect(region(page)).to_contain_text("You have no documents yet.")


async def test_a_collection_of_a_team_is_private_if_its_author_chooses(page: Page, user: User) -> None:
    team = (await make_team(user))["id"]
    await page.goto(f"/knowledge?workspace={team}")
    await page.get_by_role("button", name="Collections").click()
    dialog = page.get_by_role("dialog", name="Collections")
    await dialog.get_by_label("New collection").fill("Salaries")
    await dialog.get_by_label("Who can read it").select_option("private")
    await dialog.get_by_role("button", name="Create").click()
    await expect(dialog.get_by_role("listitem")).to_contain_text("Private")
    await axe.check(page)
    await dialog.get_by_role("button", name="Rename Salaries").click()
    renaming = page.get_by_role("dialog", name="Rename")
    await renaming.get_by_label("Who can read it").select_option("workspace")
    await renaming.get_by_role("button", name="Save").click()

    await expect(dialog.get_by_role("listitem")).not_to_contain_text("Private")
    async with user.client() as client:
        found = (await client.get("/api/collections", headers={"oneai-workspace": team})).json()["items"]
    assert [(each["name"], each["visibility"]) for each in found] == [("Salaries", "workspace")]


async def test_a_deleted_or_foreign_document_is_not_found(
    page: Page, user: User, watch: Watch, stack: Stack, newcomer: object
) -> None:
    watch.refused(404)
    other: User = await newcomer()  # type: ignore[operator]
    await page.goto(f"/knowledge/{add_document(stack, other)}")

    await expect(page.get_by_role("heading", level=1)).to_have_text("Document not found")
    await expect(page.get_by_text(CONTRACT[0])).to_have_count(0)


@pytest.mark.exhaustive
async def test_the_documents_read_last_are_shown_offline_and_nothing_is_uploaded(
    open_context: OpenContext, user: User, stack: Stack, watch: Watch
) -> None:
    add_document(stack, user)
    context = await open_context(user.storage())
    page = await context.new_page()
    await page.goto("/knowledge")
    await expect(row(page, "contract.pdf")).to_be_visible()
    await page.get_by_role("link", name="contract.pdf").click()
    await expect(page.get_by_role("region", name="Text", exact=True)).to_contain_text(CONTRACT[0])

    await page.wait_for_load_state("networkidle")

    watch.expect("ERR_INTERNET_DISCONNECTED")
    await context.set_offline(True)
    await expect(page.get_by_role("status").filter(has_text="You’re offline.")).to_be_visible()
    await page.get_by_role("link", name="All documents").click()
    await expect(row(page, "contract.pdf")).to_be_visible()
    await expect(page.get_by_role("button", name="Upload", exact=True)).to_be_disabled()
    await context.set_offline(False)
    await expect(page.get_by_role("button", name="Upload", exact=True)).to_be_enabled()


async def test_a_list_that_cannot_be_read_says_so_and_can_be_reloaded(page: Page, watch: Watch) -> None:
    watch.refused(503)
    refusal = '{"error": {"code": "busy", "message": "Busy"}, "request_id": "r"}'

    async def refuse(route: object) -> None:
        await route.fulfill(status=503, body=refusal)  # type: ignore[attr-defined]

    await page.route(re.compile(r"/api/documents\?"), refuse)
    await page.goto("/knowledge")
    await expect(region(page).get_by_role("alert")).to_have_attribute("data-code", "busy")
    await page.unroute_all()
    await region(page).get_by_role("button", name="Try again").click()
    await expect(region(page)).to_contain_text("You have no documents yet.")


@pytest.mark.exhaustive
async def test_polling_sends_the_etag_and_ends_with_the_processing(page: Page, user: User, stack: Stack) -> None:
    document = add_document(stack, user, status="embedding")
    rows(stack, "update oneai.documents set next_attempt_at = oneai.now() + interval '1 day' where id = %s", [document])
    answers: list[int] = []
    page.on("response", lambda each: answers.append(each.status) if "/api/documents?" in each.url else None)
    async with page.expect_response(lambda each: "/api/documents?" in each.url and each.status == 304) as unchanged:
        await page.goto("/knowledge")
    assert (await unchanged.value).request.headers["if-none-match"]

    rows(stack, "update oneai.documents set status = 'ready', progress = 1 where id = %s", [document])
    await expect(row(page, "contract.pdf")).to_have_attribute("data-status", "ready")
    await expect(page.get_by_role("status").filter(has_text="All documents are processed.")).to_be_visible()
    assert answers[-1] == 200


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("width", [320, 1440])
async def test_hostile_names_problems_and_texts_do_nothing(page: Page, user: User, stack: Stack, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 700})
    await page.add_init_script("window.pwned = () => { window.scriptRan = true; }")
    texts = list(PAYLOADS.values())[:12]
    names = [text[:200] for text in texts[:4]] + ["\u202efdp.exe", "n" * 255]
    ids = [add_document(stack, user, texts, name=name, headings=[each[:200] for each in texts]) for name in names]
    add_document(stack, user, [], name="<b>failed</b>", status="failed", problem=texts[0][:500])
    await page.goto("/knowledge")
    await expect(region(page).get_by_role("listitem")).to_have_count(len(names) + 1)
    assert await page.evaluate(FIND_HARM) == []
    assert await page.evaluate("document.querySelector('#content').scrollWidth") <= width

    await page.goto(f"/knowledge/{ids[0]}?heading=%3Cimg%20src%3Dx%20onerror%3Dpwned()%3E")
    await expect(page.get_by_role("article")).to_have_count(len(texts))
    assert await page.evaluate(FIND_HARM) == []
    assert await page.evaluate("document.querySelector('#content').scrollWidth") <= width
