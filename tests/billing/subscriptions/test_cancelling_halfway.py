"""Cancelling while a renewal is under way, after plans were changed, or while something else goes wrong."""

from typing import Any

import pytest

from oneai import settings
from oneai.billing import processing, provider_operations, reconcile_subscriptions
from oneai.errors import Busy
from tests.billing.subscriptions.subscribing import (
    advance_days,
    advance_to_period_end,
    at_provider,
    current_subscription,
    enterprise_for_sale,
    operations,
    plan_history,
    provider_subscriptions,
    refunds,
    set_fault,
    set_outcome,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

AT_ONCE = {"at_period_end": False}


async def preview(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """The preview of a cancellation."""
    answer = await world.http.post("/subscription/cancel?preview=1", json=body, headers=world.headers())
    said: dict[str, Any] = answer.json()
    return said


async def everything_is_told(world: World) -> None:
    """Events and the job have come by."""
    await world.razorpay.catch_up()
    world.database.advance(1200)
    await reconcile_subscriptions()
    await world.razorpay.catch_up()


def once_a_duplicate(world: World, *, sent: bool = False, amount: int = 79_900, state: str = "cancelled") -> None:
    """The provider was to cancel and refund the user's subscription as a duplicate, until it proved not to be one."""
    world.database.rows(
        "insert into oneai.provider_operations (dedupe_key, kind, subscription_id, reason, state) "
        "select 'cancel:' || id, 'cancel', id, 'duplicate', %s from oneai.subscriptions",
        state,
    )
    world.database.rows(
        "insert into oneai.provider_operations (dedupe_key, kind, subscription_id, payment_id, as_of, reason, state, "
        "sent_at, amount) select 'refund:' || id, 'refund', subscription_id, id, oneai.now(), 'duplicate', %s, "
        "case when %s then oneai.now() end, %s from oneai.payments",
        *(state, sent, amount),
    )


@pytest.mark.parametrize("state", ["cancelled", "failed"])
async def test_an_immediate_cancellation_of_a_former_duplicate_stops_its_charges(state: str, world: World) -> None:
    await subscribe(world)
    once_a_duplicate(world, state=state)
    advance_days(world, 1)

    said = await preview(world, AT_ONCE)
    await world.post("/subscription/cancel", AT_ONCE)

    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled"]
    assert await refunds(world) == [pytest.approx(said["refund_amount"], abs=2)]
    assert sorted(operations(world)) == [("cancel", "requested", "succeeded"), ("refund", "requested", "succeeded")]


async def test_a_refund_that_the_provider_may_have_received_keeps_its_amount(world: World) -> None:
    await subscribe(world)
    once_a_duplicate(world, sent=True, amount=30_000)
    advance_days(world, 1)

    said = await preview(world, AT_ONCE)
    await world.post("/subscription/cancel", AT_ONCE)

    assert (said["refund_amount"], await refunds(world)) == (30_000, [30_000])


async def test_a_checkout_cancelled_again_is_cancelled_at_the_provider(world: World) -> None:
    checkout = await subscribe(world)
    once_a_duplicate(world)

    world.database.rows("select oneai.cancel_checkout(%s)", checkout["subscription_id"])
    await processing.reproject(world.people["asha"])
    await provider_operations.run_due()

    assert (await at_provider(world, checkout))["status"] == "cancelled"


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("body", [{}, AT_ONCE], ids=["at the end", "at once"])
@pytest.mark.parametrize("provider", ["there", "away"])
async def test_a_renewal_reported_after_the_cancellation_is_refunded_or_used(
    body: dict[str, Any], provider: str, world: World
) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=-0.1)  # charged already, but not reported
    await set_fault(world, "away" if provider == "away" else None)
    said = await preview(world, body)

    await world.post("/subscription/cancel", body)
    await set_fault(world, None)
    await everything_is_told(world)

    now = await current_subscription(world)
    assert (await at_provider(world, checkout))["paid_count"] == 2
    if provider == "there" and not body:
        assert (now["tier"], now["status"], now["current_period_end"]) == ("pro", "active", said["ends_at"])
        assert (now["cancel_requested_at"] is not None, await refunds(world)) == (True, [])
    else:
        assert (now["tier"], now["status"]) == ("free", "cancelled")
        assert await refunds(world) == [pytest.approx(79_900, rel=0.01)]
        assert (await at_provider(world, checkout))["status"] == "cancelled"
    if provider == "there" and body:
        assert await refunds(world) == [pytest.approx(said["refund_amount"], abs=5)]


async def test_an_immediate_cancellation_after_an_upgrade_in_place_refunds_both_payments(world: World) -> None:
    enterprise_for_sale(world)
    await subscribe(world, method="foreign_card")
    advance_days(world, 1)
    await world.post("/subscription/update", {"plan_id": "enterprise", "when": "now"})
    await world.razorpay.catch_up()
    world.database.advance(60)

    said = await preview(world, AT_ONCE)
    await world.post("/subscription/cancel", AT_ONCE)
    await everything_is_told(world)

    paid = world.database.rows("select amount from oneai.payments order by amount")
    assert len(paid) == 2
    assert said["paid_amount"] == sum(paid)
    assert sorted(await refunds(world)) == [
        pytest.approx(79_900 * 29 / 30, rel=0.02),
        pytest.approx(paid[1], rel=0.001),
    ]
    assert sum(await refunds(world)) == pytest.approx(said["refund_amount"], abs=10)


async def test_an_immediate_cancellation_is_recorded_as_the_change_to_free(world: World) -> None:
    await subscribe(world)
    # Just past a second: the provider ends it within the same one, and counts in whole ones.
    world.database.rows(
        "update local.clock set ahead = ahead + date_trunc('second', oneai.now()) - oneai.now() + interval '1.05 s'"
    )

    await world.post("/subscription/cancel", AT_ONCE)
    await everything_is_told(world)

    assert [each for each in await plan_history(world) if each[2] == "cancellation"] == [
        ("pro", "free", "cancellation")
    ]


async def test_an_interrupted_cancellation_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await subscribe(world)
    before = await current_subscription(world)

    def busy(*_: object) -> None:
        raise Busy(retry_after=1)

    with monkeypatch.context() as broken:
        broken.setattr(processing, "record_scheduled_changes", busy)
        assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 503

    assert (await current_subscription(world), operations(world)) == (before, [])
    assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 200
    assert len(await refunds(world)) == 1


async def test_a_cancellation_during_an_outage_ends_access_and_is_sent_by_the_job(world: World) -> None:
    checkout = await subscribe(world)
    await set_fault(world, "away")

    assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 200

    tier = "select subscription_tier from oneai.workspaces where id = %s"
    assert world.database.one(tier, world.people["asha"]) == "free"
    await set_fault(world, None)
    await everything_is_told(world)
    assert (await at_provider(world, checkout))["status"] == "cancelled"
    assert len(await refunds(world)) == 1


async def test_a_refund_below_the_minimum_is_not_promised(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await subscribe(world)
    monkeypatch.setenv("REFUND_DAYS", "40")
    settings.reset_cache()
    advance_to_period_end(world, hours=0.5)

    said = await preview(world, AT_ONCE)
    await world.post("/subscription/cancel", AT_ONCE)

    assert (said["refund_amount"], await refunds(world)) == (0, [])
    assert world.database.rows("select amount from oneai.provider_operations where amount is not null") == []


async def test_a_late_unreported_payment_is_refunded_after_a_cancellation(world: World) -> None:
    checkout = await subscribe(world)
    await set_outcome(world, checkout, "fail")
    advance_to_period_end(world, hours=-6)
    await world.razorpay.catch_up()
    async with world.razorpay.session() as engine:
        engine.script(checkout["razorpay"]["subscription_id"], "ok")
        engine.pay(checkout["razorpay"]["subscription_id"])

    await world.post("/subscription/cancel", AT_ONCE)
    await everything_is_told(world)

    assert (await current_subscription(world))["tier"] == "free"
    assert await refunds(world) == [pytest.approx(79_900, rel=0.02)]
