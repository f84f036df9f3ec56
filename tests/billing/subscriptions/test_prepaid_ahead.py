"""A period that is paid ahead: it has one page, and a preview says what a cancellation or a change returns of it."""

import asyncio

import pytest

from oneai.billing import provider_operations, provider_requests
from oneai.billing.subscriptions import price_list
from tests.billing.subscriptions.paying_ahead import BUDI, choose, open_page, pay
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    current_subscription,
    status_and_code,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
async def budi(world: World) -> World:
    """Asha lives in Bandung, and pays a month of Pro by GoPay. Ten days have passed."""
    for tier, amount in (("pro", 99_000), ("enterprise", 396_000)):
        plan = f"{tier}.monthly.IDR.{amount}"
        world.database.rows(
            "select oneai.set_price('midtrans', %s, 'monthly', 'IDR', %s, %s, %s)", tier, amount, plan, amount
        )
    price_list.reset()
    saved = await world.http.put("/subscription/billing-details", json=BUDI, headers=world.headers())
    assert saved.is_success, saved.text
    await pay(world, await open_page(world))
    advance_days(world, 10)
    return world


@pytest.fixture
async def paid_ahead(budi: World) -> World:
    """She pays the next month by virtual account."""
    await pay(budi, await open_page(budi), "bca_va")
    return budi


async def five_pages_at_once(world: World) -> tuple[list[int], set[str]]:
    """The statuses and the addresses of five checkouts at once."""
    answers = await asyncio.gather(*(create_checkout(world, currency="IDR") for _ in range(5)))
    return sorted(each.status_code for each in answers), {each.json()["checkout_url"] for each in answers}


async def test_requests_at_once_for_the_next_period_open_one_page(budi: World) -> None:
    statuses, (page,) = await five_pages_at_once(budi)
    assert statuses == [200] * 4 + [201]

    # Its payment fails, and five requests at once open one more.
    await choose({"checkout_url": page}, "gopay")
    newest = list(budi.midtrans.engine.account.transactions.values())[-1]
    budi.midtrans.engine.act(newest.transaction_id, "expire")
    statuses, (other,) = await five_pages_at_once(budi)
    assert (statuses, other == page) == ([200] * 4 + [201], False)

    assert budi.database.one("select pages from oneai.subscriptions") == 3
    await pay(budi, {"checkout_url": other})
    assert status_and_code(await create_checkout(budi, currency="IDR")) == (409, "already_subscribed")


async def test_a_page_for_the_next_period_is_limited_and_then_opens(
    budi: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await provider_requests.count_request(budi.people["asha"])
    with monkeypatch.context() as changed:
        changed.setattr(provider_requests, "BURST", 0)
        assert status_and_code(await create_checkout(budi, currency="IDR")) == (429, "rate_limited")
    # The refused request locks nothing.
    assert (await create_checkout(budi, currency="IDR")).status_code == 201


async def test_a_cancellation_says_and_gives_the_credits_for_a_period_paid_ahead(paid_ahead: World) -> None:
    wish = {"at_period_end": False, "rest_as_credits": True}
    preview = (await paid_ahead.post("/subscription/cancel?preview=1", wish)).json()
    # The running month was paid too long ago.
    assert (preview["refund_amount"], preview["kept_amount"], preview["credit_micro_usd"]) == (0, 99_000, 6_600_000)
    assert preview["paid_amount"] == 99_000

    assert (await paid_ahead.post("/subscription/cancel", wish)).is_success

    assert (await paid_ahead.get("/credits/balance")).json()["available_micro_usd"] == 6_600_000
    assert paid_ahead.database.rows("select kind from oneai.provider_operations where kind = 'refund'") == []


async def test_a_change_says_and_gives_the_time_for_a_period_paid_ahead(paid_ahead: World) -> None:
    change = {"plan_id": "enterprise"}
    preview = (await paid_ahead.post("/subscription/update?preview=1", change)).json()
    assert (preview["returned_as"], preview["added_days"]) == ("time", 7.5)

    changed = await paid_ahead.post("/subscription/update", change)
    await pay(paid_ahead, changed.json(), "bca_va")
    await provider_operations.run_due()

    assert (await current_subscription(paid_ahead))["tier"] == "enterprise"
    days = paid_ahead.database.one(
        "select extract(epoch from max(current_period_end) - oneai.now())::float8 / 86400 from oneai.subscriptions"
    )
    assert 37.4 < days < 37.51
    ((amount,),) = paid_ahead.database.rows("select array[amount] from oneai.refunds")
    assert 0 <= amount - preview["refund_amount"] <= 1
    assert paid_ahead.database.rows("select 1 from oneai.operator_alerts") == []
