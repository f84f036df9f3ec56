"""What a cancellation or a change returns of a period that is paid ahead: the preview says it, and it happens."""

import pytest

from oneai.billing import provider_operations
from oneai.billing.subscriptions import price_list
from tests.billing.subscriptions.paying_ahead import BUDI, open_page, pay
from tests.billing.subscriptions.subscribing import advance_days, current_subscription
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture
async def budi(world: World) -> World:
    """Asha lives in Bandung, pays a month of Pro by GoPay, and ten days later the next one by virtual account."""
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
    await pay(world, await open_page(world), "bca_va")
    return world


async def test_a_cancellation_says_and_gives_the_credits_for_a_period_paid_ahead(budi: World) -> None:
    wish = {"at_period_end": False, "rest_as_credits": True}
    preview = (await budi.post("/subscription/cancel?preview=1", wish)).json()
    # The running month was paid too long ago.
    assert (preview["refund_amount"], preview["kept_amount"], preview["credit_micro_usd"]) == (0, 99_000, 6_600_000)
    assert preview["paid_amount"] == 99_000

    assert (await budi.post("/subscription/cancel", wish)).is_success

    assert (await budi.get("/credits/balance")).json()["available_micro_usd"] == 6_600_000
    assert budi.database.rows("select kind from oneai.provider_operations where kind = 'refund'") == []


async def test_a_change_says_and_gives_the_time_for_a_period_paid_ahead(budi: World) -> None:
    change = {"plan_id": "enterprise"}
    preview = (await budi.post("/subscription/update?preview=1", change)).json()
    assert (preview["returned_as"], preview["added_days"]) == ("time", 7.5)

    changed = await budi.post("/subscription/update", change)
    await pay(budi, changed.json(), "bca_va")
    await provider_operations.run_due()

    assert (await current_subscription(budi))["tier"] == "enterprise"
    days = budi.database.one(
        "select extract(epoch from max(current_period_end) - oneai.now())::float8 / 86400 from oneai.subscriptions"
    )
    assert 37.4 < days < 37.51
    ((amount,),) = budi.database.rows("select array[amount] from oneai.refunds")
    assert 0 <= amount - preview["refund_amount"] <= 1
    assert budi.database.rows("select 1 from oneai.operator_alerts") == []
