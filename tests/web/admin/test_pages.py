"""Every page of `/admin` with something on it: readable with assistive technology, at any width, in both themes."""

import re

import pytest
from playwright.async_api import expect

from local.web import routes
from tests.local.running import Stack
from tests.web import appearances, axe, paying, staff
from tests.web.admin.conftest import Newcomer
from tests.web.appearances import Appearance
from tests.web.conftest import OpenContext
from tests.web.imported import Conversation, import_conversations
from tests.web.people import User
from tests.web.test_pages import NARROW, WIDEST

PAGES = [page for page in routes.pages("app") if page.startswith("/admin")]
REPORTS = ("usage", "revenue", "cost", "performance")
ADDRESSES = [
    *(page.removesuffix("/[[id]]") for page in PAGES if "[report]" not in page and "[of]" not in page),
    *(page.replace("[[id]]", "[id]") for page in PAGES if "[[id]]" in page and "[of]" not in page),
    *(f"/admin/sales/{each}" for each in ("workspaces", "workspaces/[id]", "support", "offers")),
    *(f"/admin/analytics/{report}" for report in REPORTS),
    *(f"/admin/analytics/{report}?group_by=plan" for report in ("usage", "revenue", "cost")),
    "/admin/analytics/performance?group_by=error",
]
VISITS = [(address, look) for address in ADDRESSES for look in appearances.drawn(address)]
_FAILED_MAIL = """
    insert into oneai.outbox (user_id, kind, cause_key, data, state, attempts, problem)
    values (%s, 'welcome', gen_random_uuid()::text, '{}', 'failed', 8, 'No such mailbox')
"""
_examples: dict[str, dict[str, str]] = {}


@pytest.fixture
async def examples(stack: Stack, newcomer: Newcomer) -> dict[str, str]:
    """By the route of a page, the id of what it shows: a customer who was refused, pays, has a key and was reported."""
    if stack.url not in _examples:
        user = await newcomer()
        await staff.be_refused(stack, user)
        async with user.client() as client:
            await paying.subscribe(client)
            (await client.post("/api/user/api-keys", json={"name": "Nightly"})).raise_for_status()
            search = {"query": "where is the moon"}
            (await client.post("/api/docs/feedback", json=search)).raise_for_status()
            rating = {"slug": "first-steps", "helpful": False, "note": "Which button?"}
            (await client.post("/api/docs/feedback", json=rating)).raise_for_status()
            (conversation,) = await import_conversations(user, [Conversation("Rain", ["How much?", "Enough."])])
            shared = await client.post(f"/api/conversations/{conversation}/share", json={"kind": "snapshot"})
            token = shared.raise_for_status().json()["token"]
            report = {"reason": "It tells lies about rain."}
            (await client.post(f"/api/shared/{token}/report", json=report)).raise_for_status()
        await staff.report_chatbot(user, "It tells lies about tea.")
        staff.rows(stack, _FAILED_MAIL, [user.id])
        staff.rows(stack, staff.ROLL_UP)
        subscription = "select id from oneai.subscriptions where workspace_id = %s and status = 'active'"
        ((subscription_id,),) = staff.rows(stack, subscription, [user.id])
        ((event_id,),) = staff.rows(stack, "select event_id from oneai.provider_events order by received_at limit 1")
        _examples[stack.url] = {
            "/admin/users/[id]": user.id,
            "/admin/sales/workspaces/[id]": user.id,
            "/admin/subscriptions/[id]": str(subscription_id),
            "/admin/events/[id]": event_id,
        }
    return _examples[stack.url]


@pytest.mark.sampled(0.15)
@pytest.mark.parametrize(("address", "look"), VISITS, ids=str)
async def test_a_page_has_no_errors_and_is_accessible(
    open_context: OpenContext, admin: User, examples: dict[str, str], address: str, look: Appearance
) -> None:
    page = await (await open_context(admin.storage(**look.entries), **look.options)).new_page()
    await page.goto(address.replace("[id]", examples.get(address, "")))
    if look.width >= staff.SIDE_BAR:
        side_bar = page.get_by_role("navigation", name=re.compile("Administration pages|प्रशासन के पेज"))
        await expect(side_bar.locator("[aria-current=page]")).to_be_visible()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.wait_for_load_state("networkidle")

    await expect(page.locator("main [role=alert]")).to_have_count(0)
    await axe.check(page)
    await page.set_viewport_size({"width": NARROW, "height": 640})
    assert await page.evaluate(WIDEST) <= NARROW, "it scrolls sideways at 320 px"
