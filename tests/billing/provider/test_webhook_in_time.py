"""Razorpay waits five seconds for its webhook: what takes longer is left to the job, and what was done is said."""

import asyncio
import json
import threading

import pytest

from oneai.billing import webhook
from oneai.billing.providers import razorpay as provider
from oneai.clients import secrets_manager
from tests.billing.provider.hook import NOVEMBER, PLAN, SUB, Hook, charge
from tests.database.rows import hold_locks


async def test_an_event_that_takes_too_long_is_abandoned_and_answered_with_200(
    hook: Hook, environment: pytest.MonkeyPatch
) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    environment.setattr(webhook, "PROCESS_SECONDS", 0.3)

    async with hold_locks(hook.database, "select from oneai.users where id = %s for update", user):
        assert await hook.deliver(charge()) == "unapplied"
        # The event is no longer locked: the next attempt does not wait for it.
        hook.database.rows("select from oneai.provider_events for update nowait")

    problem, attempts = hook.database.one("select problem, attempts from oneai.provider_events")
    assert (hook.state(), attempts, hook.alerts()) == ("pending", 1, ["webhook_unapplied"])
    assert problem.startswith("TimeoutError")
    assert await hook.deliver(charge()) == "applied"
    assert hook.tier_and_status(user) == ("pro", "active")


async def test_an_applied_event_is_reported_as_applied_despite_a_slow_provider(
    hook: Hook, environment: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    environment.setattr(provider, "fetch_subscription", slow)
    environment.setattr(webhook, "PROCESS_SECONDS", 4)
    environment.setattr(webhook, "ANSWER_SECONDS", 5)
    environment.setattr(webhook, "TASK_CANCEL_SECONDS", 0.3)
    document = json.loads(charge())
    del document["created_at"]  # so that its present state is unknown

    assert await hook.deliver(json.dumps(document).encode()) == "applied"

    assert (hook.state(), hook.alerts(), hook.tier_and_status(user)) == ("processed", [], ("pro", "active"))
    assert hook.database.one("select next_sync_at <= oneai.now() from oneai.subscriptions") is True


async def test_a_parked_event_too_large_to_apply_with_another_is_left_to_the_job(hook: Hook) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    large = charge() + b" " * 70_000
    hook.database.rows("update oneai.subscriptions set provider_subscription_id = null")
    assert await hook.deliver(large, "large") == "stored"
    hook.database.rows("update oneai.subscriptions set provider_subscription_id = %s", SUB)

    assert await hook.deliver(charge(payment="pay_OneAI0000000002"), "small") == "applied"

    assert (hook.state("small"), hook.state("large"), hook.alerts()) == ("processed", "parked", [])
    assert hook.tier_and_status(user) == ("pro", "active")
    assert hook.database.one("select oneai.claim_events(20, false, '{}')") == ["razorpay large"]


async def test_a_secret_that_cannot_be_read_in_time_is_given_up(hook: Hook, environment: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def refresh() -> bool:
        return over.wait()

    environment.setattr(secrets_manager, "refresh", refresh)
    environment.setattr(webhook, "STORE_SECONDS", 0.3)
    try:
        assert (await hook.send(charge(), secret="another")).status_code == 400
    finally:
        over.set()
    assert hook.stored == []
