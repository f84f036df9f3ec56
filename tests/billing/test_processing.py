"""An event is applied once or not at all, from any source and under concurrent runs."""

import asyncio
from dataclasses import dataclass, replace
from typing import LiteralString
from uuid import UUID

import pytest

from oneai.billing import processing
from oneai.billing.facts import Observation, Payment
from oneai.errors import Busy, InternalError
from oneai.postgres import db
from tests.billing.event_source import AMOUNT, EventSource
from tests.database.rows import all_rows, hold_locks, wait_for_blocked

pytestmark = pytest.mark.sampled(0.4)


@dataclass
class Seen:
    """A row of a test's own."""

    state: str
    times: int


async def fail_and(ref: str, query: LiteralString) -> None:
    """Two statements in one transaction."""
    async with db.transaction() as tx:
        await tx.call("select oneai.fail_event('razorpay', %s, 'why')", [ref])
        await tx.call(query, [])


async def fail_and_raise(ref: str) -> None:
    """A statement, and an error that has nothing to do with the database."""
    async with db.transaction() as tx:
        await tx.call("select oneai.fail_event('razorpay', %s, 'why')", [ref])
        raise ZeroDivisionError


async def test_a_transaction_is_atomic(event_source: EventSource) -> None:
    ref = event_source.store("one", Observation())
    with pytest.raises(InternalError):
        await fail_and(ref, "select 1 / 0")
    assert event_source.event(ref)[1] == 0
    await fail_and(ref, "select 1")
    assert event_source.event(ref)[1] == 1


async def test_an_error_rolls_the_transaction_back_and_keeps_the_connection_usable(
    event_source: EventSource,
) -> None:
    ref = event_source.store("one", Observation())
    with pytest.raises(ZeroDivisionError):
        await fail_and_raise(ref)
    assert event_source.event(ref)[1] == 0
    assert await db.call("select 1", []) == (1,)


async def test_a_transaction_can_end_with_its_last_statement(event_source: EventSource) -> None:
    ref = event_source.store("one", Observation())
    async with db.transaction() as tx:
        assert await tx.finish("select 2 from oneai.fail_event('razorpay', %s, 'why')", [ref]) == (2,)
        assert event_source.event(ref)[1] == 1
    async with db.transaction() as tx:
        rows = await tx.all("select state, 3 as times from oneai.stored_event('razorpay', %s)", [ref], Seen)
    assert rows == [Seen("pending", 3)]


async def test_one_payment_yields_plan_history_invoice_and_receipt(event_source: EventSource, asha: UUID) -> None:
    assert await event_source.process("charged", event_source.charge()) == "processed"

    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert event_source.history(asha) == [("new_subscription", "free", "pro")]
    assert event_source.database.rows("select distinct subscription_tier from oneai.usage_quotas") == ["pro"]
    assert event_source.database.rows("select kind, total from oneai.invoices") == [("invoice", AMOUNT)]
    assert event_source.database.rows("select cause_key from oneai.outbox where kind = 'payment_receipt'") == (
        event_source.database.rows("select id::text from oneai.payments where provider_payment_id = 'pay_sub_1'")
    )
    assert event_source.database.one(
        "select data ->> 'invoice_number' from oneai.outbox where kind = 'payment_receipt'"
    ) == (event_source.database.one("select number from oneai.invoices"))
    (source,) = event_source.database.rows("select metadata ->> 'found_by' from oneai.subscription_history")
    assert (source, event_source.event("charged")[0], event_source.asked) == ("webhook", "processed", [])


async def test_a_repeated_event_in_any_form_changes_nothing(event_source: EventSource, asha: UUID) -> None:
    charge = event_source.charge()
    await event_source.process("charged", charge)
    before = all_rows(event_source.database)

    assert await processing.process_and_follow_up("razorpay", "charged") == "processed"
    assert await event_source.process("again", charge) == "processed"
    await processing.ingest(charge, source="reconciliation")
    await processing.reproject(asha)

    after = all_rows(event_source.database)
    before.pop("provider_events"), after.pop("provider_events")
    assert after == before


async def test_concurrent_events_of_one_user_take_effect_once(event_source: EventSource, asha: UUID) -> None:
    charge = event_source.charge()
    bare = Observation(payments=(replace(charge.payments[0], period_start=None, period_end=None, period_from=None),))
    events = [event_source.store(f"{nth}", charge if nth % 2 else bare) for nth in range(12)]

    outcomes = await asyncio.gather(
        *(processing.process_and_follow_up("razorpay", event) for event in events),
        processing.process_and_follow_up("razorpay", "1"),
    )

    assert set(outcomes) == {"processed"}
    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert event_source.history(asha) == [("new_subscription", "free", "pro")]
    assert event_source.database.one("select count(*) from oneai.invoices") == 1
    assert event_source.database.one("select count(*) from oneai.outbox where kind = 'payment_receipt'") == 1


async def test_the_second_of_two_concurrent_events_sees_the_effect_of_the_first(
    event_source: EventSource, asha: UUID
) -> None:
    paid, back = (
        event_source.store("paid", event_source.charge()),
        event_source.store("back", event_source.refund(), payment_ref="pay_sub_1"),
    )
    async with hold_locks(event_source.database, "select from oneai.users where id = %s for update", asha):
        first = asyncio.create_task(processing.process_and_follow_up("razorpay", paid))
        await wait_for_blocked(event_source.database, 1)
        second = asyncio.create_task(processing.process_and_follow_up("razorpay", back))
        await wait_for_blocked(event_source.database, 2)
    assert [await first, await second] == ["processed", "processed"]
    assert event_source.tier_and_status(asha)[0] == "free"
    assert [reason for reason, _, _ in event_source.history(asha)] == ["new_subscription", "refund", "cancellation"]


async def test_a_failure_halfway_is_rolled_back_and_retried_as_a_whole(
    event_source: EventSource, asha: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_rows(event_source.database)
    event_source.database.rows("alter table oneai.invoices add constraint never check (false) not valid")
    assert await event_source.process("charged", event_source.charge()) == "pending"
    after = all_rows(event_source.database)
    assert {name for name in after if after[name] != before[name]} == {"provider_events", "operator_alerts"}
    assert event_source.event("charged")[:2] == ("pending", 1)
    assert event_source.alerts() == [("webhook_unapplied", "charged")]

    event_source.database.rows("alter table oneai.invoices drop constraint never")
    assert await processing.process_and_follow_up("razorpay", "charged") == "processed"
    assert (event_source.tier_and_status(asha), event_source.event("charged")[2]) == (("pro", "active"), None)


async def test_an_invalid_event_names_its_problem_and_affects_no_other(event_source: EventSource, asha: UUID) -> None:
    charge = event_source.charge(currency="nonsense of the sender's")
    assert await event_source.process("poison", charge) == "pending"
    state, attempts, problem = event_source.event("poison")
    assert (state, attempts) == ("pending", 1)
    assert problem is not None
    assert "CheckViolation" in problem
    assert "nonsense" not in problem

    assert await event_source.process("charged", event_source.charge(payment="pay_2")) == "processed"
    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert await processing.process_and_follow_up("razorpay", "poison") == "pending"
    assert event_source.event("poison")[1] == 2


async def test_a_foreign_or_unknown_event_raises_nothing(event_source: EventSource) -> None:
    assert await event_source.process("settled", Observation()) == "parked"
    assert await processing.process_and_follow_up("razorpay", "never stored") == "parked"
    event_source.store("gone", Observation())
    del event_source.events[b"gone"]
    assert await processing.process_and_follow_up("razorpay", "gone") == "pending"


async def test_a_lock_that_is_never_released_leaves_the_event_for_later(
    event_source: EventSource, asha: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> object:
        raise Busy

    event = event_source.store("charged", event_source.charge())
    with monkeypatch.context() as away:
        away.setattr(processing, "_ingest", busy)
        assert await processing.process_and_follow_up("razorpay", event) == "pending"
        with pytest.raises(Busy):
            await processing.ingest(event_source.charge(), source="verify")
    assert await processing.process_and_follow_up("razorpay", event) == "processed"
    assert event_source.tier_and_status(asha) == ("pro", "active")


async def test_an_event_before_its_subscription_waits_for_it(event_source: EventSource) -> None:
    ravi = event_source.user("ravi")
    assert await event_source.process("charged", event_source.charge()) == "parked"
    assert event_source.tier_and_status(ravi) == ("free", "active")

    ours = event_source.opened(ravi, ref=None)
    await processing.ingest(
        Observation(snapshots=(event_source.snapshot(status="none", our_id=ours, paid_count=0, fetched=True),)),
        source="request",
    )

    assert event_source.tier_and_status(ravi) == ("pro", "active")
    assert event_source.event("charged")[0] == "processed"


async def test_a_refund_and_an_invoice_before_their_payment_wait_for_it(event_source: EventSource, asha: UUID) -> None:
    back = event_source.refund(amount=1_000)
    assert await event_source.process("back", back, payment_ref="pay_sub_1") == "parked"
    assert await event_source.process("bill", event_source.bill(), payment_ref="pay_sub_1") == "parked"

    assert await event_source.process("charged", event_source.charge()) == "processed"

    assert [event_source.event(name)[0] for name in ("back", "bill")] == ["processed", "processed"]
    assert event_source.database.one("select amount_refunded, period_from from oneai.payments") == (1_000, "invoice")
    assert event_source.database.rows("select kind from oneai.invoices order by kind") == ["credit_note", "invoice"]
    assert ("payment_refunded", "pay_sub_1") in event_source.alerts()


async def test_a_concurrent_subscription_and_its_event_never_miss_each_other(
    event_source: EventSource,
) -> None:
    for nth in range(6):
        user = event_source.user(f"person{nth}")
        ours, ref = event_source.opened(user, ref=None), f"sub_{nth}"
        opened = Observation(snapshots=(event_source.snapshot(ref, "none", our_id=ours, paid_count=0, fetched=True),))
        event = event_source.store(f"charged {nth}", event_source.charge(ref))
        await asyncio.gather(
            processing.ingest(opened, source="request"), processing.process_and_follow_up("razorpay", event)
        )
        assert event_source.tier_and_status(user) == ("pro", "active")


async def test_a_failed_payment_known_by_its_invoice_alone_is_matched_once_paid(
    event_source: EventSource, asha: UUID
) -> None:
    lost = Payment("razorpay", "pay_lost", "failed", event_source.now, AMOUNT, "INR", invoice_ref="inv_sub_1")
    assert await event_source.process("lost", Observation(payments=(lost,)), invoice_ref="inv_sub_1") == "parked"
    await event_source.process("charged", event_source.charge())
    assert event_source.event("lost")[0] == "processed"
    assert event_source.database.rows("select status from oneai.payments order by 1") == ["captured", "failed"]


async def test_two_events_of_the_same_second_are_resolved_by_a_fetch(event_source: EventSource, asha: UUID) -> None:
    await event_source.process("charged", event_source.charge())
    event_source.shows["sub_1"] = Observation(snapshots=(event_source.snapshot(status="paused", fetched=True),))
    pending = replace(event_source.failure().snapshots[0], at=event_source.charge().snapshots[0].at)
    at = event_source.database.one("select (snapshot ->> 'at')::timestamptz from oneai.subscriptions")
    assert await event_source.process("pending", Observation(snapshots=(replace(pending, at=at),))) == "processed"
    assert event_source.asked == [("sub_1", False)]


async def test_an_undated_event_is_verified_by_a_fetch(event_source: EventSource, asha: UUID) -> None:
    event_source.shows["sub_1"] = replace(event_source.charge(), snapshots=(event_source.snapshot(fetched=True),))
    assert (
        await event_source.process("sometime", Observation(snapshots=(event_source.snapshot(),)), undated=True)
        == "processed"
    )
    assert ("sub_1", False) in event_source.asked
    assert event_source.tier_and_status(asha) == ("pro", "active")


async def test_a_fetch_during_an_outage_is_left_to_the_job(event_source: EventSource, asha: UUID) -> None:
    assert (
        await event_source.process("sometime", Observation(snapshots=(event_source.snapshot(),)), undated=True)
        == "processed"
    )
    assert event_source.database.one("select next_sync_at <= oneai.now() from oneai.subscriptions") is True


async def test_an_unpaid_plan_ends_by_the_clock_with_the_clock_as_its_source(
    event_source: EventSource, asha: UUID
) -> None:
    await event_source.process("charged", event_source.charge())
    event_source.database.advance(31 * 86_400)
    await processing.reproject(asha)
    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert event_source.database.one("select next_sync_at <= oneai.now() from oneai.subscriptions") is True
    event_source.database.advance(7 * 86_400)
    await processing.reproject(asha)
    assert event_source.tier_and_status(asha) == ("free", "unpaid")
    (source,) = event_source.database.rows(
        "select metadata ->> 'found_by' from oneai.subscription_history where change_reason = 'payment_failure'"
    )
    assert source == "clock"


async def test_a_reminder_is_enqueued_for_each_attempt(event_source: EventSource, asha: UUID) -> None:
    await event_source.process("charged", event_source.charge())
    event_source.database.advance(30 * 86_400)
    for n in (1, 2):
        await event_source.process(f"pending {n}", event_source.failure(n=n))
        await processing.process_and_follow_up("razorpay", f"pending {n}")
        event_source.database.advance(86_400)
    rows = event_source.database.rows(
        "select (data ->> 'attempt')::int from oneai.outbox where kind = 'payment_reminder'"
    )
    assert sorted(rows) == [1, 2]
    assert event_source.tier_and_status(asha) == ("pro", "past_due")


async def test_an_unexplained_amount_waits_for_an_operator(event_source: EventSource, asha: UUID) -> None:
    await event_source.process("charged", event_source.charge(amount=5))
    await event_source.process("again", event_source.charge(amount=5))
    assert event_source.tier_and_status(asha)[0] == "free"
    assert event_source.database.rows("select kind, count from oneai.operator_alerts") == [("payment_quarantined", 1)]
    assert event_source.database.one("select count(*) from oneai.invoices") == 0
    event_source.database.rows("update oneai.payments set released_at = oneai.now()")
    await processing.reproject(asha, source="request")
    assert event_source.tier_and_status(asha) == ("pro", "active")
    assert event_source.database.one("select count(*) from oneai.invoices") == 1


async def test_the_older_of_two_subscriptions_is_cancelled_and_refunded_once(
    event_source: EventSource, asha: UUID
) -> None:
    await event_source.process("charged", event_source.charge())
    event_source.database.advance(3600)
    event_source.opened(asha, ref="sub_2")
    for nth in range(2):
        await event_source.process(f"second {nth}", event_source.charge("sub_2"))
    calls = event_source.database.rows("select kind, reason, state from oneai.provider_operations order by kind")
    assert calls == [("cancel", "duplicate", "pending"), ("refund", "duplicate", "pending")]
    assert event_source.database.rows("select kind, count from oneai.operator_alerts") == [("two_subscriptions", 1)]

    # It had ended before: no call is needed.
    ended = event_source.snapshot(status="cancelled", ended=True, ended_at=event_source.charge().snapshots[0].at)
    moment = event_source.database.one("select oneai.now() - interval '30 minutes'")
    await event_source.process("ended", Observation(snapshots=(replace(ended, ended_at=moment),)))
    assert set(event_source.database.rows("select state from oneai.provider_operations")) == {"cancelled"}


async def test_a_refund_to_a_deleted_user_still_has_a_credit_note(event_source: EventSource, asha: UUID) -> None:
    await event_source.process("charged", event_source.charge())
    event_source.database.rows("delete from auth.users where id = %s", asha)
    event_source.database.rows("select oneai.erase(%s)", asha)
    assert await event_source.process("back", event_source.refund(), payment_ref="pay_sub_1") == "processed"
    assert event_source.database.rows("select kind from oneai.invoices order by kind") == ["credit_note", "invoice"]
    assert (
        event_source.database.one("select count(*) from oneai.subscription_history where workspace_id is not null") == 0
    )
