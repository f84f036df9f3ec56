"""A provider call, a user or a locked row that cannot be processed holds up no others."""

from typing import Any

import pytest

from oneai.billing import processing, provider_operations, reconcile_subscriptions
from oneai.billing.facts import Observation
from oneai.billing.provider_operations import ATTEMPTS_LIMIT
from oneai.clients import razorpay
from oneai.errors import InternalError
from tests.billing.paid_subscription import create_paid_subscription
from tests.billing.subscriptions.subscribing import current_subscription
from tests.billing.without_webhooks import DAY, alerts, pay_without_webhook, subscribe_without_webhook
from tests.database.rows import hold_locks
from tests.world import World


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(razorpay, "BACKOFF_SECONDS", 0.001)


async def test_an_operation_that_kills_its_worker_blocks_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha, ravi = await create_paid_subscription(world), await create_paid_subscription(world, "ravi")
    deadly = asha.add_operation(dedupe_key="cancel:deadly")
    world.database.advance(1)
    healthy = ravi.add_operation()
    tell = provider_operations._send

    async def die(call: Any, source: Any) -> Any:
        if call.id == deadly:
            raise KeyboardInterrupt
        return await tell(call, source)

    monkeypatch.setattr(provider_operations, "_send", die)
    for _ in range(ATTEMPTS_LIMIT):
        with pytest.raises(KeyboardInterrupt):
            await provider_operations.run_due()
        world.database.advance(300)
    assert ravi.state(healthy) == ("succeeded", 1)
    assert alerts(world) == []

    await provider_operations.run_due()

    assert asha.state(deadly)[0] == "failed"
    assert alerts(world) == [("provider_call_failed", f"cancel:{asha.ref}")]


async def test_an_operation_with_an_unstorable_answer_blocks_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha, ravi = await create_paid_subscription(world), await create_paid_subscription(world, "ravi")
    poison = [asha.add_operation("refund", amount=amount, dedupe_key=f"refund:{amount}") for amount in (200, 300)]
    world.database.advance(1)
    healthy = ravi.add_operation()
    ingest = processing.ingest

    async def stumble(seen: Observation, **how: Any) -> None:
        if seen.refunds:
            raise InternalError
        await ingest(seen, **how)

    monkeypatch.setattr(processing, "ingest", stumble)

    assert await provider_operations.run_due() == {"done": 1, "waiting": 2, "failed": 0}

    assert [asha.state(each) for each in poison] == [("pending", 1)] * 2
    assert ravi.state(healthy) == ("succeeded", 1)
    for _ in range(ATTEMPTS_LIMIT):
        world.database.advance(provider_operations.LONGEST_PAUSE)
        await provider_operations.run_due()
    assert [asha.state(each)[0] for each in poison] == ["failed"] * 2
    assert alerts(world) == [("provider_call_failed", f"refund:{asha.ref}")]
    assert sorted(await asha.refunds()) == [200, 300]


async def test_a_sync_of_everything_skips_locked_subscriptions(world: World) -> None:
    await subscribe_without_webhook(world)
    await subscribe_without_webhook(world, "ravi")
    hers = "select from oneai.subscriptions where workspace_id = %s for update"

    async with hold_locks(world.database, hers, world.people["asha"]):
        counts = await reconcile_subscriptions(everything=True)

    assert counts["looked_at"] == 1


async def test_a_failing_request_to_sync_everything_blocks_no_other_step(world: World) -> None:
    await pay_without_webhook(world)
    world.database.rows("alter function oneai.request_all_syncs() rename to away")

    with pytest.raises(InternalError):
        await reconcile_subscriptions(everything=True)

    assert (await current_subscription(world))["tier"] == "pro"


async def test_a_grant_that_cannot_be_projected_blocks_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for who in ("asha", "ravi"):
        world.database.rows(
            "insert into oneai.plan_grants (workspace_id, tier, until, reason) "
            "values (%s, 'enterprise', oneai.now() + interval '2 days', 'a friend')",
            world.people[who],
        )
    first = world.database.one("select (oneai.grants_to_project(1, '{}') -> 'workspaces') ->> 0")
    refresh = processing.reproject

    async def stumble(user_id: Any, **how: Any) -> None:
        if str(user_id) == first:
            raise InternalError
        await refresh(user_id, **how)

    monkeypatch.setattr(processing, "reproject", stumble)
    with pytest.raises(InternalError):
        await reconcile_subscriptions()

    (other,) = (who for who, user in world.people.items() if str(user) != first)
    assert (await current_subscription(world, other))["tier"] == "enterprise"
    world.database.advance(2 * DAY)
    with pytest.raises(InternalError):
        await reconcile_subscriptions()
    assert (await current_subscription(world, other))["tier"] == "free"
