"""Webhook faults: events that cannot be applied, and a database that is slow, silent or gone."""

from typing import Any, LiteralString

import pytest

from oneai.billing import webhook
from tests.billing.provider.hook import NOVEMBER, PLAN, SUB, Hook, charge, hooked
from tests.patience import PATIENCE
from tests.wire import Wire
from tests.world import Database

pytestmark = pytest.mark.sampled(0.4)

# Binary data reach a function in base64.
BYTES = {"content-type": "application/octet-stream"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"this is no JSON",
        b"[]",
        b'{"event": 5}',
        b"\xff\xfe\x00",
        b'{"event": "subscription.charged", "payload": {"subscription": {"entity": {"id": "sub_1"}}}}',
        b'{"event": "\\u0000\\ud800"}',
        b"[" * 100_000,
    ],
    ids=["empty", "text", "list", "number", "bytes", "half", "half a character", "deep"],
)
async def test_an_unreadable_event_is_stored_and_blocks_no_other(hook: Hook, body: bytes) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)

    assert await hook.deliver(body, "poison", kind=BYTES) == "unapplied"
    assert hook.database.one("select body from oneai.provider_events") == body
    assert await hook.deliver(body, "poison", kind=BYTES) == "unapplied"
    assert hook.alerts() == ["webhook_unapplied"]
    assert await hook.deliver(charge(), "good") == "applied"
    assert hook.tier_and_status(user) == ("pro", "active")


async def test_a_failing_event_is_stored_and_alerted_and_a_repeat_applies_it(hook: Hook) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    hook.database.rows("alter function oneai.save_projection rename to away")

    assert await hook.deliver(charge()) == "unapplied"

    problem, attempts = hook.database.one("select problem, attempts from oneai.provider_events")
    assert (hook.state(), attempts, hook.alerts()) == ("pending", 1, ["webhook_unapplied"])
    assert problem
    assert hook.tier_and_status(user) == ("free", "active")
    hook.database.rows("alter function oneai.away rename to save_projection")
    assert await hook.deliver(charge()) == "applied"
    assert hook.tier_and_status(user) == ("pro", "active")
    assert await hook.deliver(charge()) == "duplicate"


async def test_an_event_cannot_be_replaced_by_another_under_its_id(hook: Hook) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    hook.database.rows("alter function oneai.save_projection rename to away")
    assert await hook.deliver(charge()) == "unapplied"
    hook.database.rows("alter function oneai.away rename to save_projection")

    old = charge("sub_of_somebody_else", payment="pay_of_somebody_else")
    assert await hook.deliver(old) == "applied"  # what was stored

    assert hook.tier_and_status(user) == ("pro", "active")
    assert hook.database.rows("select provider_payment_id from oneai.payments") == ["pay_OneAI0000000001"]


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ("alter table oneai.provider_events add constraint refused check (length(body) = 0)", 503),
        ("alter table oneai.payments add constraint refused check (method is null)", 200),
    ],
    ids=["the event", "a payment"],
)
async def test_the_log_has_no_text_of_a_row_that_postgres_refuses(
    hook: Hook, refused: LiteralString, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    hook.database.rows(refused)

    assert (await hook.send(charge())).status_code == status

    assert "23514 refused" in caplog.text
    for secret in ("Failing row", "pay_OneAI0000000001", charge().hex()[:40], str(user)):
        assert secret not in caplog.text


async def test_a_database_outage_is_answered_so_that_razorpay_retries(
    database: Database, environment: pytest.MonkeyPatch
) -> None:
    async with Wire(database).strung() as wire, hooked(database, environment, wire.url) as hook:
        user = hook.subscriber(SUB, PLAN, 79_900)
        hook.go_to(NOVEMBER)
        environment.setattr(webhook, "STORE_SECONDS", 0.5)
        wire.break_()

        answer = await hook.send(charge())
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "busy")
        assert answer.headers["retry-after"]
        assert hook.stored == []

        environment.setattr(webhook, "STORE_SECONDS", PATIENCE)
        wire.mend()
        assert await hook.deliver(charge()) == "applied"
        assert hook.tier_and_status(user) == ("pro", "active")


async def test_a_silent_database_times_out(database: Database, environment: pytest.MonkeyPatch) -> None:
    async with Wire(database).strung() as wire, hooked(database, environment, wire.url) as hook:
        assert await hook.deliver(charge(), "before") == "stored"
        environment.setattr(webhook, "STORE_SECONDS", 0.2)
        environment.setattr(webhook, "TASK_CANCEL_SECONDS", 0.2)
        wire.hang()

        answer = await hook.send(charge(), "meanwhile")

        assert answer.status_code == 503
        wire.mend()
        environment.setattr(webhook, "STORE_SECONDS", PATIENCE)
        assert await hook.deliver(charge(), "after") == "stored"


async def test_a_database_that_hangs_after_storing_does_not_refuse_the_event(
    database: Database, environment: pytest.MonkeyPatch
) -> None:
    async with Wire(database).strung() as wire, hooked(database, environment, wire.url) as hook:
        user = hook.subscriber(SUB, PLAN, 79_900)
        hook.go_to(NOVEMBER)
        environment.setattr(webhook, "PROCESS_SECONDS", 0.3)
        environment.setattr(webhook, "TASK_CANCEL_SECONDS", 0.2)
        kept = webhook._store

        async def kept_and_then_silence(*args: Any) -> str:
            state = await kept(*args)
            wire.hang()
            return state

        environment.setattr(webhook, "_store", kept_and_then_silence)
        assert await hook.deliver(charge()) == "unapplied"
        environment.setattr(webhook, "_store", kept)
        environment.setattr(webhook, "PROCESS_SECONDS", PATIENCE)
        wire.mend()

        assert await hook.deliver(charge()) == "applied"
        assert hook.tier_and_status(user) == ("pro", "active")
