"""Admins see, give, take and explain prepaid credits."""

from typing import Any

import pytest

from oneai.billing import credit_packages, reconcile_subscriptions
from oneai.clients import razorpay
from tests.billing.without_webhooks import DAY, alerts
from tests.credits.account import Credits
from tests.credits.buying import DOLLAR, FIFTY, Buyer
from tests.world import World

REASON = {"reason": "An outage on 3 November"}


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    credit_packages.reset()


@pytest.fixture
def admin(world: World) -> Buyer:
    """Ravi, an admin."""
    world.database.rows(
        "insert into oneai.admins (user_id, role) values (%s, 'admin') on conflict do nothing", world.people["ravi"]
    )
    return Buyer(world, "ravi")


async def found(admin: Buyer, path: str) -> dict[str, Any]:
    """The answer to a GET."""
    answer = await admin.send("GET", path)
    assert answer.is_success, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_admin_gives_and_takes_credits_with_a_reason(world: World, admin: Buyer) -> None:
    asha = Buyer(world)
    path = f"/admin/workspaces/{asha.account}/credits"
    assert (await admin.send("POST", f"{path}/grant", {"micro_usd": DOLLAR})).status_code == 422
    given = await admin.send("POST", f"{path}/grant", {**REASON, "micro_usd": 20 * DOLLAR, "days": 90})
    assert (given.status_code, await asha.available()) == (201, 20 * DOLLAR)
    (grant,) = given.json()["grants"]
    assert (grant["kind"], grant["remaining_micro_usd"]) == ("promotional", 20 * DOLLAR)
    assert (await asha.send("GET", path)).status_code == 404

    taken = await admin.send("POST", f"/admin/credit-grants/{grant['id']}/revoke", REASON)
    assert (taken.json()["available_micro_usd"], await asha.available()) == (0, 0)
    assert taken.json()["grants"][0]["ended_at"] is not None
    actions = "select action from oneai.audit_log where action like 'credits.%%' order by id"
    assert list(world.database.rows(actions)) == ["credits.grant", "credits.revoke"]


async def test_figures_have_what_was_sold_used_and_is_left_by_day_and_currency(world: World, admin: Buyer) -> None:
    asha = Buyer(world)
    await asha.live_at()
    await asha.buy(package_id="credits_50")
    account = Credits(world.database, asha.account)
    account.settle(account.hold(12 * DOLLAR), 12 * DOLLAR)
    world.database.advance(DAY)
    account.settle(account.hold(3 * DOLLAR), 3 * DOLLAR)

    seen = await found(admin, "/admin/credits/figures")
    before, today = seen["days"][-2:]
    assert (before["sold_micro_usd"], before["granted_micro_usd"], before["used_micro_usd"]) == (
        50 * DOLLAR,
        10 * DOLLAR,
        12 * DOLLAR,
    )
    assert (before["liability_micro_usd"], today["liability_micro_usd"]) == (48 * DOLLAR, 45 * DOLLAR)
    (sale,) = seen["sales"]
    assert (sale["currency"], sale["purchases"], sale["amount"]) == ("INR", 1, FIFTY)
    assert seen["liability"] == [{"currency": "INR", "credit_micro_usd": 45 * DOLLAR, "amount": FIFTY * 45 // 50}]
    assert (seen["used_micro_usd"], seen["margin_percent"], seen["unexplained"]) == (15 * DOLLAR, 100, 0)


async def test_the_daily_job_finds_a_lost_payment_and_names_what_nothing_explains(world: World, admin: Buyer) -> None:
    asha = Buyer(world)
    await asha.live_at()
    order = await asha.ordered()
    world.database.rows("update oneai.orders set next_sync_at = null")
    world.razorpay.deliveries.switch("drop")
    await asha.pay(order, verify=False)
    await reconcile_subscriptions()
    world.database.advance(DAY + 60)
    await reconcile_subscriptions()
    assert (await asha.available(), alerts(world)) == (10 * DOLLAR, [])
    assert (await found(admin, "/admin/credits/unexplained"))["items"] == []

    Credits(world.database, asha.account).grant(DOLLAR)
    (item,) = (await found(admin, "/admin/credits/unexplained"))["items"]
    assert item["kind"] == "credits_without_payment"
    world.database.advance(DAY + 60)
    await reconcile_subscriptions()
    assert world.database.one("select count(*) from oneai.operator_alerts where kind = 'credits_unexplained'") == 1
