"""Cancelling: at the end of the period and taken back, or at once and with money back; often, at once and halfway."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from oneai import settings
from oneai.billing import provider_operations
from tests.billing.subscriptions.subscribing import (
    advance_days,
    advance_to_period_end,
    at_provider,
    create_checkout,
    current_subscription,
    invalid_fields,
    operations,
    pay,
    plan_history,
    refunds,
    save_billing_details,
    set_fault,
    set_outcome,
    status_and_code,
    subscribe,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.45)

AT_ONCE = {"at_period_end": False}


async def test_a_cancellation_keeps_the_paid_plan_and_is_not_sent_yet(world: World) -> None:
    checkout = await subscribe(world)

    cancelled = await world.post("/subscription/cancel", {"reason": "Too dear."})

    assert cancelled.status_code == 200
    assert (cancelled.json()["tier"], cancelled.json()["status"]) == ("pro", "active")
    assert cancelled.json()["cancel_requested_at"] is not None
    assert cancelled.json() == await current_subscription(world)
    assert not (await at_provider(world, checkout))["cancel_at_cycle_end"]
    assert world.database.one("select cancel_reason from oneai.subscriptions") == "Too dear."


async def test_a_cancellation_is_undone_and_requested_again(world: World) -> None:
    await subscribe(world)
    await world.post("/subscription/cancel", {})

    undone = await world.post("/subscription/cancel/undo", None)

    assert undone.status_code == 200
    assert undone.json()["cancel_requested_at"] is None
    assert status_and_code(await world.post("/subscription/cancel/undo", None)) == (409, "subscription_not_changeable")
    assert operations(world) == [("cancel_at_period_end", "requested", "cancelled")]
    assert (await world.post("/subscription/cancel", None)).json()["cancel_requested_at"] is not None
    assert operations(world) == [("cancel_at_period_end", "requested", "pending")]


async def test_a_cancellation_is_sent_three_days_before_the_end_and_is_final_then(world: World) -> None:
    checkout = await subscribe(world)
    await world.post("/subscription/cancel", {})
    advance_to_period_end(world, hours=73)
    await provider_operations.run_due()
    assert not (await at_provider(world, checkout))["cancel_at_cycle_end"]

    advance_to_period_end(world, hours=71)
    await provider_operations.run_due()

    assert (await at_provider(world, checkout))["cancel_at_cycle_end"]
    assert status_and_code(await world.post("/subscription/cancel/undo", None)) == (409, "cancellation_final")
    assert (await current_subscription(world))["tier"] == "pro"


async def test_a_cancellation_close_to_the_end_is_sent_at_once(world: World) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=71)

    assert (await world.post("/subscription/cancel", {})).status_code == 200

    assert (await at_provider(world, checkout))["cancel_at_cycle_end"]
    assert status_and_code(await world.post("/subscription/cancel/undo", None)) == (409, "cancellation_final")


async def test_a_provider_outage_does_not_prevent_a_cancellation(world: World) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=71)
    await set_fault(world, "away")
    assert (await world.post("/subscription/cancel", {})).json()["cancel_requested_at"] is not None

    await set_fault(world, None)
    world.database.advance(120)
    await provider_operations.run_due()

    assert (await at_provider(world, checkout))["cancel_at_cycle_end"]


async def test_a_cancellation_that_the_provider_may_have_received_cannot_be_undone(world: World) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=71)
    await set_fault(world, "lost")
    await world.post("/subscription/cancel", {})
    await set_fault(world, None)
    assert (await at_provider(world, checkout))["cancel_at_cycle_end"]

    assert status_and_code(await world.post("/subscription/cancel/undo", None)) == (409, "cancellation_final")

    world.database.advance(300)
    await provider_operations.run_due()
    assert operations(world) == [("cancel_at_period_end", "requested", "succeeded")]


async def test_a_cancellation_that_the_provider_cannot_have_received_can_be_undone(world: World) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=71)
    await set_fault(world, "away")
    await world.post("/subscription/cancel", {})
    await set_fault(world, None)

    assert (await world.post("/subscription/cancel/undo", None)).json()["cancel_requested_at"] is None

    world.database.advance(300)
    await provider_operations.run_due()
    assert not (await at_provider(world, checkout))["cancel_at_cycle_end"]


async def test_an_early_charge_for_the_next_period_is_refunded_once(world: World) -> None:
    checkout = await subscribe(world)
    advance_to_period_end(world, hours=1)
    world.database.rows(
        """
        insert into oneai.payments (workspace_id, subscription_id, payment_provider, provider_payment_id, amount,
          currency, status, captured_at, period_start, period_end, period_from)
        select workspace_id, id, 'razorpay', 'pay_early', 79900, 'INR', 'captured', oneai.now(), current_period_end,
          current_period_end + interval '1 month', 'invoice' from oneai.subscriptions where id = %s
        """,
        checkout["subscription_id"],
    )

    said = (await world.http.post("/subscription/cancel?preview=1", json=AT_ONCE, headers=world.headers())).json()
    await world.post("/subscription/cancel", AT_ONCE)

    assert said["refund_amount"] == 0
    asked = "select reason, amount from oneai.provider_operations where kind = 'refund'"
    assert world.database.rows(asked) == [("unexpected_charge", 79900)]


async def test_the_plan_ends_with_its_period_and_nothing_more_is_charged(world: World) -> None:
    await subscribe(world)
    await world.post("/subscription/cancel", {})
    advance_to_period_end(world, hours=71)
    await provider_operations.run_due()
    advance_to_period_end(world, hours=-24)

    now = await current_subscription(world)

    assert (now["tier"], now["status"], now["plan_id"]) == ("free", "cancelled", "pro")
    assert (await plan_history(world))[-1] == ("pro", "free", "cancellation")
    assert status_and_code(await world.post("/subscription/cancel", {})) == (409, "subscription_not_changeable")
    assert status_and_code(await world.post("/subscription/cancel/undo", None)) == (409, "cancellation_final")
    async with world.razorpay.session() as engine:
        assert len(engine.account.payments) == 1
    assert (await create_checkout(world)).status_code == 201


async def test_a_preview_changes_nothing_and_states_the_actual_refund(world: World) -> None:
    checkout = await subscribe(world)
    advance_days(world, 2)
    before = await current_subscription(world)

    said = (await world.http.post("/subscription/cancel?preview=1", json=AT_ONCE, headers=world.headers())).json()
    assert await current_subscription(world) == before
    assert operations(world) == []
    now = (await world.post("/subscription/cancel", AT_ONCE)).json()

    assert (said["currency"], said["paid_amount"]) == ("INR", 79900)
    assert 0.9 < said["unused_time"] < 0.95
    assert said["refund_amount"] == pytest.approx(79900 * said["unused_time"], abs=2)
    assert (now["tier"], now["status"]) == ("free", "cancelled")
    assert await refunds(world) == [pytest.approx(said["refund_amount"], abs=2)]
    assert (await at_provider(world, checkout))["status"] == "cancelled"
    assert operations(world) == [("cancel", "requested", "succeeded"), ("refund", "requested", "succeeded")]


async def test_a_preview_of_an_end_with_the_period_states_no_refund(world: World) -> None:
    await subscribe(world)

    said = (await world.http.post("/subscription/cancel?preview=1", json={}, headers=world.headers())).json()

    assert (said["refund_amount"], said["unused_time"]) == (0, 0.0)
    assert said["ends_at"] == (await current_subscription(world))["current_period_end"]
    ends, undoable = (datetime.fromisoformat(said[each]) for each in ("ends_at", "undoable_until"))
    assert ends - undoable == timedelta(days=3)


async def test_nothing_is_refunded_a_week_after_the_payment(world: World) -> None:
    await subscribe(world)
    advance_days(world, 8)

    said = (await world.http.post("/subscription/cancel?preview=1", json=AT_ONCE, headers=world.headers())).json()
    now = (await world.post("/subscription/cancel", AT_ONCE)).json()

    assert said["refund_amount"] == 0
    assert (now["tier"], await refunds(world)) == ("free", [])


async def test_concurrent_immediate_cancellations_refund_once(world: World) -> None:
    await subscribe(world)

    answers = await asyncio.gather(*(world.post("/subscription/cancel", AT_ONCE) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert len(await refunds(world)) == 1
    assert (await current_subscription(world))["tier"] == "free"


async def test_an_immediate_cancellation_ends_access_during_an_outage_and_refunds_later(world: World) -> None:
    checkout = await subscribe(world)
    await set_fault(world, "away")

    now = await world.post("/subscription/cancel", AT_ONCE)

    assert (now.status_code, now.json()["tier"]) == (200, "free")
    assert await refunds(world) == []
    await set_fault(world, None)
    world.database.advance(180)
    await provider_operations.run_due()
    await provider_operations.run_due()
    assert len(await refunds(world)) == 1
    assert (await at_provider(world, checkout))["status"] == "cancelled"


async def test_a_lost_answer_to_a_refund_refunds_once(world: World) -> None:
    await subscribe(world)
    await set_fault(world, "lost")
    assert (await world.post("/subscription/cancel", AT_ONCE)).status_code == 200
    await set_fault(world, None)

    world.database.advance(180)
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert len(await refunds(world)) == 1
    assert {state for _, _, state in operations(world)} == {"succeeded"}


async def test_a_user_with_an_overdue_payment_can_cancel(world: World) -> None:
    checkout = await subscribe(world)
    await set_outcome(world, checkout, "fail")
    advance_to_period_end(world, hours=-6)
    await world.razorpay.catch_up()
    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "pro",
        "past_due",
    )

    now = (await world.post("/subscription/cancel", None)).json()

    assert (now["tier"], now["status"]) == ("free", "cancelled")
    assert (await at_provider(world, checkout))["status"] == "cancelled"
    assert await refunds(world) == []


async def test_a_paused_subscription_is_cancelled_at_its_paid_end(world: World) -> None:
    checkout = await subscribe(world)
    await world.post("/subscription/pause", None)

    now = (await world.post("/subscription/cancel", None)).json()
    assert (now["tier"], now["status"]) == ("pro", "paused")
    advance_to_period_end(world, hours=71)
    await provider_operations.run_due()
    assert (await current_subscription(world))["tier"] == "pro"
    advance_to_period_end(world, hours=-1)
    await world.razorpay.catch_up()

    assert ((await current_subscription(world))["tier"], (await at_provider(world, checkout))["status"]) == (
        "free",
        "cancelled",
    )


async def test_a_cancelled_trial_continues_to_its_end_and_is_never_charged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAL_DAYS", "pro=7")
    settings.reset_cache()
    checkout = await subscribe(world)
    ends = (await current_subscription(world))["current_period_end"]
    assert (await world.post("/subscription/cancel", None)).json()["cancel_requested_at"] is not None

    advance_to_period_end(world, hours=71)
    await provider_operations.run_due()
    assert (await at_provider(world, checkout))["status"] == "cancelled"
    now = await current_subscription(world)
    assert (now["tier"], now["current_period_end"]) == ("pro", ends)
    advance_to_period_end(world, hours=-1)
    await world.razorpay.catch_up()

    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "free",
        "cancelled",
    )


async def test_a_payment_for_a_cancelled_checkout_is_refunded(world: World) -> None:
    await save_billing_details(world)
    first = (await create_checkout(world)).json()
    await set_fault(world, "away")
    assert status_and_code(await create_checkout(world, period="yearly")) == (503, "payment_provider_unavailable")
    await set_fault(world, None)
    world.database.advance(2)

    await pay(world, first)
    await provider_operations.run_due()
    await provider_operations.run_due()

    assert (await current_subscription(world))["tier"] == "free"
    assert await refunds(world) == [79900]
    assert (await at_provider(world, first))["status"] == "cancelled"


async def test_a_cancellation_requires_a_subscription(world: World) -> None:
    assert status_and_code(await world.post("/subscription/cancel", {})) == (409, "subscription_not_changeable")
    assert status_and_code(await world.post("/subscription/cancel/undo", None)) == (409, "subscription_not_changeable")

    await save_billing_details(world)
    await create_checkout(world)
    assert status_and_code(await world.post("/subscription/cancel", AT_ONCE)) == (409, "subscription_not_changeable")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"at_period_end": "no"}, "at_period_end"),
        ({"reason": "x" * 501}, "reason"),
        ({"immediately": True}, "immediately"),
    ],
    ids=["no boolean", "too long", "unknown"],
)
async def test_an_invalid_cancellation_is_refused_by_its_field(body: dict[str, Any], field: str, world: World) -> None:
    assert invalid_fields(await world.post("/subscription/cancel", body)) == [field]
