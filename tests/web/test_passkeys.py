"""Passkeys on the pages, with Chromium's virtual authenticator: one is added, named, signs in, and is removed."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.chromium import Watch
from tests.web.conftest import OpenContext
from tests.web.people import User, storage
from tests.web.test_second_factor import add_app, code

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
    "defaultBackupEligibility": True,
    "defaultBackupState": True,
}


@dataclass
class Device:
    """A page with a virtual authenticator, which belongs to this page alone."""

    page: Page
    cdp: CDPSession
    authenticator: str

    @classmethod
    async def attach(cls, page: Page, **options: Any) -> "Device":
        """Gives the page an authenticator."""
        cdp = await page.context.new_cdp_session(page)
        await cdp.send("WebAuthn.enable")
        added = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | options})
        return cls(page, cdp, added["authenticatorId"])

    async def credentials(self) -> list[dict[str, Any]]:
        """The passkeys in the authenticator, with their private keys."""
        found = await self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        credentials: list[dict[str, Any]] = found["credentials"]
        return credentials

    async def put(self, credential: dict[str, Any]) -> None:
        """Stores a passkey, as a password manager that syncs does."""
        body = {"authenticatorId": self.authenticator, "credential": credential}
        await self.cdp.send("WebAuthn.addCredential", body)

    async def empty(self) -> None:
        """Deletes the passkeys from the authenticator."""
        await self.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": self.authenticator})

    async def answer(self, *, verified: bool) -> None:
        """Whether its user proves who they are from now on; otherwise the prompt ends as if it was cancelled."""
        body = {"authenticatorId": self.authenticator, "isUserVerified": verified}
        await self.cdp.send("WebAuthn.setUserVerified", body)


@pytest.fixture
def site(stack: Stack, watch: Watch) -> str:
    """The stack by a name: no passkey belongs to an address in numbers."""
    watch.origin = stack.url.replace("127.0.0.1", "localhost")
    watch.expect(r"foreign request: \w+ " + re.escape(stack.url))
    return watch.origin


@pytest.fixture
async def device(site: str, user: User, open_context: OpenContext) -> Device:
    """A browser with an authenticator, in which `user` is signed in."""
    signed_in = {"oneai.session": user.storage()["origins"][0]["localStorage"][0]["value"]}
    context = await open_context(storage(site, signed_in), base_url=site)
    return await Device.attach(await context.new_page())


async def add(device: Device, name: str) -> None:
    """Adds a passkey on the profile page and names it."""
    await device.page.goto("/settings/profile")
    await device.page.get_by_role("button", name="Add a passkey").click()
    dialog = device.page.get_by_role("dialog", name="Name this passkey")
    await dialog.get_by_role("textbox", name="Name").fill(name)
    await dialog.get_by_role("button", name="Save").click()
    await expect(device.page.get_by_role("button", name=f"Rename {name}")).to_be_visible()


async def elsewhere(site: str, open_context: OpenContext, device: Device, address: str = "/login") -> Device:
    """Another browser at the sign-in page, whose password manager has the same passkeys."""
    page = await (await open_context(base_url=site)).new_page()
    other = await Device.attach(page)
    for credential in await device.credentials():
        await other.put(credential)
    await page.goto(address)
    return other


async def test_a_passkey_is_added_named_signs_in_elsewhere_and_is_removed(
    device: Device, site: str, user: User, open_context: OpenContext, watch: Watch
) -> None:
    watch.refused(400)
    page = device.page
    await page.goto("/settings/profile")
    await page.get_by_role("button", name="Add a passkey").click()
    dialog = page.get_by_role("dialog", name="Name this passkey")
    await expect(dialog.get_by_role("textbox", name="Name")).to_have_value(re.compile("^Chrome on Linux$"))
    await axe.check(page)
    await dialog.get_by_role("textbox", name="Name").fill("क" * 41)
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_text("This name is too long.")).to_be_visible()
    await dialog.get_by_role("textbox", name="Name").fill("Asha’s laptop")
    await dialog.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("not used yet")).to_be_visible()
    (credential,) = await device.credentials()
    assert credential["rpId"] == "localhost"

    other = await elsewhere(site, open_context, device, "/login?next=%2Fsettings%2Fprofile")
    await axe.check(other.page)
    await other.page.get_by_role("button", name="Use a passkey").click()
    await other.page.wait_for_url("**/settings/profile")
    await expect(other.page.get_by_text(user.email).first).to_be_visible()
    await expect(other.page.get_by_text("last used")).to_be_visible()
    await other.page.get_by_role("button", name="Remove Asha’s laptop").click()
    await expect(other.page.get_by_text("delete it in your password manager too")).to_be_visible()
    await axe.check(other.page)
    await other.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(other.page.get_by_role("button", name="Add a passkey")).to_be_visible()

    third = await elsewhere(site, open_context, device)
    await third.page.get_by_role("button", name="Use a passkey").click()
    await expect(third.page.locator("[role=alert][data-code=passkey_unknown]")).to_be_visible()


async def test_a_cancelled_prompt_and_a_missing_passkey_name_another_way(
    device: Device, site: str, open_context: OpenContext
) -> None:
    await device.answer(verified=False)
    await device.page.goto("/settings/profile")
    await device.page.get_by_role("button", name="Add a passkey").click()
    await expect(device.page.locator("[role=alert][data-code=passkey_not_added]")).to_be_visible()
    await device.answer(verified=True)
    await device.page.get_by_role("button", name="Add a passkey").click()
    await expect(device.page.get_by_role("dialog", name="Name this passkey")).to_be_visible()

    other = await elsewhere(site, open_context, device)
    await other.empty()
    await other.page.get_by_role("button", name="Use a passkey").click()
    await expect(other.page.locator("[role=alert][data-code=passkey_cancelled]")).to_contain_text("sign in another way")
    await expect(other.page.get_by_role("button", name="Use a passkey")).to_be_enabled()


async def test_a_device_with_a_passkey_does_not_get_a_second_one(device: Device) -> None:
    await add(device, "Laptop")

    await device.page.get_by_role("button", name="Add another passkey").dblclick()

    await expect(device.page.locator("[role=alert][data-code=passkey_exists]")).to_be_visible()
    assert len(await device.credentials()) == 1


async def test_a_passkey_is_followed_by_the_code_of_the_app(
    device: Device, site: str, open_context: OpenContext, watch: Watch
) -> None:
    watch.refused(403)
    await add(device, "Laptop")
    secret = await add_app(device.page)

    other = await elsewhere(site, open_context, device)
    await other.page.get_by_role("button", name="Use a passkey").click()
    await other.page.get_by_role("textbox", name="Code from the app").fill(code(secret))
    await other.page.keyboard.press("Enter")

    await expect(other.page.get_by_role("textbox", name="Message")).to_be_visible()


async def test_a_passkey_at_an_address_in_numbers_is_explained(page: Page) -> None:
    await Device.attach(page)
    await page.goto("/settings/profile")
    await page.get_by_role("button", name="Add a passkey").click()

    await expect(page.locator("[role=alert][data-code=passkey_wrong_address]")).to_contain_text("usual address")


async def test_a_browser_without_passkeys_offers_none(open_context: OpenContext, user: User) -> None:
    context = await open_context(user.storage())
    await context.add_init_script("delete window.PublicKeyCredential")
    page = await context.new_page()
    await page.goto("/settings/profile")
    await expect(page.get_by_text("This browser doesn’t support passkeys.")).to_be_visible()

    visitor = await (await open_context()).new_page()
    await visitor.add_init_script("delete window.PublicKeyCredential")
    await visitor.goto("/login")
    await expect(visitor.get_by_role("button", name="Continue with Google")).to_be_visible()
    await expect(visitor.get_by_role("button", name="Use a passkey")).to_have_count(0)
