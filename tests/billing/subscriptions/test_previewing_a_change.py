"""The preview of a plan change shows the charge and the refund, and the change makes exactly these."""

from typing import Any

import pytest

from oneai.billing import provider_operations, reconcile_subscriptions
from tests.billing.subscriptions.subscribing import (
    advance_days,
    advance_to_period_end,
    current_subscription,
    enterprise_for_sale,
    invalid_fields,
    operations,
    pay,
    provider_subscriptions,
    refunds,
    set_fault,
    set_outcome,
    status_and_code,
    subscribe,
)
from tests.billing.subscriptions.using import use_at_once
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

YEARLY = {"plan_id": "pro", "period": "yearly", "when": "now"}
ENTERPRISE = {"plan_id": "enterprise", "when": "now"}
PRICE, YEAR, LARGE = 79_900, 799_000, 2_000_000


async def preview(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """`POST /subscription/update?preview=1`."""
    answer = await world.http.post("/subscription/update?preview=1", json=body, headers=world.headers())
    assert answer.is_success, answer.text
    previewed: dict[str, Any] = answer.json()
    return previewed


async def changed(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Changes the plan and pays for it; what `update` answered."""
    checkout: dict[str, Any] = (await world.post("/subscription/update", body)).json()
    if checkout["payment_needed"]:
        await pay(world, checkout)
    await provider_operations.run_due()
    await provider_operations.run_due()
    return checkout


async def test_a_preview_changes_nothing_and_states_the_charge_and_the_refund(world: World) -> None:
    await subscribe(world)
    advance_days(world, 10)
    before = await current_subscription(world)

    previewed = await preview(world, YEARLY)
    assert (await current_subscription(world), operations(world), len(await provider_subscriptions(world))) == (
        before,
        [],
        1,
    )
    checkout = await changed(world, YEARLY)

    assert (previewed["charged_now"], previewed["charged_amount"]) == (YEAR, checkout["charged_amount"])
    assert (previewed["plan_id"], previewed["period"], previewed["currency"]) == ("pro", "yearly", "INR")
    assert (previewed["payment_needed"], previewed["limited_by"]) == (True, "time")
    assert previewed["explanation"].startswith("By time: 6")
    assert previewed["starts_at"] < (await current_subscription(world))["current_period_end"]
    assert await refunds(world) == [pytest.approx(previewed["refund_amount"], abs=5)]


async def test_usage_limits_the_refund_of_the_previous_plan(world: World) -> None:
    await subscribe(world)
    assert use_at_once(world, 90, "large_messages")

    previewed = await preview(world, YEARLY)
    await changed(world, YEARLY)

    assert (previewed["refund_amount"], previewed["limited_by"]) == (PRICE // 10, "large_messages")
    assert previewed["explanation"] == (
        "Counted by answers from large models: you used 90 of the 100 that this payment covers."
    )
    assert await refunds(world) == [previewed["refund_amount"]]


async def test_the_refund_of_a_year_is_at_most_the_price_of_the_new_plan(world: World) -> None:
    enterprise_for_sale(world, 90_000)
    await subscribe(world, period="yearly")
    advance_days(world, 100)
    monthly = {**ENTERPRISE, "period": "monthly"}

    previewed = await preview(world, monthly)
    await changed(world, monthly)

    assert (previewed["refund_amount"], previewed["limited_by"]) == (90_000, "price")
    assert previewed["explanation"] == (
        "More than 7 days after a payment, the refund is limited to the price of the new plan."
    )
    assert await refunds(world) == [90_000]


async def test_a_change_at_the_period_end_charges_and_refunds_nothing_earlier(world: World) -> None:
    await subscribe(world)
    later = {**YEARLY, "when": "period_end"}

    previewed = await preview(world, later)
    checkout = (await world.post("/subscription/update", later)).json()

    assert (previewed["charged_now"], previewed["charged_amount"], previewed["refund_amount"]) == (0, YEAR, 0)
    assert (previewed["limited_by"], previewed["explanation"]) == (None, None)
    assert previewed["starts_at"] == checkout["start_at"] == (await current_subscription(world))["current_period_end"]


async def test_a_plan_that_is_changed_in_place_charges_the_difference(world: World) -> None:
    enterprise_for_sale(world)
    await subscribe(world, method="foreign_card")
    advance_days(world, 3)

    previewed = await preview(world, ENTERPRISE)
    await changed(world, ENTERPRISE)

    assert (previewed["payment_needed"], previewed["refund_amount"], previewed["limited_by"]) == (False, 0, None)
    assert previewed["charged_amount"] == LARGE
    amounts = "select amount from oneai.payments order by captured_at desc limit 1"
    assert world.database.one(amounts) == pytest.approx(previewed["charged_now"], abs=20)
    assert await refunds(world) == []


async def test_a_domestic_card_pays_for_a_new_subscription(world: World) -> None:
    enterprise_for_sale(world)
    await subscribe(world, method="card")

    previewed = await preview(world, ENTERPRISE)
    checkout = await changed(world, ENTERPRISE)

    assert (
        (previewed["payment_needed"], previewed["charged_now"]) == (checkout["payment_needed"], LARGE) == (True, LARGE)
    )
    assert await refunds(world) == [pytest.approx(previewed["refund_amount"], abs=5)]


async def test_a_preview_during_an_outage_omits_what_only_the_provider_knows(world: World) -> None:
    enterprise_for_sale(world)
    await subscribe(world, method="foreign_card")
    await set_fault(world, "away")

    refused = await world.http.post("/subscription/update?preview=1", json=ENTERPRISE, headers=world.headers())

    assert status_and_code(refused) == (503, "payment_provider_unavailable")
    assert (await preview(world, YEARLY))["charged_now"] == YEAR


async def test_a_user_who_lost_their_plan_gets_no_refund_for_another(world: World) -> None:
    checkout = await subscribe(world)
    await set_outcome(world, checkout, "fail")
    advance_to_period_end(world, hours=-24 * 10)
    await world.razorpay.catch_up()
    await reconcile_subscriptions()

    previewed = await preview(world, YEARLY)

    assert (previewed["charged_now"], previewed["refund_amount"], previewed["explanation"]) == (YEAR, 0, None)


async def test_a_change_to_the_same_plan_is_not_previewed(world: World) -> None:
    async def refused(body: dict[str, Any]) -> Any:
        return await world.http.post("/subscription/update?preview=1", json=body, headers=world.headers())

    assert status_and_code(await refused(YEARLY)) == (409, "subscription_not_changeable")
    await subscribe(world, period="yearly")
    assert status_and_code(await refused(YEARLY)) == (409, "already_subscribed")
    assert invalid_fields(await refused({"plan_id": "pro", "period": "monthly", "when": "now"})) == ["when"]
    assert invalid_fields(await refused({"plan_id": "gold", "when": "now"})) == ["plan_id"]
