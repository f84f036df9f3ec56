"""Recovery after faults: openings with a lost answer, events that were not applied, calls that were not made."""

import json
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from local.jobs import Jobs
from local.metrics import Metrics
from local.template import read
from oneai.billing import reconcile_subscriptions
from oneai.billing.providers import razorpay as provider
from oneai.clients import razorpay
from tests.billing.subscriptions.subscribing import (
    create_checkout,
    current_subscription,
    provider_subscriptions,
    save_billing_details,
    set_fault,
)
from tests.billing.without_webhooks import DAY, alerts, pay_without_webhook, subscribe_without_webhook
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def test_a_checkout_with_a_lost_answer_is_found(world: World) -> None:
    await save_billing_details(world)
    await set_fault(world, "lost")
    assert (await create_checkout(world)).status_code == 503
    await set_fault(world, None)

    assert (await reconcile_subscriptions())["openings_found"] == 1

    again = await create_checkout(world)
    (there,) = await provider_subscriptions(world)
    assert (again.status_code, again.json()["short_url"]) == (200, there["short_url"])


async def test_a_checkout_that_never_reached_the_provider_is_given_up_after_an_hour(world: World) -> None:
    await save_billing_details(world)
    await set_fault(world, "away")
    assert (await create_checkout(world)).status_code == 503
    await set_fault(world, None)
    await reconcile_subscriptions()
    assert world.database.rows("select status from oneai.subscriptions") == ["none"]
    world.database.advance(3600)

    assert (await reconcile_subscriptions())["openings_given_up"] == 1

    assert world.database.rows("select status from oneai.subscriptions") == ["cancelled"]
    assert (await create_checkout(world)).status_code == 201


async def test_a_checkout_cancelled_before_its_answer_is_known_cannot_be_paid(world: World) -> None:
    await save_billing_details(world)
    await set_fault(world, "lost")
    assert (await create_checkout(world)).status_code == 503
    await set_fault(world, None)
    assert (await create_checkout(world, period="yearly")).status_code == 201

    await reconcile_subscriptions()

    assert [each["status"] for each in await provider_subscriptions(world)] == ["cancelled", "created"]


async def test_nothing_is_given_up_while_the_provider_is_unavailable(world: World) -> None:
    await save_billing_details(world)
    await set_fault(world, "lost")
    assert (await create_checkout(world)).status_code == 503
    await set_fault(world, "away")
    world.database.advance(2 * 3600)
    await reconcile_subscriptions()
    await set_fault(world, None)

    assert (await reconcile_subscriptions())["openings_found"] == 1


async def test_a_failing_event_is_retried_with_growing_delays(world: World) -> None:
    await pay_without_webhook(world)
    (charged,) = (each for each in world.razorpay.deliveries.all if each.name == "subscription.charged")
    world.database.rows(
        "insert into oneai.provider_events (payment_provider, event_id, kind, body, attempts) "
        "values ('razorpay', 'evt_1', 'subscription.charged', %s, 1)",
        charged.body.replace('"pay_', '"another_pay_').replace('"INR"', '"rupees"').encode(),
    )
    tried = []
    for minute in range(1, 64):
        world.database.advance(60)
        if (await reconcile_subscriptions()).get("events_unapplied"):
            tried.append(minute)

    assert tried == [1, 3, 7, 15, 31, 63]
    assert alerts(world) == [("webhook_unapplied", "evt_1")]
    assert (await reconcile_subscriptions()).get("events_unapplied", 0) == 0
    assert (await reconcile_subscriptions(everything=True))["events_unapplied"] == 1


async def test_a_parked_event_that_fails_on_its_subscription_is_alerted(world: World) -> None:
    page = await subscribe_without_webhook(world)
    world.database.rows(
        "insert into oneai.provider_events (payment_provider, event_id, kind, body, state, subscription_ref) "
        "values ('razorpay', 'evt_1', 'payment.captured', 'no JSON', 'parked', %s)",
        page["razorpay"]["subscription_id"],
    )

    assert (await reconcile_subscriptions())["events_unapplied"] == 1

    assert alerts(world) == [("webhook_unapplied", "unreadable")]
    found = "select state, attempts, problem is not null from oneai.provider_events"
    assert world.database.rows(found) == [("pending", 1, True)]


async def test_an_event_that_became_readable_is_applied(world: World) -> None:
    downtime = {"entity": "event", "event": "payment.downtime.started", "payload": {}, "created_at": 1790000000}
    for event_id, body in (("evt_1", b"no JSON"), ("evt_2", json.dumps(downtime).encode())):
        world.database.rows(
            "insert into oneai.provider_events (payment_provider, event_id, kind, body) "
            "values ('razorpay', %s, 'payment.downtime.started', %s)",
            *(event_id, body),
        )

    await reconcile_subscriptions()

    states = dict(world.database.rows("select event_id, state from oneai.provider_events"))
    assert states["evt_1"] == "pending"
    assert states["evt_2"] != "pending"


async def test_pending_operations_are_sent(world: World) -> None:
    await subscribe_without_webhook(world)
    await set_fault(world, "away")
    await world.post("/subscription/cancel", {"at_period_end": False}, "asha")
    assert (await current_subscription(world))["tier"] == "free"
    await set_fault(world, None)
    world.database.advance(120)

    assert (await reconcile_subscriptions())["calls_done"] == 2

    (there,) = await provider_subscriptions(world)
    assert there["status"] == "cancelled"
    assert world.database.rows("select status from oneai.refunds") == ["processed"]


async def test_a_plan_granted_for_a_time_ends_with_it(world: World) -> None:
    world.database.rows(
        "insert into oneai.plan_grants (workspace_id, tier, until, reason) "
        "values (%s, 'enterprise', oneai.now() + interval '2 days', 'a friend')",
        world.people["asha"],
    )
    assert (await reconcile_subscriptions())["grants_settled"] == 1
    assert (await current_subscription(world))["tier"] == "enterprise"
    assert (await reconcile_subscriptions()).get("grants_settled", 0) == 0

    world.database.advance(2 * DAY)

    assert (await reconcile_subscriptions())["grants_settled"] == 1
    assert (await current_subscription(world))["tier"] == "free"
    assert (await reconcile_subscriptions()).get("grants_settled", 0) == 0


async def test_the_deployed_function_runs_every_step(world: World, tmp_path: Path) -> None:
    await pay_without_webhook(world)
    function = read(REPOSITORY / "template.yaml").function("reconcile_subscriptions")
    assert function is not None

    ran = await Jobs(Metrics(tmp_path / "metrics.jsonl")).run(function, {"all": True})

    assert ran.status == "succeeded", ran
    assert ran.output["looked_at"] == 1
    assert (await current_subscription(world))["tier"] == "pro"


@pytest.mark.parametrize("error", [ValueError("a subscription that is\0purple"), TypeError("a list for a word")])
async def test_an_unexpected_answer_is_alerted(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    page = await pay_without_webhook(world)

    async def odd(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(provider, "fetch_subscription", odd)

    assert (await reconcile_subscriptions())["not_looked_at"] == 1
    assert alerts(world) == [("provider_refused", page["razorpay"]["subscription_id"])]


async def test_an_absurd_count_blocks_no_other_sync(world: World) -> None:
    await subscribe_without_webhook(world, "ravi")
    world.database.rows(
        """
        update oneai.subscriptions set status = 'cancelled', cancelled_at = oneai.now(),
          snapshot = jsonb_set(snapshot, '{paid_count}', to_jsonb(1099511627776))
        """
    )
    await pay_without_webhook(world)

    assert (await reconcile_subscriptions())["looked_at"] >= 1

    assert (await current_subscription(world))["tier"] == "pro"
