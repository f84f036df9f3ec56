"""Usage: quotas with ways on, what was used by day, model and key, the forecast, and the export."""

import asyncio
import csv
import io
import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.web import axe, paying
from tests.web.people import User

SMALL, LARGE = "openai/gpt-4.1-mini", "openai/gpt-4.1"


async def ask(client: httpx.AsyncClient, model: str, times: int = 1) -> None:
    """Asks as the user of `client`, as many at once as the free plan may, and reads the answers to their ends."""
    at_once = asyncio.Semaphore(4)

    async def one() -> None:
        async with at_once:
            answer = await client.post("/api/chat/stream", json={"message": "Hello", "model": model})
        assert "event: done" in answer.text, answer.text

    await asyncio.gather(*(one() for _ in range(times)))


@pytest.mark.exhaustive
async def test_a_new_user_sees_their_quotas_and_no_usage(page: Page) -> None:
    await page.goto("/usage")
    small = page.get_by_role("region", name="Answers from small models")
    await expect(small).to_contain_text("0 of 100")
    await expect(small.get_by_role("meter")).to_have_attribute("aria-valuenow", "0")
    await expect(small).to_contain_text("Resets in")
    await expect(page.get_by_role("region", name="By day")).to_contain_text("No usage")
    await axe.check(page)


async def test_usage_is_shown_by_day_model_and_key_with_tables(page: Page, user: User) -> None:
    async with user.client() as client:
        key = await client.post("/api/user/api-keys", json={"name": "Night job", "scopes": ["chat"]})
        key.raise_for_status()
        await ask(client, SMALL, 2)
        await ask(client, LARGE)
        headers = {"authorization": f"Bearer {key.json()['secret']}"}
        program = {"model": SMALL, "messages": [{"role": "user", "content": "Hello"}]}
        (await client.post("/v1/chat/completions", json=program, headers=headers)).raise_for_status()
    await page.goto("/usage")

    await expect(page.get_by_role("region", name="Answers from small models")).to_contain_text("3 of 100")
    days = page.get_by_role("region", name="By day", exact=True).first
    await expect(days.get_by_role("img", name=re.compile("Answers by day from .*Highest: 4"))).to_be_visible()
    await days.get_by_text("Show as table").click()
    await expect(days.get_by_role("table").get_by_role("row").last).to_contain_text("Total4")
    models = page.get_by_role("table", name="By model")
    await expect(models.get_by_role("row").nth(1)).to_contain_text("3")
    keys = page.get_by_role("table", name="By key")
    await expect(keys.get_by_role("row", name=re.compile("In the app"))).to_contain_text("3")
    await expect(keys.get_by_role("row", name=re.compile("Night job"))).to_contain_text("1")
    await axe.check(page)

    await page.get_by_label("Measure").select_option("cost")
    await expect(days.get_by_role("img", name=re.compile("Cost by day"))).to_be_visible()
    await page.get_by_label("Period").select_option("7")
    await expect(days.get_by_role("img", name=re.compile("Cost by day"))).to_be_visible()
    await expect(days.locator("svg title")).to_have_count(7)
    month = page.get_by_role("region", name="This month: Answers")
    await expect(month).to_contain_text("4 so far")
    await expect(page.get_by_role("region", name="This month").first).to_contain_text("after three full days")


async def test_the_export_has_a_line_for_each_answer(page: Page, user: User, tmp_path: Path) -> None:
    async with user.client() as client:
        await ask(client, SMALL, 2)
    await page.goto("/usage")
    texts = []
    for button in ("Export CSV", "Export JSON"):
        async with page.expect_download() as downloading:
            await page.get_by_role("button", name=button).click()
        download = await downloading.value
        await download.save_as(tmp_path / download.suggested_filename)
        texts.append((tmp_path / download.suggested_filename).read_text())
    assert len(list(csv.DictReader(io.StringIO(texts[0])))) == 2
    assert len([json.loads(line) for line in texts[1].splitlines()]) == 2


async def test_a_quota_at_80_90_and_100_percent_says_so_with_alternatives(page: Page, user: User) -> None:
    async with user.client() as client:
        for times, code, words in ((16, 80, "over 80 %"), (2, 90, "over 90 %"), (2, 100, "used all of it")):
            await ask(client, LARGE, times)
            await page.goto("/usage")
            card = page.get_by_role("region", name="Answers from large models")
            alert = card.locator(f"[data-code=quota_{code}]")
            await expect(alert).to_contain_text(words)
            await expect(alert.get_by_role("link", name="Upgrade to Pro")).to_have_attribute("href", "/checkout/pro")
            await page.goto(f"/c?model={LARGE}")
            warning = page.locator(f"[data-code=quota_{code}]")
            await expect(warning.get_by_role("link", name="Upgrade to Pro")).to_have_attribute("href", "/checkout/pro")
        await warning.get_by_role("link", name="Upgrade to Pro").click()
        await expect(page.get_by_role("heading", name="Subscribe to Pro")).to_be_visible()
        await page.goto("/usage")
        ways = card.get_by_role("group", name="Options")
        await expect(ways.get_by_role("link", name=re.compile("Ask .* instead"))).to_be_visible()
        await expect(card).to_contain_text("Or wait until")
        await axe.check(page)

        await paying.subscribe(client)
    await page.reload()
    await expect(card).to_contain_text("0 of 100")
    await expect(card.get_by_role("alert")).to_have_count(0)
