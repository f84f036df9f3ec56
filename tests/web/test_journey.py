"""One user's way through everything, from the first visit to the deleted account."""

import asyncio
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.patience import PATIENCE
from tests.web import chat, paying
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import run_job


@pytest.mark.timeout(420)
async def test_a_user_goes_from_the_first_visit_to_the_deleted_account(
    visitor: Page, stack: Stack, watch: Watch, open_context: OpenContext, tmp_path: Path
) -> None:
    watch.refused(429)  # when the quota is spent
    page = visitor
    await _arrives_and_reads_prices(page)
    await _signs_up_with_google(page)
    await _asks_stops_and_reloads(page)
    await _edits_and_goes_back(page)
    await _compares_two_models(page)
    await _shares(page, await (await open_context()).new_page())
    await _runs_out_of_quota(page, stack)
    await _upgrades(page)
    await _downloads_the_invoice(page, tmp_path)
    await _switches_to_hindi_and_dark(page)
    await _cancels_with_a_refund(page)
    await _exports_everything(page, stack, tmp_path)
    await _deletes_the_account(page)


async def _arrives_and_reads_prices(page: Page) -> None:
    await page.goto("/")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.get_by_role("banner").get_by_role("link", name="Pricing").click()
    pro = page.get_by_role("region", name="Pro")
    await expect(pro).to_contain_text("₹799")
    # The way to this plan leads through signing up, and back to its checkout.
    await pro.get_by_role("link", name="Choose Pro").or_(pro.get_by_role("button", name="Choose Pro")).click()
    await expect(page).to_have_url(re.compile("/signup"))


async def _signs_up_with_google(page: Page) -> None:
    await page.goto("/signup")
    await page.get_by_role("button", name="Continue with Google").click()
    await page.locator("input[name=new_account]").fill(f"traveller-{uuid4().hex[:8]}@example.com")
    await page.get_by_role("button", name="Continue with Google").click()
    await page.wait_for_url(re.compile("/c$"))
    await expect(chat.composer(page)).to_be_editable()


async def _asks_stops_and_reloads(page: Page) -> None:
    await page.goto("/c")
    await chat.choose_model(page, chat.SLOW)
    await chat.send(page, "Slowly, please")
    consents = page.get_by_role("dialog", name="Before you continue")
    await expect(consents.get_by_role("checkbox")).to_have_count(2)
    for box in await consents.get_by_role("checkbox").all():
        await box.check()
    await consents.get_by_role("button", name="Confirm").click()
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly slowly")
    await page.reload()
    await expect(chat.answers(page, "streaming")).to_contain_text("slowly " * 8)
    await page.get_by_role("button", name="Stop", exact=True).click()
    await expect(chat.answers(page, "stopped")).to_contain_text("slowly slowly")


async def _edits_and_goes_back(page: Page) -> None:
    await chat.begin(page, "What is the tide?", chat.ECHO)
    await expect(chat.answers(page)).to_contain_text("What is the tide?")
    await chat.questions(page).first.get_by_role("button", name="Edit").click()
    await page.get_by_role("textbox", name="Edit message").fill("What is the moon?")
    await page.get_by_role("button", name="Send edited message").click()
    await expect(chat.answers(page)).to_contain_text("What is the moon?")
    second = chat.questions(page).first.get_by_role("group", name="Version 2 of 2")
    await second.get_by_role("button", name="Previous version").click()
    await expect(chat.answers(page)).to_contain_text("What is the tide?")
    await expect(chat.questions(page).first.get_by_role("group", name="Version 1 of 2")).to_be_visible()


async def _compares_two_models(page: Page) -> None:
    await chat.compare(page, "GPT-4.1 Mini", "Gemini 2.5 Flash Lite")
    await chat.send(page, "Which of you is it?")
    columns = page.get_by_role("region", name="Answers side by side").get_by_role("article")
    await expect(columns).to_have_count(2)
    await expect(columns.get_by_role("button", name="Use this answer")).to_have_count(2)  # both answers have ended
    await columns.nth(1).get_by_role("button", name="Use this answer").click()
    await expect(page.get_by_role("group", name="Version 2 of 2").last).to_be_visible()


async def _shares(page: Page, reader: Page) -> None:
    await page.get_by_role("button", name="Share", exact=True).last.click()
    dialog = page.get_by_role("dialog", name="Share this chat")
    await dialog.get_by_role("button", name="Create link").click()
    address = await dialog.get_by_label("Link address").input_value()
    await dialog.get_by_role("button", name="Close").click()
    await reader.goto(address)
    await expect(reader.get_by_text("What is the tide?").first).to_be_visible()
    await expect(reader.get_by_text("Which of you is it?").first).to_be_visible()


async def _runs_out_of_quota(page: Page, stack: Stack) -> None:
    token = await page.evaluate("JSON.parse(localStorage.getItem('oneai.session')).access_token")
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=PATIENCE) as client:
        left = (await client.get("/api/quota/status")).json()["quotas"]["large_messages"]["remaining"]
        for _ in range(left):
            question = {"message": "Again", "model": "openai/gpt-4.1"}
            assert "event: done" in (await client.post("/api/chat/stream", json=question)).text
    await page.goto("/c?model=openai/gpt-4.1")
    model = page.get_by_role("combobox", name="Model", exact=True)
    await expect(model).to_have_value(re.compile("gpt-4.1$", re.IGNORECASE))
    await chat.send(page, "One more, please")
    refusal = page.get_by_role("alert").and_(page.locator("[data-code=quota_exceeded]"))
    await expect(refusal).to_contain_text("You’ve used all answers of this kind")
    await expect(chat.composer(page)).to_have_value("One more, please")
    await refusal.get_by_role("link", name="Upgrade to Pro").click()


async def _upgrades(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Subscribe to Pro")).to_be_visible()
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)
    await paying.pay(page)
    await expect(page.get_by_role("heading", name="Welcome to your new plan")).to_be_visible()
    await page.goto("/usage")
    await expect(page.get_by_role("region", name="Answers from large models")).to_contain_text("0 of 100")


async def _downloads_the_invoice(page: Page, folder: Path) -> None:
    await page.goto("/billing")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name=re.compile("Download INV.* as PDF")).click()
    download = await downloading.value
    await download.save_as(folder / "invoice.pdf")
    assert (folder / "invoice.pdf").read_bytes().startswith(b"%PDF-")


async def _switches_to_hindi_and_dark(page: Page) -> None:
    await page.goto("/settings/preferences")
    await page.get_by_role("radio", name="Dark").check()
    await page.get_by_label("Language").select_option("hi")
    await expect(page.get_by_role("heading", name="प्राथमिकताएँ")).to_be_visible()
    html = page.locator("html")
    await expect(html).to_have_attribute("data-theme", "dark")
    await expect(html).to_have_attribute("lang", "hi")


async def _cancels_with_a_refund(page: Page) -> None:
    await page.goto("/billing")
    await page.get_by_role("button", name="प्लान रद्द करें").click()
    dialog = page.get_by_role("dialog", name="अपना प्लान रद्द करें?")
    now = dialog.get_by_role("radio", name="अभी")
    await expect(now).to_have_accessible_description(re.compile("आपके चुकाए ₹799 में से ₹79.* वापस मिलेंगे"))
    await now.check()
    await dialog.get_by_role("button", name="प्लान रद्द करें").click()
    await expect(page.get_by_role("region", name="आपका प्लान")).to_contain_text("समाप्त हो गया")
    await expect(page.get_by_role("region", name="इनवॉइस")).to_contain_text("क्रेडिट नोट")


async def _exports_everything(page: Page, stack: Stack, folder: Path) -> None:
    await page.goto("/settings/preferences")
    await page.get_by_label("भाषा").select_option("en")
    await page.goto("/settings/data")
    await page.get_by_role("button", name="Export everything").click()
    await page.wait_for_url("**/settings/data?export=*")  # it is there for the job, which else runs once a minute
    await run_job(stack.url, "export_import")
    ready = page.get_by_role("link", name="Download")
    await expect(ready).to_be_visible()
    async with page.expect_download() as downloading:
        await ready.click()
    download = await downloading.value
    await download.save_as(folder / "export.zip")
    content = await asyncio.to_thread((folder / "export.zip").read_bytes)
    assert content.startswith(b"PK")


async def _deletes_the_account(page: Page) -> None:
    await page.goto("/settings/delete")
    field = page.get_by_label("Confirmation")
    await field.fill(await _phrase(page))
    await page.get_by_role("button", name="Delete my account").click()
    await expect(page.get_by_role("heading", name="Your account is being deleted")).to_be_visible()


async def _phrase(page: Page) -> str:
    text = await page.get_by_text(re.compile("To confirm, type ")).inner_text()
    return text.removeprefix("To confirm, type ")
