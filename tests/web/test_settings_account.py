"""The account on its pages: profile, preferences, instructions, mails, sessions, deletion, suspension."""

import base64
import io
import os
import re
import subprocess
import sys
from functools import partial

import httpx
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from local.data_folder import REPOSITORY
from tests.local.running import Stack
from tests.patience import PATIENCE, eventually
from tests.web import axe, mails
from tests.web.chromium import Watch
from tests.web.clock import Clock
from tests.web.conftest import OpenContext
from tests.web.people import User

pytestmark = pytest.mark.sampled(0.4)


async def read(user: User, path: str) -> dict[str, object]:
    """What the API has."""
    async with user.client() as client:
        answer: dict[str, object] = (await client.get(path)).raise_for_status().json()
        return answer


async def test_settings_begin_with_the_profile_and_each_page_is_reached_by_keyboard(page: Page) -> None:
    await page.goto("/settings")
    await page.wait_for_url("**/settings/profile")
    sections = page.get_by_role("navigation", name="Settings")
    names = [await link.inner_text() for link in await sections.get_by_role("link").all()]
    assert len(names) == 10
    sidebar, account = page.get_by_role("complementary"), page.get_by_role("button", name="Account of")
    edges = [await each.bounding_box() for each in (sidebar, account)]
    assert edges[0] is not None
    assert edges[1] is not None
    assert edges[1]["x"] + edges[1]["width"] <= edges[0]["x"] + edges[0]["width"]  # a long address is cut

    async def opened(name: str) -> bool:
        # The page before may still be taking the focus for itself.
        await sections.get_by_role("link", name=name, exact=True).focus()
        await page.keyboard.press("Enter")
        return await page.get_by_role("heading", name=name, level=1).is_visible()

    for name in names:
        await eventually(partial(opened, name))
        await expect(sections.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")


def picture(width: int, height: int) -> bytes:
    """A picture with transparency, as a phone or a screenshot makes it."""
    file = io.BytesIO()
    Image.new("RGBA", (width, height), (0, 128, 128, 100)).save(file, "PNG")
    return file.getvalue()


async def test_the_name_and_a_picture_are_saved_and_shown(page: Page, user: User) -> None:
    await page.goto("/settings/profile")
    await page.get_by_role("textbox", name="Name", exact=True).fill("  Asha   Rao ")
    await page.get_by_role("button", name="Save profile").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await expect(page.get_by_role("button", name="Account of Asha Rao")).to_be_visible()
    assert (await read(user, "/api/user/profile"))["name"] == "Asha Rao"

    field = page.locator("input[type=file]")
    shown = page.get_by_role("complementary").locator("img[src^='data:image/jpeg']")
    await field.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"no picture"})
    await expect(page.locator("[role=alert][data-code=not_a_picture]")).to_be_visible()
    await field.set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": picture(1200, 800)})
    await expect(shown).to_be_visible()
    await axe.check(page)
    await page.reload()
    await expect(shown).to_be_visible()
    stored = Image.open(io.BytesIO(base64.b64decode(str((await read(user, "/api/user/picture"))["data"]))))
    assert (stored.size, stored.format) == ((256, 256), "JPEG")
    await page.get_by_role("button", name="Remove picture").click()
    await expect(shown).to_be_hidden()
    assert (await read(user, "/api/user/profile"))["picture_updated_at"] is None


async def test_a_new_address_takes_effect_once_confirmed(page: Page, user: User) -> None:
    await page.goto("/settings/profile")
    new = f"moved-{user.email}"
    await page.get_by_role("textbox", name="New email address").fill(new)
    await page.get_by_role("button", name="Change address").click()
    await expect(page.get_by_role("status").filter(has_text="We sent emails to your old address")).to_be_visible()

    await page.goto(await mails.link(user.stack_url, new))

    await page.wait_for_url("**/settings/profile")
    await expect(page.get_by_text(f"You sign in as {new}.")).to_be_visible()


@pytest.mark.exhaustive
async def test_a_password_change_long_after_signing_in_needs_a_mailed_code(
    page: Page, user: User, clock: Clock, watch: Watch
) -> None:
    watch.refused(400, 401, 403, 422)
    await clock.advance(days=2)
    await page.goto("/settings/profile")
    await page.get_by_role("link", name="Change password").click()
    await page.get_by_label("New password").fill("another long password")
    await page.get_by_role("button", name="Save password").click()
    await expect(page.get_by_role("status").filter(has_text="we sent you a code by email")).to_be_visible()
    await axe.check(page)

    code = page.get_by_role("textbox", name="Code from the email")
    mailed = await mails.code(user.stack_url, user.email)
    await code.fill("000000" if mailed != "000000" else "111111")
    await page.get_by_role("button", name="Save password").click()
    await expect(page.get_by_role("alert")).to_contain_text("This code is wrong or has expired.")
    await code.fill(mailed)
    await page.get_by_role("button", name="Save password").click()

    await expect(page.get_by_text("Your new password is saved.")).to_be_visible()
    await page.wait_for_url("**/settings/profile")
    async with httpx.AsyncClient(base_url=user.stack_url, timeout=PATIENCE) as client:
        attempts = [
            await client.post("/auth/v1/token?grant_type=password", json={"email": user.email, "password": each})
            for each in (user.password, "another long password")
        ]
    assert [each.status_code for each in attempts] == [400, 200]


@pytest.mark.exhaustive
async def test_theme_and_language_change_at_once_and_apply_on_another_device(
    page: Page, user: User, open_context: OpenContext
) -> None:
    await page.goto("/settings/preferences")
    await page.get_by_role("radio", name="Dark").check()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    await page.get_by_role("combobox", name="Language").select_option("hi")
    await expect(page.get_by_role("heading", name="प्राथमिकताएँ", level=1)).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "hi")
    await eventually(
        lambda: read(user, "/api/user/preferences"),
        lambda now: (now["language"], now["theme"]) == ("hi", "dark"),
    )
    await axe.check(page)

    other = await (await open_context(user.storage())).new_page()
    await other.goto("/settings/preferences")

    await expect(other.get_by_role("heading", name="प्राथमिकताएँ", level=1)).to_be_visible()
    await expect(other.locator("html")).to_have_attribute("data-theme", "dark")


async def test_choices_made_before_signing_in_are_saved_to_the_account(user: User, open_context: OpenContext) -> None:
    page = await (await open_context(user.storage(language="hi", theme="light"))).new_page()

    await page.goto("/settings/notifications")

    await eventually(
        lambda: read(user, "/api/user/preferences"),
        lambda now: (now["language"], now["theme"]) == ("hi", "light"),
    )


async def test_the_default_model_applies_to_new_conversations(page: Page, user: User) -> None:
    async with user.client() as client:
        models = (await client.get("/api/chat/models")).json()["items"]
    chosen = [model for model in models if model["in_plan"]][-1]
    await page.goto("/settings/preferences")
    await page.get_by_role("combobox", name="Default model").select_option(chosen["id"])
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()

    await page.goto("/c")

    await expect(page.get_by_role("combobox", name="Model")).to_have_value(chosen["name"])


async def test_instructions_show_their_length_and_overwrite_no_change_made_elsewhere(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(412)
    await page.goto("/settings/instructions")
    text = page.get_by_role("textbox", name="Custom instructions")
    await text.fill("😀" * 8_001)
    await expect(page.get_by_text("8,001 of 8,000 characters")).to_be_visible()
    await expect(page.get_by_role("button", name="Save instructions")).to_be_disabled()
    await text.fill("Answer briefly.")
    await page.get_by_role("button", name="Save instructions").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    async with user.client() as client:
        await client.patch("/api/user/preferences", json={"custom_instructions": "Answer in verse."})

    await text.fill("Answer at length.")
    await page.get_by_role("button", name="Save instructions").click()
    await expect(page.locator("[role=alert][data-code=precondition_failed]")).to_be_visible()
    await page.get_by_role("button", name="Show the newer text").click()

    await expect(text).to_have_value("Answer in verse.")


async def test_each_kind_of_mail_can_be_switched(page: Page, user: User) -> None:
    await page.goto("/settings/notifications")
    news = page.get_by_role("switch", name="News")
    was = await news.is_checked()

    await news.set_checked(not was)

    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    now = await read(user, "/api/user/preferences")
    assert isinstance(now["notifications"], dict)
    assert now["notifications"]["product"] is not was

    # And mail about each team.
    async with user.client() as client:
        (await client.post("/api/workspaces", json={"name": "Nilgiri Tea"})).raise_for_status()
    await page.reload()
    team = page.get_by_role("region", name="Nilgiri Tea")
    await expect(team.get_by_role("switch")).to_have_count(2)
    await team.get_by_role("switch", name="Billing").click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    chosen = await read(user, "/api/user/preferences/workspaces")
    assert isinstance(chosen["items"], list)
    assert [(each["budget"], each["billing"]) for each in chosen["items"]] == [(True, False)]


async def test_summaries_of_long_conversations_can_be_disabled(page: Page, user: User) -> None:
    await page.goto("/settings/preferences")
    summaries = page.get_by_role("switch", name="Summarise long chats")
    await expect(summaries).to_be_checked()

    await summaries.click()
    await expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()

    assert (await read(user, "/api/user/preferences"))["summarise_conversations"] is False


async def test_sessions_are_listed_and_ended(page: Page, user: User) -> None:
    async with httpx.AsyncClient(base_url=user.stack_url, timeout=PATIENCE) as client:
        credentials = {"email": user.email, "password": user.password}
        others = [
            (await client.post("/auth/v1/token?grant_type=password", json=credentials)).json()["access_token"]
            for _ in range(3)
        ]
        await page.goto("/settings/sessions")
        await expect(page.get_by_text("This device")).to_be_visible()
        ends = page.get_by_role("button", name=re.compile("^Sign out python-httpx"))
        await expect(ends).to_have_count(3)
        await axe.check(page)

        await ends.first.click()
        await expect(page.get_by_text("Signed out.")).to_be_visible()
        await page.get_by_role("button", name="Sign out all other sessions").click()

        await expect(page.get_by_text("You’re only signed in on this device.")).to_be_visible()
        statuses = [
            (await client.get("/api/me", headers={"authorization": f"Bearer {token}"})).status_code for token in others
        ]
    assert statuses == [401, 401, 401]
    assert await read(user, "/api/me")


async def test_signing_out_everywhere_ends_this_session_too(page: Page, user: User) -> None:
    await page.goto("/settings/sessions")
    await page.get_by_role("button", name="Sign out everywhere").click()

    await page.wait_for_url("**/login")
    async with user.client() as client:
        assert (await client.get("/api/me")).status_code == 401


async def test_an_account_is_deleted_after_typing_its_address_and_can_be_restored(
    page: Page, user: User, watch: Watch
) -> None:
    watch.refused(403)
    await page.goto("/settings/delete")
    confirmation = page.get_by_role("textbox", name="Confirmation")
    await confirmation.fill("yes")
    await page.get_by_role("button", name="Delete my account").click()
    await expect(confirmation).to_have_attribute("aria-invalid", "true")
    assert (await read(user, "/api/user/profile"))["deletes_at"] is None
    await confirmation.fill(user.email)
    await page.get_by_role("button", name="Delete my account").click()

    await expect(page.get_by_role("heading", name="Your account is being deleted")).to_be_visible()
    for address in ("/c", "/settings/data"):
        await page.goto(address)
        await expect(page.get_by_role("button", name="Keep my account")).to_be_visible()
    await expect(page.get_by_role("button", name="Export everything")).to_be_visible()
    await page.goto("/c")
    await expect(page.get_by_role("heading", name="Your account is being deleted")).to_be_visible()
    await axe.check(page)

    await page.get_by_role("button", name="Keep my account").click()

    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    await expect(page.get_by_role("button", name="Keep my account")).to_be_hidden()
    assert (await read(user, "/api/user/profile"))["deletes_at"] is None


def suspend(stack: Stack, user: User, *more: str) -> None:
    """As operators do."""
    environment = os.environ | {"ONEAI_DATA": str(stack.data), "PYTHONPATH": "layers/common:."}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "ops.suspend", f"--id={user.id}", "--reason=a test", *more]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, capture_output=True)


async def test_a_suspended_user_sees_what_still_works(page: Page, user: User, stack: Stack, watch: Watch) -> None:
    watch.refused(403)
    suspend(stack, user)
    await page.goto("/c")

    await expect(page.get_by_role("heading", name="Your account is suspended")).to_be_visible()
    await axe.check(page)
    await page.get_by_role("link", name="Export your data").click()
    await expect(page.get_by_role("button", name="Export everything")).to_be_visible()
    await page.goto("/settings/delete")
    await expect(page.get_by_role("textbox", name="Confirmation")).to_be_visible()
    suspend(stack, user, "--end")
    await page.goto("/c")
    await expect(page.get_by_role("textbox", name="Message")).to_be_visible()


PUBLIC = ("/", "/reset-password", "/shared/a-token-of-nothing")


@pytest.mark.exhaustive
async def test_public_pages_show_a_pending_deletion_and_can_undo_it(
    page: Page, user: User, watch: Watch, open_context: OpenContext
) -> None:
    watch.refused(403, 404)  # of what a closed account does not have; the shared link is an example
    await page.goto("/settings/delete")
    await page.get_by_role("textbox", name="Confirmation").fill(user.email)
    await page.get_by_role("button", name="Delete my account").click()
    await expect(page.get_by_role("button", name="Keep my account")).to_be_visible()

    for address in PUBLIC:
        await page.goto(address)
        notice = page.get_by_role("region", name="Your account is being deleted")
        await expect(notice).to_contain_text("Everything in it is erased on")
        await expect(notice.get_by_role("button", name="Keep my account")).to_be_visible()
        await axe.check(page)
    other = await (await open_context()).new_page()  # of another user, in a browser of their own
    await other.goto("/")
    await expect(other.get_by_role("link", name="Sign in")).to_be_visible()
    await expect(other.get_by_role("button", name="Keep my account")).to_have_count(0)

    await notice.get_by_role("button", name="Keep my account").click()
    await expect(notice).to_be_hidden()
    await page.goto("/")
    await expect(page.get_by_role("banner").get_by_role("link", name="Open the chat")).to_be_visible()
    await expect(notice).to_have_count(0)
    assert (await read(user, "/api/user/profile"))["deletes_at"] is None


@pytest.mark.exhaustive
async def test_public_pages_show_a_suspension_until_it_ends(page: Page, user: User, stack: Stack, watch: Watch) -> None:
    watch.refused(403, 404)
    suspend(stack, user)
    await page.goto("/c")
    await expect(page.get_by_role("heading", name="Your account is suspended")).to_be_visible()
    notice = page.get_by_role("region", name="Your account is suspended")
    for address in (*PUBLIC, "/billing"):
        await page.goto(address)
        for link in ("See invoices and cancel the subscription", "Export your data", "Delete your account"):
            await expect(notice.get_by_role("link", name=link)).to_be_visible()
        await axe.check(page)

    suspend(stack, user, "--end")
    async with page.expect_response("**/api/me"):
        await page.goto("/")

    await expect(notice).to_be_hidden()


@pytest.mark.sampled(0.3)
@pytest.mark.parametrize("address", ["/settings/keys", "/settings/sessions", "/settings/profile"])
async def test_a_page_without_a_network_says_so_and_retries(page: Page, watch: Watch, address: str) -> None:
    watch.expect("ERR_FAILED|Failed to fetch|net::")
    api = re.compile("/api/")
    await page.route(api, lambda route: route.abort())
    await page.goto(address)
    alert = page.locator("[role=alert][data-code=network]").first
    await expect(alert).to_be_visible()
    await page.unroute(api)

    await alert.get_by_role("button", name="Try again").click()

    await expect(alert).to_be_hidden()
