"""Events that came too early wait, and are applied together with the one that they depend on."""

import json
from uuid import UUID

import psycopg

from oneai.billing import processing
from oneai.billing.facts import Observation, Payment
from tests.billing.event_source import AMOUNT, EventSource
from tests.database.rows import all_rows

UNKNOWN = {"subscriptions": ["sub_1"], "payments": [], "invoices": [], "ids": [], "instruments": []}


def early(event_source: EventSource, status: str = "captured", **more: object) -> Observation:
    """An event about a payment alone, which names only its invoice."""
    charge: dict[str, object] = {"invoice_ref": "inv_sub_1", **more}
    return Observation(payments=(Payment("razorpay", "pay_sub_1", status, event_source.now, AMOUNT, "INR", **charge),))  # type: ignore[arg-type]


async def process_claimed(event_source: EventSource) -> None:
    """Processes waiting events, as the job does."""
    for name in event_source.database.one("select oneai.claim_events(20, false, '{}')"):
        await processing.process_and_follow_up(*name.split(" ", 1))


async def test_parked_events_are_applied_together_with_the_event_they_wait_for(
    event_source: EventSource, asha: UUID
) -> None:
    assert await event_source.process("authorized", early(event_source, "authorized")) == "parked"
    assert await event_source.process("captured", early(event_source)) == "parked"

    assert await event_source.process("charged", event_source.charge()) == "processed"

    assert event_source.tier_and_status(asha) == ("pro", "active")
    moments = event_source.database.rows("select distinct state, processed_at from oneai.provider_events")
    assert [state for state, _ in moments] == ["processed"]


async def test_an_invalid_parked_event_blocks_no_other(event_source: EventSource, asha: UUID) -> None:
    assert await event_source.process("poison", early(event_source, method="\ud800")) == "parked"
    assert await event_source.process("captured", early(event_source)) == "parked"

    assert await event_source.process("charged", event_source.charge()) == "processed"

    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert [event_source.event(name)[0] for name in ("captured", "poison")] == ["parked", "parked"]
    await process_claimed(event_source)
    assert [event_source.event(name)[0] for name in ("captured", "poison")] == ["processed", "pending"]
    assert event_source.alerts() == [("webhook_unapplied", "poison")]


async def test_an_event_without_news_is_applied_and_changes_nothing(event_source: EventSource, asha: UUID) -> None:
    charge = event_source.charge()
    await event_source.process("charged", charge)
    before = all_rows(event_source.database)

    assert await event_source.process("again", charge) == "processed"

    after = all_rows(event_source.database)
    assert {name for name in after if after[name] != before[name]} == {"provider_events"}


def stored(connection: psycopg.Connection, name: str, named: dict[str, list[str]] = UNKNOWN) -> str:
    """Stores an event as the webhook does, with the ids that it names."""
    row = connection.execute(
        "select oneai.store_event('razorpay', %s, 'sent', %s, 'sub_1', null, null, %s)",
        [name, name.encode(), json.dumps(named)],
    ).fetchone()
    assert row is not None
    return str(row[0])


async def test_an_event_about_an_unknown_object_is_parked_when_stored(event_source: EventSource) -> None:
    with psycopg.connect(event_source.database.url("oneai_app"), autocommit=True) as webhook:
        assert [stored(webhook, "early"), stored(webhook, "early")] == ["kept", "parked"]
    assert event_source.event("early") == ("parked", 0, None)

    event_source.opened(event_source.user("asha"))
    with psycopg.connect(event_source.database.url("oneai_app"), autocommit=True) as webhook:
        assert stored(webhook, "late") == "new"


async def test_storing_an_event_takes_no_lock_and_parks_none_about_to_be_known(
    event_source: EventSource,
) -> None:
    url = event_source.database.url("oneai_app")
    with psycopg.connect(url) as opening, psycopg.connect(url, autocommit=True) as webhook:
        opening.execute("select oneai.lock_and_load_billing('razorpay', null, %s)", [json.dumps(UNKNOWN)])
        webhook.execute("set statement_timeout = '2s'")
        assert stored(webhook, "meanwhile") == "new"
    assert event_source.event("meanwhile")[0] == "pending"


async def test_an_event_waiting_for_two_objects_is_parked_until_both_are_known(
    event_source: EventSource, asha: UUID
) -> None:
    both = Observation(
        payments=early(event_source).payments, refunds=event_source.refund("pay_of_another", 100).refunds
    )
    assert await event_source.process("both", both, payment_ref="pay_of_another", invoice_ref="inv_sub_1") == "parked"

    assert await event_source.process("charged", event_source.charge()) == "processed"
    assert event_source.event("both")[0] == "parked"

    event_source.opened(event_source.user("ravi"), "sub_2")
    assert await event_source.process("other", event_source.charge("sub_2", payment="pay_of_another")) == "processed"
    # It is about two users, and they are not locked together for it but by the job.
    await process_claimed(event_source)
    assert event_source.event("both")[0] == "processed"
    assert event_source.database.rows("select amount from oneai.refunds") == [100]
