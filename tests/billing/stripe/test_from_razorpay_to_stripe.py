"""A workspace pays Razorpay, and Stripe from the end of the paid period on: over HTTP, at both stand-ins."""

from datetime import datetime

import pytest

from oneai.billing import provider_operations, reconcile_subscriptions
from tests.billing.stripe.users import pay, sold_at_stripe
from tests.billing.subscriptions.subscribing import (
    advance_days,
    advance_to_period_end,
    at_provider,
    create_checkout,
    current_subscription,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.exhaustive

PAID = "select currency from oneai.payments where status = 'captured' order by captured_at"


async def days_pass(world: World, count: float) -> None:
    """Both providers do what is due, and so do the jobs."""
    advance_days(world, count)
    await world.razorpay.catch_up()
    await world.stripe.catch_up()
    await provider_operations.run_pending(world.people["asha"])
    await reconcile_subscriptions()


def at_stripe(world: World) -> str:
    """The status of the one subscription there."""
    (there,) = world.stripe.engine.account.all("subscription").values()
    return str(there["status"])


async def test_the_old_mandate_ends_and_the_new_one_debits_at_the_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await subscribe(world)
    sold_at_stripe(world, monkeypatch)
    # Abroad since yesterday, which the address cannot say while the plan runs.
    world.database.rows("update oneai.billing_details set country = 'US', state = 'TX'")
    advance_to_period_end(world, hours=24 * 6)
    await world.razorpay.catch_up()
    before = await current_subscription(world)

    created = await create_checkout(world, currency="USD")
    assert created.status_code == 201, created.text
    session = created.json()
    assert (session["payment_provider"], session["start_at"]) == ("stripe", before["current_period_end"])
    await pay(world, session["checkout_url"])
    await days_pass(world, 0.01)

    assert (world.database.rows(PAID), at_stripe(world)) == (["INR"], "trialing")
    still = await current_subscription(world)
    assert (still["tier"], still["current_period_end"]) == ("pro", before["current_period_end"])

    # The old mandate is cancelled before its next debit, three days before the period ends.
    await days_pass(world, 3.1)
    await days_pass(world, 3)
    assert ((await at_provider(world, first))["status"], at_stripe(world)) == ("cancelled", "active")
    now = await current_subscription(world)
    assert (now["tier"], now["status"]) == ("pro", "active")
    assert datetime.fromisoformat(now["current_period_start"]) >= datetime.fromisoformat(before["current_period_end"])
    assert world.database.rows(PAID) == ["INR", "USD"]

    await days_pass(world, 31)
    assert world.database.rows(PAID) == ["INR", "USD", "USD"]
    assert world.database.rows("select 1 from oneai.refunds") == []


async def test_a_page_at_stripe_that_is_left_unpaid_leaves_razorpays_plan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await subscribe(world)
    sold_at_stripe(world, monkeypatch)
    world.database.rows("update oneai.billing_details set country = 'US', state = 'TX'")
    advance_to_period_end(world, hours=24 * 6)
    await world.razorpay.catch_up()

    assert (await create_checkout(world, currency="USD")).status_code == 201
    await days_pass(world, 6.5)

    assert (await at_provider(world, first))["status"] == "active"
    assert (await current_subscription(world))["tier"] == "pro"
    assert world.database.rows(PAID) == ["INR", "INR"]
