"""Documents' pages as they are when they hold something: right to left, with the system's high contrast, and narrow."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.local.running import Stack
from tests.web import axe
from tests.web.conftest import OpenContext
from tests.web.documents import add_document
from tests.web.people import User
from tests.web.staff import rows
from tests.web.test_pages import NARROW, WIDEST

pytestmark = pytest.mark.sampled(0.2)

MIRROR = "document.documentElement.dir = 'rtl'"
LOOKS: dict[str, dict[str, Any]] = {
    "right to left": {},
    "forced colours": {"forced_colors": "active"},
    "more contrast in the dark": {"contrast": "more", "color_scheme": "dark"},
}


def add_documents(stack: Stack, user: User) -> str:
    """One in each state that the pages show differently; the id of one with pages without text and a summary."""
    add_document(stack, user, [], name="torn.pdf", status="failed", problem="This file is torn.")
    add_document(stack, user, name="notes.pdf", status="embedding")
    rows(
        stack,
        "update oneai.documents set next_attempt_at = oneai.now() + interval '1 day' where workspace_id = %s",
        [user.id],
    )
    document = add_document(stack, user, name="किराया اتفاقية.pdf", blank_pages=2, problem="Page 4 was not read.")
    rows(
        stack,
        "insert into oneai.document_summaries (document_id, workspace_id, state, content, model, written_at, "
        "requested_model, reservation, units, part_tokens, covered, next_attempt_at) "
        "values (%s, %s, 'waiting', 'A contract.', "
        "'local/echo', oneai.now(), 'local/echo', gen_random_uuid(), 1, 1, 1, oneai.now() + interval '1 day')",
        [document, user.id],
    )
    return document


async def check(page: Page) -> None:
    """Assistive technology can read it, and nothing of it lies beside a narrow screen."""
    await axe.check(page)
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": NARROW, "height": 640})
    assert await page.evaluate(WIDEST) <= NARROW, "it scrolls sideways at 320 px"
    await page.set_viewport_size(size)


@pytest.mark.parametrize("look", LOOKS)
async def test_pages_with_documents_are_accessible_in_every_appearance(
    open_context: OpenContext, user: User, stack: Stack, look: str
) -> None:
    document = add_documents(stack, user)
    page = await (await open_context(user.storage(), **LOOKS[look])).new_page()
    for address, last in (("/knowledge", "meter"), (f"/knowledge/{document}", "article")):
        await page.goto(address)
        await expect(page.get_by_role(last).first).to_be_visible()  # type: ignore[arg-type]
        if look == "right to left":
            await page.evaluate(MIRROR)
        await check(page)

    await page.get_by_role("button", name="Read the pages").click()
    await expect(page.get_by_role("dialog").locator("[data-quote]")).to_be_visible()
    await check(page)
