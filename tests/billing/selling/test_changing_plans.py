"""Changing the plan: in place or by another subscription, without a gap and without paying twice."""

import asyncio

import pytest

from local import razorpay
from oneai import settings
from oneai.billing import calls
from tests.billing.selling.subscribing import (
    at_the_provider,
    changes,
    code,
    create,
    current,
    days,
    fields,
    pay,
    refunds,
    subscribe,
    there,
    told,
    until_end,
    until_end_of,
)
from tests.world import World

YEARLY = {"plan_id": "pro", "period": "yearly"}
ENTERPRISE = {"plan_id": "enterprise"}
AT_ONCE = {"at_period_end": False}


@pytest.fixture
def priced(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which enterprise is sold too."""
    monkeypatch.setenv("PLAN_PRICES", "enterprise.monthly.INR=2000000")
    settings.forget()
    monkeypatch.setenv("RAZORPAY_PLANS", razorpay.settings_of("")["RAZORPAY_PLANS"])
    settings.forget()
    return world


async def test_another_period_now_replaces_the_one_before_once_it_is_paid(world: World) -> None:
    first = await subscribe(world)

    changed = await world.post("/subscription/update", {**YEARLY, "when": "now"})

    assert changed.status_code == 200
    opened = changed.json()
    assert (opened["payment_needed"], opened["charged_amount"], opened["start_at"]) == (True, 799000, None)
    assert ((await current(world))["period"], (await there(world, first))["status"]) == ("monthly", "active")
    now = (await pay(world, opened)).json()
    assert (now["tier"], now["status"], now["period"]) == ("pro", "active", "yearly")
    assert ("cancel", "replaced", "waiting") in told(world)


async def test_an_upgrade_now_makes_the_tier_higher_with_the_payment_and_not_before(priced: World) -> None:
    await subscribe(priced)
    opened = (await priced.post("/subscription/update", {**ENTERPRISE, "when": "now"})).json()
    assert opened["bank_confirmation"] == "Your bank will ask you to confirm each charge: it is above ₹15,000."
    assert (await current(priced))["tier"] == "pro"

    await pay(priced, opened)

    assert (await current(priced))["tier"] == "enterprise"
    assert await changes(priced) == [("free", "pro", "new_subscription"), ("pro", "enterprise", "upgrade")]


async def test_at_the_end_of_the_period_the_new_one_begins_where_the_old_one_ends(world: World) -> None:
    first = await subscribe(world)
    ends = (await current(world))["current_period_end"]

    opened = (await world.post("/subscription/update", {**YEARLY, "when": "period_end"})).json()
    assert opened["start_at"] == ends
    assert (await current(world))["cancel_requested_at"] is None
    await pay(world, opened)

    now = await current(world)
    assert (now["period"], now["current_period_end"]) == ("monthly", ends)
    assert now["cancel_requested_at"] is not None
    assert told(world) == [("cancel_at_period_end", "requested", "waiting")]
    assert await refunds(world) == [500]  # what was taken to authorize the card
    assert (await there(world, first))["status"] == "active"


async def test_the_new_one_takes_over_without_a_gap_and_without_a_second_payment(world: World) -> None:
    first = await subscribe(world)
    opened = (await world.post("/subscription/update", {**YEARLY, "when": "period_end"})).json()
    await pay(world, opened)
    await world.razorpay.catch_up()
    until_end(world, hours=71)
    await calls.make_due()

    for hours in (1, -0.1, -2, -5):
        until_end_of(world, first, hours=hours)
        await world.razorpay.catch_up()
        assert (await current(world))["tier"] == "pro"

    now = await current(world)
    assert (now["period"], now["status"], now["cancel_requested_at"]) == ("yearly", "active", None)
    assert (await there(world, first))["status"] == "cancelled"
    assert world.database.rows(
        "select amount from oneai.payments where captured_at is not null and amount_refunded = 0 order by captured_at"
    ) == [79900, 799000]
    assert {(old, new) for old, new, _ in (await changes(world))[1:]} == {("pro", "pro")}


async def test_who_changes_late_in_the_period_does_not_pay_for_the_rest_of_it_twice(world: World) -> None:
    await subscribe(world)
    days(world, 10)

    opened = (await world.post("/subscription/update", {**YEARLY, "when": "now"})).json()
    await pay(world, opened)
    await calls.make_due()
    await calls.make_due()

    assert await refunds(world) == [pytest.approx(79900 * 2 / 3, rel=0.02)]


async def test_who_updates_on_day_twenty_and_cancels_at_once_gets_the_new_payment_once(world: World) -> None:
    await subscribe(world)
    days(world, 20)
    opened = (await world.post("/subscription/update", {**YEARLY, "when": "now"})).json()
    await pay(world, opened)
    said = (await world.http.post("/subscription/cancel?preview=1", json=AT_ONCE, headers=world.headers())).json()

    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(1200)
    await calls.make_due()
    await calls.make_due()

    assert len(await refunds(world)) == 2
    assert sum(await refunds(world)) <= 799000
    assert said["refund_amount"] in await refunds(world)


async def test_who_updates_soon_and_cancels_at_once_gets_both_back_by_the_rule(world: World) -> None:
    await subscribe(world)
    days(world, 2)
    opened = (await world.post("/subscription/update", {**YEARLY, "when": "now"})).json()
    await pay(world, opened)

    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(1200)
    await calls.make_due()
    await calls.make_due()

    assert sorted(await refunds(world)) == [pytest.approx(79900 * 28 / 30, rel=0.03), pytest.approx(799000, rel=0.001)]


async def test_who_updates_a_year_to_something_cheaper_gets_no_more_back_than_that_cost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN_PRICES", "enterprise.monthly.INR=90000")
    settings.forget()
    monkeypatch.setenv("RAZORPAY_PLANS", razorpay.settings_of("")["RAZORPAY_PLANS"])
    settings.forget()
    await subscribe(world, period="yearly")
    days(world, 100)
    opened = (await world.post("/subscription/update", {**ENTERPRISE, "period": "monthly", "when": "now"})).json()
    await pay(world, opened)

    await world.post("/subscription/cancel", AT_ONCE)
    world.database.advance(1200)
    await calls.make_due()
    await calls.make_due()

    assert await refunds(world) == [90000]


async def test_who_never_authorizes_the_new_one_keeps_the_old_one(world: World) -> None:
    await subscribe(world)
    await world.post("/subscription/update", {**YEARLY, "when": "period_end"})

    until_end(world, hours=-2)
    await world.razorpay.catch_up()

    now = await current(world)
    assert (now["tier"], now["period"], now["status"]) == ("pro", "monthly", "active")


async def test_staying_after_all_withdraws_what_was_to_come(world: World) -> None:
    await subscribe(world)
    opened = (await world.post("/subscription/update", {**YEARLY, "when": "period_end"})).json()
    await pay(world, opened)

    stayed = await world.post("/subscription/cancel/undo", None)

    assert (stayed.json()["period"], stayed.json()["cancel_requested_at"]) == ("monthly", None)
    assert ("cancel", "replaced", "waiting") in told(world)


async def test_a_step_down_waits_for_the_end_of_the_period(priced: World) -> None:
    await subscribe(priced, plan_id="enterprise")

    assert fields(await priced.post("/subscription/update", {"plan_id": "pro", "when": "now"})) == ["when"]
    assert code(await create(priced)) == (409, "already_subscribed")
    later = await priced.post("/subscription/update", {"plan_id": "pro", "when": "period_end"})
    assert later.json()["start_at"] == (await current(priced))["current_period_end"]


async def test_months_instead_of_years_are_a_step_down(world: World) -> None:
    await subscribe(world, period="yearly")

    refused = await world.post("/subscription/update", {"plan_id": "pro", "period": "monthly", "when": "now"})

    assert fields(refused) == ["when"]


async def test_a_card_without_a_mandate_is_changed_in_place(priced: World) -> None:
    first = await subscribe(priced, method="foreign_card")

    changed = (await priced.post("/subscription/update", {**ENTERPRISE, "when": "now"})).json()

    assert (changed["payment_needed"], changed["subscription_id"]) == (False, first["subscription_id"])
    assert len(await at_the_provider(priced)) == 1
    assert (await there(priced, first))["plan_id"] == changed["razorpay"]["plan_id"]


async def test_two_changes_at_once_open_one(world: World) -> None:
    await subscribe(world)
    wish = {**YEARLY, "when": "now"}

    answers = await asyncio.gather(*(world.post("/subscription/update", wish) for _ in range(4)))

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["subscription_id"] for answer in answers}) == 1
    assert len(await at_the_provider(world)) == 2


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"plan_id": "pro", "when": "now"}, (409, "already_subscribed")),
        ({"plan_id": "enterprise", "when": "now"}, (422, "contact_sales")),
        ({"plan_id": "free", "when": "period_end"}, (422, "invalid_request")),
        ({"plan_id": "gold", "when": "now"}, (422, "invalid_request")),
        ({"plan_id": "pro"}, (422, "invalid_request")),
        ({"plan_id": "pro", "when": "tomorrow"}, (422, "invalid_request")),
    ],
    ids=str,
)
async def test_a_change_that_is_none_is_refused(body: dict[str, str], refusal: tuple[int, str], world: World) -> None:
    await subscribe(world)

    assert code(await world.post("/subscription/update", body)) == refusal


async def test_there_must_be_a_subscription_to_change(world: World) -> None:
    refused = await world.post("/subscription/update", {**YEARLY, "when": "now"})

    assert code(refused) == (409, "subscription_not_changeable")
