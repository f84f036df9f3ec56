"""Deleted users are not charged again: every way of deleting cancels their subscriptions before the erasure."""

from typing import Any

import pytest

from oneai import accounts
from oneai.billing import reconcile_subscriptions
from oneai.billing_errors import PaymentProviderUnavailable
from tests.accounts.rows_of_users import rows_naming
from tests.accounts.test_erasing import delete_sign_in, forget, make_erase
from tests.billing.paid_subscription import AMOUNT, create_paid_subscription
from tests.billing.subscriptions.subscribing import (
    advance_days,
    create_checkout,
    provider_subscriptions,
    refunds,
    save_billing_details,
    set_fault,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

SENT = "select kind, reason, state from oneai.provider_operations order by created_at, kind"


def status(opened: dict[str, Any], provider: list[dict[str, Any]]) -> str:
    """The status of a subscription at the provider."""
    (found,) = [each["status"] for each in provider if each["id"] == opened["razorpay"]["subscription_id"]]
    return str(found)


async def test_a_subscription_is_cancelled_before_its_user_is_erased(world: World) -> None:
    asha = world.people["asha"]
    opened = await subscribe(world)
    await world.post("/subscription/cancel", {"reason": "I am leaving."})

    await forget(world, asha)

    assert status(opened, await provider_subscriptions(world)) == "cancelled"
    assert world.database.rows(SENT) == [
        ("cancel_at_period_end", "requested", "cancelled"),
        ("cancel", "erased", "succeeded"),
    ]
    assert rows_naming(world.database, asha).keys() == {"payments"}
    stays = "select workspace_id, status, cancel_reason, short_url from oneai.subscriptions"
    assert world.database.rows(stays) == [(None, "cancelled", None, None)]
    assert world.database.rows("select workspace_id, total > 0, buyer ->> 'legal_name' <> '' from oneai.invoices") == [
        (None, True, True)
    ]


async def test_nothing_is_erased_while_the_provider_is_unavailable(world: World) -> None:
    asha = world.people["asha"]
    opened = await subscribe(world)
    await world.ask("Rain")
    await set_fault(world, "away")

    with pytest.raises(PaymentProviderUnavailable, match=opened["razorpay"]["subscription_id"]):
        await accounts.close_account(asha)

    assert world.database.rows("select count(*) from oneai.conversations") == [1]
    assert (await world.ask("Still there?")).code == "account_suspended"
    await set_fault(world, None)
    await accounts.close_account(asha)
    assert status(opened, await provider_subscriptions(world)) == "cancelled"
    assert world.database.rows("select count(*) from oneai.conversations") == [0]


async def test_the_job_cancels_the_subscription_of_a_user_deleted_at_supabase(world: World) -> None:
    asha = world.people["asha"]
    opened = await subscribe(world)
    await subscribe(world, "ravi")

    delete_sign_in(world, asha)
    await reconcile_subscriptions()

    assert status(opened, await provider_subscriptions(world)) == "cancelled"
    assert world.database.rows(SENT) == [("cancel", "erased", "succeeded")]
    await accounts.close_account(asha)
    await accounts.erase(asha)
    assert rows_naming(world.database, asha).keys() == {"payments"}
    whose = world.database.rows("select workspace_id from oneai.subscriptions where workspace_id is not null")
    assert whose == [world.people["ravi"]]


async def test_a_payment_on_a_page_left_open_by_an_erased_user_is_refunded(world: World) -> None:
    asha = world.people["asha"]
    await save_billing_details(world)
    opened = (await create_checkout(world)).json()
    await set_fault(world, "away")
    await forget(world, asha)
    await set_fault(world, None)
    await world.check_out(opened["short_url"])

    for _ in range(3):
        await reconcile_subscriptions()
        world.database.advance(600)

    assert status(opened, await provider_subscriptions(world)) == "cancelled"
    (paid,) = world.database.rows("select amount from oneai.payments where captured_at is not null")
    assert await refunds(world) == [paid]
    assert rows_naming(world.database, asha) == {}


async def test_an_erased_user_is_never_charged(world: World) -> None:
    await subscribe(world)
    await forget(world, world.people["asha"])

    advance_days(world, 70)
    await reconcile_subscriptions()
    await reconcile_subscriptions()

    assert world.database.rows("select count(*) from oneai.payments") == [1]
    assert world.database.rows("select count(*) from oneai.operator_alerts") == [0]


async def test_an_operator_sees_the_subscription_that_an_erasure_ends(world: World) -> None:
    opened = await subscribe(world)
    ref = opened["razorpay"]["subscription_id"]
    await set_fault(world, "away")
    away = await make_erase(world, world.people["asha"], "--yes")
    assert (away.returncode, ref in away.stderr, "Run this again." in away.stderr) == (1, True, True)
    await set_fault(world, None)

    went = await make_erase(world, world.people["asha"], "--yes")

    assert went.returncode == 0, went.stderr
    assert f"Pays for {ref}: it is cancelled at once" in went.stdout
    assert status(opened, await provider_subscriptions(world)) == "cancelled"


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_a_user_who_leaves_with_two_subscriptions_is_charged_for_neither(world: World, where: str) -> None:
    older = await create_paid_subscription(world)
    advance_days(world, 2)
    newer = await create_paid_subscription(world)
    await reconcile_subscriptions(everything=True)
    assert (await older.at_provider())["status"] == "active"  # for ten minutes, in which its own word comes first

    if where == "here":
        await forget(world, world.people["asha"])
    else:
        delete_sign_in(world, world.people["asha"])
    await world.razorpay.catch_up()
    for _ in range(4):
        await reconcile_subscriptions(everything=True)
        world.database.advance(300)

    assert [(await each.at_provider())["status"] for each in (older, newer)] == ["cancelled", "cancelled"]
    (back,) = await older.refunds()
    assert 0.9 * AMOUNT < back < AMOUNT
    advance_days(world, 70)
    await reconcile_subscriptions()
    assert world.database.one("select count(*) from oneai.payments") == 2


async def test_a_renewal_of_a_replaced_subscription_is_refunded_to_an_erased_user(world: World) -> None:
    older = await create_paid_subscription(world)
    advance_days(world, 2)
    await create_paid_subscription(world)
    await reconcile_subscriptions(everything=True)
    async with world.razorpay.session() as engine:
        left = engine.subscription(older.ref)["current_end"] - engine.now
    world.database.advance(left + 600)  # and the job slept
    await world.razorpay.catch_up()

    delete_sign_in(world, world.people["asha"])
    for _ in range(4):
        await reconcile_subscriptions(everything=True)
        world.database.advance(300)

    assert (await older.at_provider())["status"] == "cancelled"
    async with world.razorpay.session() as engine:
        (renewal,) = [each for each in engine.invoices_of(older.ref) if each["payment_id"] != older.payment_ref]
        assert [each["amount"] for each in engine.refunds_of(renewal["payment_id"])] == [AMOUNT]
    assert 0.9 * AMOUNT < sum(await older.refunds()) < AMOUNT
