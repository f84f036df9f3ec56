"""API keys on their page: made, used, changed, rotated, revoked."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.documentation.code_examples import run_example
from tests.local.running import Stack
from tests.patience import PATIENCE
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.invitations import join
from tests.web.people import User
from tests.web.test_teams import make_team


async def make_key(page: Page, name: str) -> str:
    """Makes a key with a name and nothing else; its secret."""
    await page.get_by_role("button", name="Create a key").click()
    dialog = page.get_by_role("dialog", name="New API key")
    await dialog.get_by_role("textbox", name="Name").fill(name)
    await dialog.get_by_role("button", name="Create a key").click()
    secret = await page.get_by_role("textbox", name="Secret").input_value()
    await page.get_by_role("button", name="Done").click()
    return secret


def card(page: Page, name: str) -> Locator:
    """A key in the list."""
    return page.get_by_role("article", name=name)


async def answer_with(user: User, secret: str) -> int:
    """The status of a request with the key."""
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=user.stack_url, headers=headers, timeout=PATIENCE) as client:
        return (await client.get("/api/v1/models")).status_code


async def test_a_key_is_created_with_every_option_and_its_secret_shown_once(
    page: Page, user: User, clock: Clock
) -> None:
    await page.goto("/settings/keys")
    await expect(page.get_by_text("You don’t have any API keys yet.")).to_be_visible()
    await page.get_by_role("button", name="Create a key").click()
    dialog = page.get_by_role("dialog", name="New API key")
    await dialog.get_by_role("textbox", name="Name").fill("Night job")
    await dialog.get_by_role("checkbox", name="Create embeddings").uncheck()
    await dialog.get_by_role("checkbox", name="Read usage").check()
    await dialog.get_by_text("Models, expiry, budget and limits").click()
    await dialog.get_by_role("textbox", name="Models").fill("openai/*\nanthropic/*")
    day = (await clock.now() + timedelta(days=30)).date()
    await dialog.get_by_label("Expires after").fill(day.isoformat())
    await dialog.get_by_role("textbox", name="Budget in US dollars").fill("2.50")
    await dialog.get_by_role("combobox", name="Budget resets").select_option("week")
    await dialog.get_by_role("textbox", name="Requests per minute").fill("30")
    await dialog.get_by_role("textbox", name="Allowed IP addresses").fill("127.0.0.0/8")
    await axe.check(page)
    await dialog.get_by_role("button", name="Create a key").click()

    secret = await page.get_by_role("textbox", name="Secret").input_value()
    await page.get_by_role("button", name="Copy the secret").click()
    await expect(page.get_by_text("Copied")).to_be_visible()
    await page.get_by_role("button", name="Done").click()
    await expect(card(page, "Night job")).to_contain_text("budget $2.50, resets every week")
    await page.reload()
    await expect(card(page, "Night job")).to_contain_text(secret[-4:])
    assert secret.startswith("oneai_sk_")
    assert secret not in await page.content()
    assert await answer_with(user, secret) == 200
    async with user.client() as client:
        (key,) = (await client.get("/api/user/api-keys")).json()["items"]
    assert key["scopes"] == ["chat", "models", "usage:read"]
    assert key["models"] == ["openai/*", "anthropic/*"]
    assert key["budget"] == {"micro_usd": 2_500_000, "window": "week"}
    assert key["limits"]["requests_per_minute"] == 30
    assert key["ip_ranges"] == ["127.0.0.0/8"]
    assert key["expires_at"].startswith(day.isoformat()[:7])


async def test_an_invalid_field_is_reported_at_its_place(page: Page, watch: Watch) -> None:
    await page.goto("/settings/keys")
    await page.get_by_role("button", name="Create a key").click()
    dialog = page.get_by_role("dialog", name="New API key")
    await dialog.get_by_role("button", name="Create a key").click()
    name = dialog.get_by_role("textbox", name="Name")
    await expect(name).to_have_accessible_description("Give the key a name.")

    watch.refused(422)
    await name.fill("Wrong addresses")
    await dialog.get_by_text("Models, expiry, budget and limits").click()
    await dialog.get_by_role("textbox", name="Allowed IP addresses").fill("not an address")
    await dialog.get_by_role("button", name="Create a key").click()

    await expect(dialog.locator("[role=alert][data-code=invalid_request]")).to_be_visible()
    await expect(dialog.get_by_role("textbox", name="Allowed IP addresses")).to_have_attribute("aria-invalid", "true")


async def test_a_key_is_changed_rotated_with_overlap_and_revoked(page: Page, user: User) -> None:
    await page.goto("/settings/keys")
    first = await make_key(page, "Server")

    await page.get_by_role("button", name="Change Server").click()
    await page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("Big server")
    await page.get_by_role("button", name="Save the key").click()
    await expect(card(page, "Big server")).to_be_visible()

    await page.get_by_role("button", name="Rotate Big server").click()
    await page.get_by_role("combobox", name="The current secret stays valid").select_option("3600")
    await page.get_by_role("button", name="Create a new secret").click()
    second = await page.get_by_role("textbox", name="Secret").input_value()
    await page.get_by_role("button", name="Done").click()
    await expect(card(page, "Big server")).to_contain_text("Rotating")
    assert [await answer_with(user, secret) for secret in (first, second)] == [200, 200]

    await page.get_by_role("button", name="Revoke Big server").click()
    await page.get_by_role("button", name="Revoke the key").click()
    await expect(page.get_by_text("The key is revoked.")).to_be_visible()
    await expect(page.get_by_text("Revoked and expired keys (1)")).to_be_visible()
    assert [await answer_with(user, secret) for secret in (first, second)] == [401, 401]


async def test_an_owner_narrows_and_revokes_the_key_of_another_and_gets_no_secret_of_it(
    page: Page, user: User, newcomer: Callable[[], Awaitable[User]]
) -> None:
    team, admin = await make_team(user), await newcomer()
    await join(user, team["id"], admin, "admin")
    for who, name in ((user, "Mine"), (admin, "Theirs")):
        async with who.client() as client:
            made = await client.post(
                "/api/user/api-keys", json={"name": name, "scopes": ["chat"]}, headers={"oneai-workspace": team["id"]}
            )
            made.raise_for_status()

    await page.goto(f"/settings/keys?workspace={team['slug']}")

    await expect(page.get_by_role("button", name="Rotate Mine")).to_be_visible()
    for act in ("Change", "Revoke"):
        await expect(page.get_by_role("button", name=f"{act} Theirs")).to_be_visible()
    await expect(page.get_by_role("button", name="Rotate Theirs")).to_have_count(0)


@pytest.mark.exhaustive
async def test_the_usage_of_a_key_is_a_table(page: Page, user: User) -> None:
    await page.goto("/settings/keys")
    secret = await make_key(page, "Used")
    await page.get_by_role("button", name="Usage of Used").click()
    await expect(page.get_by_text("Not used in the last 30 days.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Usage of Used")).to_be_focused()
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=user.stack_url, headers=headers, timeout=PATIENCE) as client:
        models = (await client.get("/api/v1/models")).json()["data"]
        question = {"model": models[0]["id"], "messages": [{"role": "user", "content": "Hello"}]}
        (await client.post("/api/v1/chat/completions", json=question)).raise_for_status()

    await page.get_by_role("button", name="Usage of Used").click()

    row = page.get_by_role("row", name="Total")
    await expect(row.get_by_role("cell").first).to_have_text("1")
    await axe.check(page)
    await page.set_viewport_size({"width": 375, "height": 740})
    card = page.get_by_role("dialog").get_by_role("listitem").filter(has_text="Total")
    await expect(card).to_be_visible()
    lines = await card.locator("dt, dd").evaluate_all("all => all.map((each) => each.getClientRects().length)")
    assert set(lines) == {1}
    assert await page.get_by_role("dialog").evaluate("each => each.scrollWidth <= each.clientWidth")
    await axe.check(page)


async def test_a_new_key_shows_a_first_request_in_three_languages(page: Page, stack: Stack, tmp_path: Path) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/settings/keys")
    await page.get_by_role("button", name="Create a key").click()
    await page.get_by_role("textbox", name="Name").fill("First")
    await page.get_by_role("dialog").get_by_role("button", name="Create a key").click()
    dialog = page.get_by_role("dialog", name="Your new key")
    await expect(dialog.get_by_role("region", name="Base URL")).to_have_text(f"{stack.url}/api/v1")
    secret = await dialog.get_by_role("textbox", name="Secret").input_value()

    await dialog.get_by_role("button", name="Copy", exact=True).last.click()
    ended = await run_example("sh", await page.evaluate("navigator.clipboard.readText()"), tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert "What is a monsoon?" in ended.out  # the stand-in repeats the question
    await dialog.get_by_role("tab", name="curl").press("ArrowRight")
    await expect(dialog.get_by_role("tab", name="Python")).to_be_focused()
    for name in ("Python", "JavaScript"):
        await dialog.get_by_role("tab", name=name).click()
        shown = dialog.get_by_role("tabpanel", name=name)
        await expect(shown).to_contain_text(f'"{stack.url}/api/v1"')
        await expect(shown).to_contain_text(f'"{secret}"')
    await axe.check(page)
