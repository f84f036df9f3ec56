"""Which price a checkout and a renewal use, after an operator has set another."""

import psycopg
import pytest

from oneai import settings
from oneai.billing.subscriptions import price_list
from tests.billing.subscriptions.subscribing import (
    advance_days,
    at_provider,
    create_checkout,
    current_subscription,
    pay,
    save_billing_details,
    set_price,
    status_and_code,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.45)


async def test_a_price_without_a_provider_plan_is_not_sold(world: World) -> None:
    await save_billing_details(world)
    world.database.rows("delete from oneai.price_list")
    price_list.reset()

    assert status_and_code(await create_checkout(world)) == (503, "payment_provider_unavailable")
    assert world.database.one("select kind from oneai.operator_alerts") == "provider_refused"


async def test_a_checkout_uses_the_new_price_as_soon_as_it_is_set(world: World) -> None:
    await save_billing_details(world)
    first = (await create_checkout(world)).json()
    set_price(world, "pro.monthly.INR", 89_900)

    second = await create_checkout(world)

    assert second.status_code == 201, second.text
    assert (first["charged_amount"], second.json()["charged_amount"]) == (79_900, 89_900)
    assert (await at_provider(world, second.json()))["plan_id"] == second.json()["razorpay"]["plan_id"]
    await pay(world, second.json())
    assert world.database.rows("select amount from oneai.payments where status = 'captured'") == [89_900]


async def test_a_price_that_is_not_sold_any_more_has_no_checkout(world: World) -> None:
    await save_billing_details(world)
    await create_checkout(world, period="yearly")
    set_price(world, "pro.monthly.INR", 0)

    refused = await create_checkout(world)

    assert status_and_code(refused) == (422, "invalid_request")
    assert (await create_checkout(world, period="yearly")).is_success


async def test_a_plan_whose_charge_differs_from_the_price_is_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator has changed how tax is charged, and not yet created the plans of the new charges."""
    await save_billing_details(world)
    monkeypatch.setenv("PRICES_INCLUDE_TAX", "false")
    monkeypatch.setenv("SELLER_GSTIN", "29ABCDE1234F1ZW")
    settings.reset_cache()

    assert status_and_code(await create_checkout(world)) == (503, "payment_provider_unavailable")
    assert world.database.rows("select id from oneai.subscriptions") == []


async def test_a_subscription_of_an_old_price_renews_at_it(world: World) -> None:
    await subscribe(world)
    set_price(world, "pro.monthly.INR", 89_900)
    price_list.reset()
    advance_days(world, 31)
    await world.razorpay.catch_up()

    assert world.database.rows("select amount from oneai.payments where status = 'captured'") == [79_900, 79_900]
    assert (await current_subscription(world))["tier"] == "pro"


async def test_functions_cannot_set_prices(world: World) -> None:
    with psycopg.connect(world.database.url("oneai_app"), autocommit=True) as connection:
        for statement in (
            "select oneai.set_price('razorpay', 'pro', 'monthly', 'INR', 1, 'plan_x', 1)",
            "select oneai.remember_price('razorpay', 'plan_x', 'pro', 'monthly', 'INR', 1)",
            "update oneai.price_list set listed = 1",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
