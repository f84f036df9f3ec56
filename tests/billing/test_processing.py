"""What is told becomes so in the database: once, whoever tells it and however many at a time, or not at all."""

import asyncio
from dataclasses import dataclass, replace
from typing import LiteralString
from uuid import UUID

import pytest

from oneai.billing import processing
from oneai.billing.facts import Observation, ObservedPayment
from oneai.errors import Busy, InternalError
from oneai.postgres import db
from tests.billing.event_source import AMOUNT, Teller
from tests.database.rows import everything, holding, until_waiting


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


async def test_a_transaction_happens_as_a_whole_or_not_at_all(teller: Teller) -> None:
    ref = teller.store("one", Observation())
    with pytest.raises(InternalError):
        await fail_and(ref, "select 1 / 0")
    assert teller.event(ref)[1] == 0
    await fail_and(ref, "select 1")
    assert teller.event(ref)[1] == 1


async def test_whoever_leaves_a_transaction_with_an_error_leaves_nothing_and_a_good_connection(teller: Teller) -> None:
    ref = teller.store("one", Observation())
    with pytest.raises(ZeroDivisionError):
        await fail_and_raise(ref)
    assert teller.event(ref)[1] == 0
    assert await db.call("select 1", []) == (1,)


async def test_a_transaction_can_end_with_its_last_statement(teller: Teller) -> None:
    ref = teller.store("one", Observation())
    async with db.transaction() as tx:
        assert await tx.finish("select 2 from oneai.fail_event('razorpay', %s, 'why')", [ref]) == (2,)
        assert teller.event(ref)[1] == 1
    async with db.transaction() as tx:
        rows = await tx.all("select state, 3 as times from oneai.stored_event('razorpay', %s)", [ref], Seen)
    assert rows == [Seen("pending", 3)]


async def test_a_payment_gives_plan_history_invoice_and_receipt_in_one(teller: Teller, asha: UUID) -> None:
    assert await teller.tell("charged", teller.charge()) == "processed"

    assert teller.standing(asha) == ("pro", "active")
    assert teller.history(asha) == [("new_subscription", "free", "pro")]
    assert teller.database.rows("select distinct subscription_tier from oneai.usage_quotas") == ["pro"]
    assert teller.database.rows("select kind, total from oneai.invoices") == [("invoice", AMOUNT)]
    assert teller.database.rows("select cause_key from oneai.outbox where kind = 'payment_receipt'") == ["pay_sub_1"]
    assert teller.database.one("select data ->> 'invoice_number' from oneai.outbox where kind = 'payment_receipt'") == (
        teller.database.one("select number from oneai.invoices")
    )
    (source,) = teller.database.rows("select metadata ->> 'found_by' from oneai.subscription_history")
    assert (source, teller.event("charged")[0], teller.asked) == ("webhook", "processed", [])


async def test_told_again_in_any_way_nothing_changes(teller: Teller, asha: UUID) -> None:
    told = teller.charge()
    await teller.tell("charged", told)
    before = everything(teller.database)

    assert await processing.process_and_follow_up("charged") == "processed"
    assert await teller.tell("again", told) == "processed"
    await processing.ingest(told, source="reconciliation")
    await processing.reproject(asha)

    after = everything(teller.database)
    before.pop("provider_events"), after.pop("provider_events")
    assert after == before


async def test_many_at_once_about_one_person_give_once_what_they_give(teller: Teller, asha: UUID) -> None:
    told = teller.charge()
    bare = Observation(payments=(replace(told.payments[0], period_start=None, period_end=None, period_from=None),))
    events = [teller.store(f"{nth}", told if nth % 2 else bare) for nth in range(12)]

    outcomes = await asyncio.gather(
        *(processing.process_and_follow_up(event) for event in events), processing.process_and_follow_up("1")
    )

    assert set(outcomes) == {"processed"}
    assert teller.standing(asha) == ("pro", "active")
    assert teller.history(asha) == [("new_subscription", "free", "pro")]
    assert teller.database.one("select count(*) from oneai.invoices") == 1
    assert teller.database.one("select count(*) from oneai.outbox where kind = 'payment_receipt'") == 1


async def test_the_second_of_two_that_come_together_sees_what_the_first_one_did(teller: Teller, asha: UUID) -> None:
    paid, back = teller.store("paid", teller.charge()), teller.store("back", teller.refund(), payment_ref="pay_sub_1")
    async with holding(teller.database, "select from oneai.users where id = %s for update", asha):
        first = asyncio.create_task(processing.process_and_follow_up(paid))
        await until_waiting(teller.database, 1)
        second = asyncio.create_task(processing.process_and_follow_up(back))
        await until_waiting(teller.database, 2)
    assert [await first, await second] == ["processed", "processed"]
    assert teller.standing(asha)[0] == "free"
    assert [reason for reason, _, _ in teller.history(asha)] == ["new_subscription", "refund"]


async def test_what_fails_halfway_leaves_nothing_and_is_done_as_a_whole_the_next_time(
    teller: Teller, asha: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(teller.database)
    teller.database.rows("alter table oneai.invoices add constraint never check (false) not valid")
    assert await teller.tell("charged", teller.charge()) == "pending"
    after = everything(teller.database)
    assert {name for name in after if after[name] != before[name]} == {"provider_events", "operator_alerts"}
    assert teller.event("charged")[:2] == ("pending", 1)
    assert teller.alerts() == [("webhook_unapplied", "charged")]

    teller.database.rows("alter table oneai.invoices drop constraint never")
    assert await processing.process_and_follow_up("charged") == "processed"
    assert (teller.standing(asha), teller.event("charged")[2]) == (("pro", "active"), None)


async def test_a_poisonous_event_says_what_kind_of_poison_and_harms_no_other(teller: Teller, asha: UUID) -> None:
    told = teller.charge(currency="nonsense of the sender's")
    assert await teller.tell("poison", told) == "pending"
    state, attempts, problem = teller.event("poison")
    assert (state, attempts) == ("pending", 1)
    assert problem is not None
    assert "CheckViolation" in problem
    assert "nonsense" not in problem

    assert await teller.tell("charged", teller.charge(payment="pay_2")) == "processed"
    assert teller.standing(asha) == ("pro", "active")
    assert await processing.process_and_follow_up("poison") == "pending"
    assert teller.event("poison")[1] == 2


async def test_an_event_that_is_none_of_ours_or_unknown_never_raises(teller: Teller) -> None:
    assert await teller.tell("settled", Observation()) == "parked"
    assert await processing.process_and_follow_up("never stored") == "parked"
    teller.store("gone", Observation())
    del teller.events[b"gone"]
    assert await processing.process_and_follow_up("gone") == "pending"


async def test_somebody_elses_lock_that_never_goes_away_leaves_it_for_later(
    teller: Teller, asha: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object, **__: object) -> object:
        raise Busy

    event = teller.store("charged", teller.charge())
    with monkeypatch.context() as away:
        away.setattr(processing, "_ingest", busy)
        assert await processing.process_and_follow_up(event) == "pending"
        with pytest.raises(Busy):
            await processing.ingest(teller.charge(), source="verify")
    assert await processing.process_and_follow_up(event) == "processed"
    assert teller.standing(asha) == ("pro", "active")


async def test_what_comes_before_anybody_knows_the_subscription_waits_for_it(teller: Teller) -> None:
    ravi = teller.person("ravi")
    assert await teller.tell("charged", teller.charge()) == "parked"
    assert teller.standing(ravi) == ("free", "active")

    ours = teller.opened(ravi, ref=None)
    await processing.ingest(
        Observation(snapshots=(teller.snapshot(status="none", our_id=ours, paid_count=0, fetched=True),)),
        source="request",
    )

    assert teller.standing(ravi) == ("pro", "active")
    assert teller.event("charged")[0] == "processed"


async def test_a_refund_and_an_invoice_that_come_before_their_payment_wait_for_it(teller: Teller, asha: UUID) -> None:
    back = teller.refund(amount=1_000)
    assert await teller.tell("back", back, payment_ref="pay_sub_1") == "parked"
    assert await teller.tell("bill", teller.bill(), payment_ref="pay_sub_1") == "parked"

    assert await teller.tell("charged", teller.charge()) == "processed"

    assert [teller.event(name)[0] for name in ("back", "bill")] == ["processed", "processed"]
    assert teller.database.one("select amount_refunded, period_from from oneai.payments") == (1_000, "invoice")
    assert teller.database.rows("select kind from oneai.invoices order by kind") == ["credit_note", "invoice"]
    assert ("payment_refunded", "pay_sub_1") in teller.alerts()


async def test_who_makes_a_subscription_known_and_who_speaks_of_it_cannot_miss_each_other(teller: Teller) -> None:
    for nth in range(6):
        person = teller.person(f"person{nth}")
        ours, ref = teller.opened(person, ref=None), f"sub_{nth}"
        opened = Observation(snapshots=(teller.snapshot(ref, "none", our_id=ours, paid_count=0, fetched=True),))
        event = teller.store(f"charged {nth}", teller.charge(ref))
        await asyncio.gather(processing.ingest(opened, source="request"), processing.process_and_follow_up(event))
        assert teller.standing(person) == ("pro", "active")


async def test_a_failed_payment_that_names_its_invoice_alone_is_found_once_that_is_paid(
    teller: Teller, asha: UUID
) -> None:
    lost = ObservedPayment("pay_lost", "failed", teller.now, AMOUNT, "INR", invoice_ref="inv_sub_1")
    assert await teller.tell("lost", Observation(payments=(lost,)), invoice_ref="inv_sub_1") == "parked"
    await teller.tell("charged", teller.charge())
    assert teller.event("lost")[0] == "processed"
    assert teller.database.rows("select status from oneai.payments order by 1") == ["captured", "failed"]


async def test_two_words_of_the_same_second_are_settled_by_asking(teller: Teller, asha: UUID) -> None:
    await teller.tell("charged", teller.charge())
    teller.shows["sub_1"] = Observation(snapshots=(teller.snapshot(status="paused", fetched=True),))
    pending = replace(teller.failure().snapshots[0], at=teller.charge().snapshots[0].at)
    at = teller.database.one("select (snapshot ->> 'at')::timestamptz from oneai.subscriptions")
    assert await teller.tell("pending", Observation(snapshots=(replace(pending, at=at),))) == "processed"
    assert teller.asked == [("sub_1", False)]


async def test_an_event_that_does_not_say_when_is_checked(teller: Teller, asha: UUID) -> None:
    teller.shows["sub_1"] = replace(teller.charge(), snapshots=(teller.snapshot(fetched=True),))
    assert await teller.tell("sometime", Observation(snapshots=(teller.snapshot(),)), undated=True) == "processed"
    assert ("sub_1", False) in teller.asked
    assert teller.standing(asha) == ("pro", "active")


async def test_a_provider_that_is_away_leaves_the_doubt_to_the_job(teller: Teller, asha: UUID) -> None:
    assert await teller.tell("sometime", Observation(snapshots=(teller.snapshot(),)), undated=True) == "processed"
    assert teller.database.one("select next_sync_at <= oneai.now() from oneai.subscriptions") is True


async def test_time_alone_ends_what_is_not_paid_and_nobody_counts_as_having_looked(teller: Teller, asha: UUID) -> None:
    await teller.tell("charged", teller.charge())
    teller.database.advance(31 * 86_400)
    await processing.reproject(asha)
    assert teller.standing(asha) == ("pro", "active")
    assert teller.database.one("select next_sync_at <= oneai.now() from oneai.subscriptions") is True
    teller.database.advance(7 * 86_400)
    await processing.reproject(asha)
    assert teller.standing(asha) == ("free", "unpaid")
    (source,) = teller.database.rows(
        "select metadata ->> 'found_by' from oneai.subscription_history where change_reason = 'payment_failure'"
    )
    assert source == "clock"


async def test_reminders_are_posted_attempt_by_attempt(teller: Teller, asha: UUID) -> None:
    await teller.tell("charged", teller.charge())
    teller.database.advance(30 * 86_400)
    for n in (1, 2):
        await teller.tell(f"pending {n}", teller.failure(n=n))
        await processing.process_and_follow_up(f"pending {n}")
        teller.database.advance(86_400)
    rows = teller.database.rows("select (data ->> 'attempt')::int from oneai.outbox where kind = 'payment_reminder'")
    assert sorted(rows) == [1, 2]
    assert teller.standing(asha) == ("pro", "past_due")


async def test_a_sum_that_nothing_explains_waits_for_an_operator(teller: Teller, asha: UUID) -> None:
    await teller.tell("charged", teller.charge(amount=5))
    await teller.tell("again", teller.charge(amount=5))
    assert teller.standing(asha)[0] == "free"
    assert teller.database.rows("select kind, count from oneai.operator_alerts") == [("payment_quarantined", 1)]
    assert teller.database.one("select count(*) from oneai.invoices") == 0
    teller.database.rows("update oneai.payments set released_at = oneai.now()")
    await processing.reproject(asha, source="request")
    assert teller.standing(asha) == ("pro", "active")
    assert teller.database.one("select count(*) from oneai.invoices") == 1


async def test_the_older_of_two_is_cancelled_and_given_back_once(teller: Teller, asha: UUID) -> None:
    await teller.tell("charged", teller.charge())
    teller.database.advance(3600)
    teller.opened(asha, ref="sub_2")
    for nth in range(2):
        await teller.tell(f"second {nth}", teller.charge("sub_2"))
    calls = teller.database.rows("select kind, reason, state from oneai.provider_operations order by kind")
    assert calls == [("cancel", "duplicate", "pending"), ("refund", "duplicate", "pending")]
    assert teller.database.rows("select kind, count from oneai.operator_alerts") == [("two_subscriptions", 1)]

    # It had ended before: nothing is to be told.
    ended = teller.snapshot(status="cancelled", ended=True, ended_at=teller.charge().snapshots[0].at)
    moment = teller.database.one("select oneai.now() - interval '30 minutes'")
    await teller.tell("ended", Observation(snapshots=(replace(ended, ended_at=moment),)))
    assert set(teller.database.rows("select state from oneai.provider_operations")) == {"cancelled"}


async def test_what_went_back_to_somebody_who_is_gone_is_still_documented(teller: Teller, asha: UUID) -> None:
    await teller.tell("charged", teller.charge())
    teller.database.rows("delete from auth.users where id = %s", asha)
    teller.database.rows("select oneai.erase(%s)", asha)
    assert await teller.tell("back", teller.refund(), payment_ref="pay_sub_1") == "processed"
    assert teller.database.rows("select kind from oneai.invoices order by kind") == ["credit_note", "invoice"]
    assert teller.database.one("select count(*) from oneai.subscription_history where user_id is not null") == 0
