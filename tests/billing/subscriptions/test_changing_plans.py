"""Changing the plan: in place or by another subscription, without a gap and without paying twice."""

import asyncio

import pytest

from oneai.billing import provider_operations, reconcile_subscriptions
from tests.billing.subscriptions.subscribing import (
    advance_days,
    advance_to_end_of,
    advance_to_period_end,
    at_provider,
    create_checkout,
    current_subscription,
    enterprise_for_sale,
    invalid_fields,
    operations,
    pay,
    plan_history,
    provider_subscriptions,
    refunds,
    set_outcome,
    status_and_code,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.45)

YEARLY = {"plan_id": "pro", "period": "yearly"}
ENTERPRISE = {"plan_id": "enterprise"}
AT_ONCE = {"at_period_end": False}


@pytest.fixture
def priced(world: World) -> World:
    """A world in which enterprise is sold too."""
    enterprise_for_sale(world)
    return world


async def test_a_change_of_period_replaces_the_subscription_once_paid(world: World) -> None:
    first = await subscribe(world)

    changed = await world.post("/subscription/update", {**YEARLY, "when": "now"})

    assert changed.status_code == 200
    checkout = changed.json()
    assert (checkout["payment_needed"], checkout["charged_amount"], checkout["start_at"]) == (True, 799000, None)
    assert ((await current_subscription(world))["period"], (await at_provider(world, first))["status"]) == (
        "monthly",
        "active",
    )
    now = (await pay(world, checkout)).json()
    assert (now["tier"], now["status"], now["period"]) == ("pro", "active", "yearly")
    assert ("cancel", "replaced", "pending") in operations(world)


async def test_an_immediate_upgrade_takes_effect_with_its_payment(priced: World) -> None:
    await subscribe(priced)
    checkout = (await priced.post("/subscription/update", {**ENTERPRISE, "when": "now"})).json()
    assert (
        checkout["bank_confirmation"] == "Your bank will ask you to confirm each charge, because it is above ₹15,000."
    )
    assert (await current_subscription(priced))["tier"] == "pro"

    await pay(priced, checkout)

    assert (await current_subscription(priced))["tier"] == "enterprise"
    assert await plan_history(priced) == [("free", "pro", "new_subscription"), ("pro", "enterprise", "upgrade")]


async def test_a_change_at_the_end_of_the_period_begins_where_the_old_one_ends(world: World) -> None:
    first = await subscribe(world)
    ends = (await current_subscription(world))["current_period_end"]

    checkout = (await world.post("/subscription/update", {**YEARLY, "when": "period_end"})).json()
    assert checkout["start_at"] == ends
    assert (await current_subscription(world))["cancel_requested_at"] is None
    await pay(world, checkout)

    now = await current_subscription(world)
    assert (now["period"], now["current_period_end"]) == ("monthly", ends)
    assert now["cancel_requested_at"] is not None
    assert operations(world) == [("cancel_at_period_end", "requested", "pending")]
    assert await refunds(world) == [500]  # what was taken to authorize the card
    assert (await at_provider(world, first))["status"] == "active"


async def test_the_new_subscription_takes_over_without_a_gap_or_a_second_payment(world: World) -> None:
    first = await subscribe(world)
    checkout = (await world.post("/subscription/update", {**YEARLY, "when": "period_end"})).json()
    await pay(world, checkout)
    await world.razorpay.catch_up()
    advance_to_period_end(world, hours=71)
    await provider_operations.run_due()

    for hours in (1, -0.1, -2, -5):
        advance_to_end_of(world, first, hours=hours)
        await world.razorpay.catch_up()
        assert (await current_subscription(world))["tier"] == "pro"

    now = await current_subscription(world)
    assert (now["period"], now["status"], now["cancel_requested_at"]) == ("yearly", "active", None)
    assert (await at_provider(world, first))["status"] == "cancelled"
    assert world.database.rows(
        "select amount from oneai.payments where captured_at is not null and amount_refunded = 0 order by captured_at"
    ) == [79900, 799000]
    assert {(old, new) for old, new, _ in (await plan_history(world))[1:]} == {("pro", "pro")}


async def test_a_change_late_in_the_period_refunds_the_rest_of_it(world: World) -> None:
    await subscribe(world)
    advance_days(world, 10)

    checkout = (await world.post("/subscription/update", {**YEARLY, "when": "now"})).json()
    await pay(world, checkout)
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert await refunds(world) == [pytest.approx(79900 * 2 / 3, rel=0.02)]


async def test_a_change_on_day_twenty_and_a_cancellation_refund_the_new_payment_once(world: World) -> None:
    await subscribe(world)
    advance_days(world, 20)
    checkout = (await world.post("/subscription/update", {**YEARLY, "when": "now"})).json()
    await pay(world, checkout)
    said = (await world.http.post("/subscription/cancel?preview=1", json=AT_ONCE, headers=world.headers())).json()

    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(1200)
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert len(await refunds(world)) == 2
    assert sum(await refunds(world)) <= 799000
    assert said["refund_amount"] in await refunds(world)


async def test_an_early_change_and_a_cancellation_refund_both_payments_pro_rata(world: World) -> None:
    await subscribe(world)
    advance_days(world, 2)
    checkout = (await world.post("/subscription/update", {**YEARLY, "when": "now"})).json()
    await pay(world, checkout)

    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(1200)
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert sorted(await refunds(world)) == [pytest.approx(79900 * 28 / 30, rel=0.03), pytest.approx(799000, rel=0.001)]


async def test_a_change_from_a_year_to_a_cheaper_plan_refunds_at_most_its_price(world: World) -> None:
    enterprise_for_sale(world, 90_000)
    await subscribe(world, period="yearly")
    advance_days(world, 100)
    checkout = (await world.post("/subscription/update", {**ENTERPRISE, "period": "monthly", "when": "now"})).json()
    await pay(world, checkout)

    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(1200)
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert await refunds(world) == [90000]


async def test_an_unauthorized_change_keeps_the_old_subscription(world: World) -> None:
    await subscribe(world)
    await world.post("/subscription/update", {**YEARLY, "when": "period_end"})

    advance_to_period_end(world, hours=-2)
    await world.razorpay.catch_up()

    now = await current_subscription(world)
    assert (now["tier"], now["period"], now["status"]) == ("pro", "monthly", "active")


async def test_undoing_a_change_cancels_the_replacement(world: World) -> None:
    await subscribe(world)
    checkout = (await world.post("/subscription/update", {**YEARLY, "when": "period_end"})).json()
    await pay(world, checkout)

    stayed = await world.post("/subscription/cancel/undo", None)

    assert (stayed.json()["period"], stayed.json()["cancel_requested_at"]) == ("monthly", None)
    assert ("cancel", "replaced", "pending") in operations(world)


async def test_a_downgrade_waits_for_the_end_of_the_period(priced: World) -> None:
    await subscribe(priced, plan_id="enterprise")

    assert invalid_fields(await priced.post("/subscription/update", {"plan_id": "pro", "when": "now"})) == ["when"]
    assert status_and_code(await create_checkout(priced)) == (409, "already_subscribed")
    later = await priced.post("/subscription/update", {"plan_id": "pro", "when": "period_end"})
    assert later.json()["start_at"] == (await current_subscription(priced))["current_period_end"]


async def test_a_change_from_yearly_to_monthly_is_a_downgrade(world: World) -> None:
    await subscribe(world, period="yearly")

    refused = await world.post("/subscription/update", {"plan_id": "pro", "period": "monthly", "when": "now"})

    assert invalid_fields(refused) == ["when"]


@pytest.mark.parametrize(
    ("second", "status"),
    [
        ({**YEARLY, "when": "period_end"}, 409),
        ({**ENTERPRISE, "when": "period_end"}, 200),
        ({**YEARLY, "when": "now"}, 200),
        ({**ENTERPRISE, "when": "now"}, 200),
    ],
    ids=["the same", "another", "the same now", "another now"],
)
async def test_a_change_authorized_for_the_period_end_is_not_requested_or_charged_twice(
    second: dict[str, str], status: int, priced: World
) -> None:
    first = await subscribe(priced)
    await pay(priced, (await priced.post("/subscription/update", {**YEARLY, "when": "period_end"})).json())
    advance_days(priced, 1)
    await reconcile_subscriptions()

    again = await priced.post("/subscription/update", second)
    assert again.status_code == status
    if status == 409:
        assert status_and_code(again) == (409, "already_subscribed")
    else:
        await pay(priced, again.json())
    for hours in (71, -0.5):
        advance_to_end_of(priced, first, hours=hours)
        await priced.razorpay.catch_up()
        await reconcile_subscriptions()
        await priced.razorpay.catch_up()

    now = await current_subscription(priced)
    lasting = YEARLY if second["plan_id"] == "pro" else {**ENTERPRISE, "period": "monthly"}
    assert (now["plan_id"], now["period"], now["status"]) == (lasting["plan_id"], lasting["period"], "active")
    alive = [
        each["status"]
        for each in await provider_subscriptions(priced)
        if each["status"] not in ("cancelled", "expired")
    ]
    assert alive == ["active"]
    async with priced.razorpay.session() as engine:
        kept = [each["amount"] for each in engine.account.payments.values() if each["status"] == "captured"]
    assert len(kept) <= 3 if second["when"] == "now" else len(kept) == 2
    done = {(kind, reason) for kind, reason, _ in operations(priced)}
    assert ("refund", "duplicate") not in done
    if second == {**ENTERPRISE, "when": "period_end"}:
        assert ("cancel", "replaced") in done


async def test_a_subscription_authorized_after_a_final_cancellation_is_not_created_twice(world: World) -> None:
    await subscribe(world)
    advance_to_period_end(world, hours=71)
    await world.post("/subscription/cancel", {})
    await pay(world, (await create_checkout(world)).json())

    assert status_and_code(await create_checkout(world)) == (409, "already_subscribed")
    assert len(await provider_subscriptions(world)) == 2


async def test_a_user_who_lost_a_yearly_plan_may_buy_a_monthly_one(world: World) -> None:
    checkout = await subscribe(world, period="yearly")
    await set_outcome(world, checkout, "fail")
    advance_to_period_end(world, hours=-24 * 10)
    await world.razorpay.catch_up()
    await reconcile_subscriptions()
    assert (await current_subscription(world))["status"] == "unpaid"
    month = {"plan_id": "pro", "period": "monthly", "when": "now"}
    assert (await world.post("/subscription/update", month)).status_code == 200

    await pay(world, (await create_checkout(world)).json())

    now = await current_subscription(world)
    assert (now["tier"], now["period"], now["status"]) == ("pro", "monthly", "active")


async def test_two_concurrent_changes_create_one_subscription(world: World) -> None:
    await subscribe(world)
    wish = {**YEARLY, "when": "now"}

    answers = await asyncio.gather(*(world.post("/subscription/update", wish) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["subscription_id"] for answer in answers}) == 1
    assert len(await provider_subscriptions(world)) == 2


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"plan_id": "pro", "when": "now"}, (409, "already_subscribed")),
        ({"plan_id": "enterprise", "when": "now"}, (422, "contact_sales")),
        ({"plan_id": "free", "when": "period_end"}, (422, "invalid_request")),
        ({"plan_id": "gold", "when": "now"}, (422, "invalid_request")),
        ({"plan_id": "pro"}, (409, "already_subscribed")),
        ({"plan_id": "pro", "when": "tomorrow"}, (422, "invalid_request")),
    ],
    ids=str,
)
async def test_a_change_to_the_same_plan_is_refused(
    body: dict[str, str], refusal: tuple[int, str], world: World
) -> None:
    await subscribe(world)

    assert status_and_code(await world.post("/subscription/update", body)) == refusal


async def test_a_change_requires_a_subscription(world: World) -> None:
    refused = await world.post("/subscription/update", {**YEARLY, "when": "now"})

    assert status_and_code(refused) == (409, "subscription_not_changeable")
