"""Unreadable events, however many, hold up no refund and no cancellation, and raise one alert an hour."""

import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from oneai.billing import processing, provider_operations, reconcile_subscriptions
from oneai.billing import reconcile as job
from oneai.clients import razorpay
from tests.billing.paid_subscription import PaidSubscription, create_paid_subscription
from tests.world import World

# A possible new form of an event, without any time.
WITHOUT_A_TIME = {"event": "subscription.charged", "payload": {"subscription": {"entity": {"id": "sub_1"}}}}
READABLE = {"entity": "event", "event": "payment.downtime.started", "payload": {}, "created_at": 1790000000}


@pytest.fixture
async def asha(world: World, monkeypatch: pytest.MonkeyPatch) -> PaidSubscription:
    """The paid subscription of asha."""
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)
    return await create_paid_subscription(world)


class Clock:
    """The time of a run, which passes where a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self._monkeypatch = monkeypatch
        for module in (job, provider_operations):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def takes(self, module: Any, name: str, seconds: float) -> None:
        """Makes each call of this function take `seconds` in addition to its work."""
        work = getattr(module, name)

        async def slowly(*args: Any, **named: Any) -> Any:
            self.now += seconds
            return await work(*args, **named)

        self._monkeypatch.setattr(module, name, slowly)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One that stands still."""
    return Clock(monkeypatch)


def store(world: World, count: int, body: dict[str, Any], name: str = "evt") -> None:
    """Stores `count` events as the webhook does, before their first attempt."""
    world.database.rows(
        "insert into oneai.provider_events (payment_provider, event_id, kind, body) "
        "select 'razorpay', %s || n, 'unreadable', %s from generate_series(1, %s) as n",
        *(f"{name}_", json.dumps(body).encode(), count),
    )


def attempts(world: World) -> list[int]:
    """The number of attempts of each event."""
    return world.database.rows("select attempts from oneai.provider_events order by received_at, event_id")


def raised_alerts(world: World) -> list[tuple[str, str, int]]:
    """All alerts, and how often each was."""
    return world.database.rows("select kind, subject, count from oneai.operator_alerts order by kind, subject")


async def test_unreadable_events_delay_no_cancellation_and_no_refund(asha: PaidSubscription, clock: Clock) -> None:
    cancel, refund = asha.add_operation(), asha.add_operation("refund", amount=100)
    store(asha.world, 400, WITHOUT_A_TIME)
    clock.takes(processing, "process_and_follow_up", 1)

    counts = await reconcile_subscriptions()

    assert (asha.state(cancel), asha.state(refund)) == (("succeeded", 1), ("succeeded", 1))
    assert ((await asha.at_provider())["status"], await asha.refunds()) == ("cancelled", [100])
    assert counts["calls_done"] == 2
    assert 0 < counts["events_unapplied"] < 400


async def test_each_step_gets_its_share_of_time_despite_slow_earlier_steps(
    asha: PaidSubscription, clock: Clock
) -> None:
    for _ in range(20):
        asha.add_operation("refund", amount=100)
    store(asha.world, 400, WITHOUT_A_TIME)
    asha.world.database.rows(
        "insert into oneai.plan_grants (workspace_id, tier, until, reason) "
        "values (%s, 'enterprise', oneai.now() + interval '2 days', 'a friend')",
        asha.world.people[asha.world.newcomer()],
    )
    ravi = await create_paid_subscription(asha.world, "ravi")
    asha.world.database.rows("update oneai.subscriptions set next_sync_at = oneai.now() where id = %s", ravi.id)
    clock.takes(provider_operations, "_run", 12)
    clock.takes(processing, "process_and_follow_up", 12)

    counts = await reconcile_subscriptions()

    # Each begins something, and the last one makes what the others left time for.
    assert counts["calls_done"] >= 2
    assert counts["events_unapplied"] > 0
    assert counts["grants_settled"] == 1
    assert counts["looked_at"] == 1


async def test_an_unreadable_event_is_retried_only_by_an_operator(world: World) -> None:
    store(world, 3, WITHOUT_A_TIME)
    await reconcile_subscriptions()
    assert attempts(world) == [1, 1, 1]

    for _ in range(3):
        world.database.advance(86_400)
        assert "events_unapplied" not in await reconcile_subscriptions()
    assert attempts(world) == [1, 1, 1]

    assert (await reconcile_subscriptions(everything=True))["events_unapplied"] == 3
    assert attempts(world) == [2, 2, 2]


async def test_an_event_that_became_readable_is_applied_by_an_operator(world: World) -> None:
    store(world, 1, WITHOUT_A_TIME)
    await reconcile_subscriptions()
    world.database.rows("update oneai.provider_events set body = %s", json.dumps(READABLE).encode())

    await reconcile_subscriptions(everything=True)

    assert world.database.rows("select state from oneai.provider_events") == ["parked"]


async def test_unreadable_events_raise_one_alert_an_hour(world: World) -> None:
    store(world, 30, WITHOUT_A_TIME)
    await reconcile_subscriptions()
    assert raised_alerts(world) == [("webhook_unapplied", "unreadable", 1)]

    world.database.advance(1800)
    store(world, 30, WITHOUT_A_TIME, "later")
    await reconcile_subscriptions()
    assert raised_alerts(world) == [("webhook_unapplied", "unreadable", 1)]

    world.database.advance(1801)
    store(world, 30, WITHOUT_A_TIME, "after_an_hour")
    await reconcile_subscriptions()
    assert raised_alerts(world) == [("webhook_unapplied", "unreadable", 2)]
    problem = world.database.one("select detail ->> 'problem' from oneai.operator_alerts")
    assert problem.startswith("unreadable: ValueError in ")
    assert len(set(world.database.rows("select problem from oneai.provider_events"))) == 1


async def test_each_unreadable_event_is_one_log_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    store(world, 5, WITHOUT_A_TIME)

    with caplog.at_level(logging.INFO):
        await reconcile_subscriptions()

    lines = [record for record in caplog.records if record.message == "an event cannot be read"]
    assert len(lines) == 5
    assert not [record for record in caplog.records if record.exc_info]
    assert {record.event_id for record in lines} == {f"evt_{n}" for n in range(1, 6)}  # type: ignore[attr-defined]


async def test_an_event_that_fails_otherwise_has_its_own_alert_and_is_retried(world: World) -> None:
    page = await create_paid_subscription(world)
    payment = {"id": "pay_1", "entity": "payment", "amount": 100, "currency": "rupees", "status": "captured"}
    body = {
        "entity": "event",
        "event": "payment.captured",
        "created_at": 1790000000,
        "payload": {"payment": {"entity": payment | {"subscription_id": page.ref, "created_at": 1790000000}}},
    }
    store(world, 1, body)
    await reconcile_subscriptions()
    assert raised_alerts(world) == [("webhook_unapplied", "evt_1", 1)]
    world.database.advance(120)

    await reconcile_subscriptions()

    assert attempts(world) == [2]
