"""No event arrives, and everything ends as if all of them had: the job asks, and time does what time does."""

import asyncio
from typing import Any

import pytest

from oneai import settings
from oneai.billing import processing, reconcile_subscriptions
from oneai.billing import reconcile as job
from oneai.billing.providers import razorpay as provider
from oneai.clients import razorpay
from oneai.errors import InternalError
from tests.billing.subscriptions.subscribing import current_subscription, set_fault
from tests.billing.without_webhooks import (
    DAY,
    HISTORY,
    alerts,
    open_checkout,
    pay_without_webhook,
    set_outcome,
    subscribe_without_webhook,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def test_a_user_who_paid_and_left_the_page_gets_their_plan(world: World) -> None:
    await pay_without_webhook(world)

    counts = await reconcile_subscriptions()

    assert counts["looked_at"] == 1
    found = await current_subscription(world)
    assert (found["tier"], found["status"], found["period"]) == ("pro", "active", "monthly")
    assert world.database.rows(HISTORY) == [("new_subscription", "reconciliation")]


async def test_an_unreported_renewal_takes_effect(world: World) -> None:
    await subscribe_without_webhook(world)
    before = await current_subscription(world)
    world.database.advance(32 * DAY)

    await reconcile_subscriptions()

    after = await current_subscription(world)
    assert (after["tier"], after["status"]) == ("pro", "active")
    assert after["current_period_start"] == before["current_period_end"]
    assert world.database.rows(HISTORY)[-1] == ("renewal", "reconciliation")


async def test_a_sync_at_the_end_of_a_period_waits_for_its_renewal(world: World) -> None:
    await subscribe_without_webhook(world)
    left = "select extract(epoch from current_period_end - oneai.now())::float8 from oneai.subscriptions"
    world.database.advance(world.database.one(left) + 60)

    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0
    assert (await current_subscription(world))["tier"] == "pro"
    world.database.advance(3 * 3600)

    assert (await reconcile_subscriptions())["looked_at"] == 1
    assert world.database.rows(HISTORY)[-1] == ("renewal", "reconciliation")


async def test_a_failing_renewal_is_followed_to_its_end_and_its_recovery(world: World) -> None:
    page = await subscribe_without_webhook(world)
    await set_outcome(world, page, "fail")
    world.database.advance(32 * DAY)
    await reconcile_subscriptions()
    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "pro",
        "past_due",
    )

    world.database.advance(4 * DAY)
    await reconcile_subscriptions()
    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "free",
        "unpaid",
    )

    await world.check_out(page["short_url"])
    await reconcile_subscriptions(everything=True)
    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "pro",
        "active",
    )
    reasons = [reason for reason, _ in world.database.rows(HISTORY)]
    assert reasons == ["new_subscription", "payment_failure", "payment_failure", "recovery"]


async def test_an_unpaid_page_expires_with_its_time(world: World) -> None:
    await open_checkout(world)
    world.database.advance(DAY + 60)

    await reconcile_subscriptions()

    assert world.database.rows("select status from oneai.subscriptions") == ["cancelled"]
    assert (await current_subscription(world))["status"] == "active"
    assert world.database.rows(HISTORY) == []
    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0


async def test_a_payment_before_the_end_counts_even_if_only_the_end_was_reported(world: World) -> None:
    page = await pay_without_webhook(world)
    ref = page["razorpay"]["subscription_id"]
    async with world.razorpay.session() as engine:
        engine.customer(ref, "cancels")
    await processing.ingest(await provider.fetch_subscription(ref, with_payments=False), source="webhook")
    assert (await current_subscription(world))["tier"] == "free"

    assert (await reconcile_subscriptions())["looked_at"] == 1

    assert (await current_subscription(world))["tier"] == "pro"
    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0
    world.database.advance(32 * DAY)
    await reconcile_subscriptions()
    assert (await current_subscription(world))["tier"] == "free"


async def test_an_up_to_date_subscription_is_not_synced(world: World) -> None:
    await subscribe_without_webhook(world)

    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0
    world.database.advance(5 * DAY)
    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0


async def test_everything_can_be_synced_at_once(world: World) -> None:
    await subscribe_without_webhook(world)
    async with world.razorpay.session() as engine:
        (payment,) = (each["id"] for each in engine.account.payments.values())
        engine.refund(payment)
    assert (await reconcile_subscriptions()).get("looked_at", 0) == 0

    assert (await reconcile_subscriptions(everything=True))["looked_at"] == 1

    assert (await current_subscription(world))["tier"] == "free"
    assert [kind for kind, _ in alerts(world)] == ["payment_refunded", "payment_reversed"]


async def test_concurrent_runs_do_no_harm(world: World) -> None:
    await pay_without_webhook(world)
    await pay_without_webhook(world, "ravi")

    await asyncio.gather(*(reconcile_subscriptions() for _ in range(4)))

    assert [(await current_subscription(world, who))["tier"] for who in ("asha", "ravi")] == ["pro", "pro"]
    assert world.database.rows(HISTORY) == [("new_subscription", "reconciliation")] * 2
    assert world.database.one("select count(*) from oneai.invoices") == 2


async def test_access_ends_on_time_while_the_provider_is_unavailable(world: World) -> None:
    page = await subscribe_without_webhook(world)
    await set_outcome(world, page, "fail")
    world.database.advance(32 * DAY)
    await reconcile_subscriptions()
    await set_fault(world, "away")
    world.database.advance(8 * DAY)

    counts = await reconcile_subscriptions()

    assert counts["not_looked_at"] == 1
    assert ((await current_subscription(world))["tier"], (await current_subscription(world))["status"]) == (
        "free",
        "unpaid",
    )
    assert alerts(world) == []

    await set_fault(world, None)
    await set_outcome(world, page, "ok")
    await world.check_out(page["short_url"])
    world.database.advance(job.SOON)
    assert (await reconcile_subscriptions())["looked_at"] == 1
    assert (await current_subscription(world))["tier"] == "pro"


async def test_a_refused_key_is_alerted_and_ends_no_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await subscribe_without_webhook(world)
    world.database.advance(32 * DAY)
    with monkeypatch.context() as wrong:
        wrong.setenv("RAZORPAY_KEY_SECRET", "of another account")
        settings.reset_cache()
        await reconcile_subscriptions()
    settings.reset_cache()

    assert alerts(world) == [("provider_refused", "razorpay")]
    assert (await current_subscription(world))["tier"] == "pro"


async def test_a_subscription_unknown_to_the_provider_blocks_no_other(world: World) -> None:
    await subscribe_without_webhook(world)
    await pay_without_webhook(world, "ravi")
    world.database.rows(
        "update oneai.subscriptions set provider_subscription_id = 'sub_ofAnotherMode', next_sync_at = oneai.now() "
        "where workspace_id = %s",
        world.people["asha"],
    )

    await reconcile_subscriptions()

    assert (await current_subscription(world, "ravi"))["tier"] == "pro"
    assert alerts(world) == [("provider_refused", "sub_ofAnotherMode")]
    assert (await reconcile_subscriptions()).get("not_looked_at", 0) == 0  # not every five minutes


async def test_a_failing_subscription_is_raised_after_all_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await pay_without_webhook(world)
    await pay_without_webhook(world, "ravi")
    real, asha = processing.reproject, world.people["asha"]

    async def fails_for_asha(user_id: Any, **how: Any) -> None:
        if user_id == asha:
            raise InternalError
        await real(user_id, **how)

    monkeypatch.setattr(processing, "reproject", fails_for_asha)

    with pytest.raises(InternalError):
        await reconcile_subscriptions()

    assert (await current_subscription(world, "ravi"))["tier"] == "pro"
