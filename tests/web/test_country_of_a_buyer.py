"""Where a buyer seems to be, and what that means for their payment: a line at the country of their address."""

import pytest
from playwright.async_api import Page, expect

from oneai.http.edge import COUNTRY
from tests.web import axe, paying
from tests.web.conftest import OpenContext
from tests.web.people import User

pytestmark = pytest.mark.exhaustive
REFUNDED = "A payment from another country, or from one that we can’t see, buys nothing, and we refund it."


async def seen_from(open_context: OpenContext, user: User, network: str, **storage: str) -> Page:
    """A page of the user, whose requests come from this network."""
    return await (await open_context(user.storage(**storage), extra_http_headers={COUNTRY: network})).new_page()


async def test_a_buyer_reads_that_their_network_is_in_another_country(open_context: OpenContext, user: User) -> None:
    page = await seen_from(open_context, user, "ID")
    await page.goto("/checkout/pro")
    differs = page.locator("[data-code=country_differs]")
    # Indonesia, where the form starts, is what the network says.
    await expect(page.get_by_label("Country")).to_have_value("ID")
    await expect(differs).to_have_count(0)

    await page.get_by_label("Country").select_option("IN")
    await expect(differs).to_contain_text("You seem to be in Indonesia.")
    await expect(differs).to_contain_text(REFUNDED)
    await axe.check(page)
    await paying.fill_in_details(page)
    await paying.continue_to_payment(page)


async def test_a_network_elsewhere_is_named_by_what_it_is_not(open_context: OpenContext, user: User) -> None:
    page = await seen_from(open_context, user, "-IN-ID", language="hi")
    await page.goto("/checkout/pro")
    differs = page.locator("[data-code=country_differs]")
    await expect(differs).to_contain_text("लगता है कि आप भारत से बाहर हैं।")
    await page.locator("[name=country]").select_option("SG")
    await expect(differs).to_have_count(0)


async def test_credits_say_it_at_the_stored_address(open_context: OpenContext, user: User) -> None:
    async with user.client() as client:
        (await client.put("/api/subscription/billing-details", json=paying.DETAILS)).raise_for_status()
    page = await seen_from(open_context, user, "ID")
    await page.goto("/credits")
    await page.get_by_role("button", name="Buy credits").click()
    await expect(page.locator("[data-code=country_differs]")).to_contain_text("You seem to be in Indonesia.")
