"""What the payment provider told becomes facts, and what follows from all facts of a person becomes so.

Under one set of locks everything that is known of a person is read, what is new is put to it (`merge.py`), what follows
is computed (`projection`) and written. So neither the order in which things arrive nor their repetition can matter.
"""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from oneai import log, settings
from oneai.billing import rows
from oneai.billing.documents import gst
from oneai.billing.event_batch import EventBatch, Heard, named, says_something, waiting
from oneai.billing.facts import Event, Observation
from oneai.billing.merge import Changes, SyncRequest
from oneai.billing.projection.policy import BillingPolicy
from oneai.billing.projection.project import standing
from oneai.billing.record import known_of, moment
from oneai.errors import Busy, OneAIError
from oneai.postgres import db
from oneai.settings import SettingsError
from oneai.text import replace_nul

type FoundBy = Literal["webhook", "verify", "reconciliation", "request", "clock"]
type Outcome = Literal["processed", "parked", "pending"]

# In these words the webhook answers, and jobs report, what became of an event.
REPORTED: dict[Outcome, Literal["applied", "stored", "unapplied"]] = {
    "processed": "applied",
    "parked": "stored",
    "pending": "unapplied",
}

# Whoever delivered the event waits for us, and a doubt can wait for the job.
LOOK_SECONDS = 2.0
# An event that made things known has so many others applied before whoever delivered it hears of it.
AWAKENED = 20


@dataclass(frozen=True)
class Settled:
    """What came of one transaction: what became of the event, other events to apply now, what to ask about."""

    outcome: Outcome
    awakened: Sequence[str] = ()
    doubts: frozenset[SyncRequest] = field(default_factory=frozenset)


async def observe(observed: Observation, *, found_by: FoundBy) -> None:
    """Notes what was observed and settles what follows, for everybody it is about. Nothing for things nobody knows.

    Raises Busy.
    """
    settled = await _twice(lambda: _settle(observed, found_by=found_by))
    await _apply_all(settled.awakened, found_by)


async def apply_event(event_id: str, *, found_by: FoundBy = "webhook", event: Event | None = None) -> Outcome:
    """Applies a stored event, as `settle_event` does, and follows it up; what became of it."""
    settled = await settle_event(event_id, found_by=found_by, event=event)
    await follow_up(settled, found_by=found_by)
    return settled.outcome


async def settle_event(event_id: str, *, found_by: FoundBy = "webhook", event: Event | None = None) -> Settled:
    """Applies a stored event, once, and nothing else. `parked`: it speaks of something nobody knows (yet).

    `event` is what it says, of whoever has just stored these very bytes. Whatever goes wrong is kept beside the event
    and told to operators; never raises for it.
    """
    try:
        return await _twice(lambda: _apply(event_id, found_by, event))
    except Exception as error:  # noqa: BLE001  a poisonous event must stop nothing but itself
        log.exception("an event could not be applied", event_id=event_id)
        await keep_problem(event_id, error)
        return Settled("pending")


async def follow_up(settled: Settled, *, found_by: FoundBy = "webhook") -> None:
    """Applies what an event awakened, and asks about what it left in doubt. May be cut off anywhere, for the job finds
    what is left; never raises."""
    doubts = sorted(settled.doubts)
    for doubt in doubts:
        with suppress(OneAIError):
            await _look_soon(doubt)
    await _apply_all(settled.awakened, found_by)
    for doubt in doubts:
        await look(doubt, found_by=found_by)


async def refresh(user_id: UUID, *, found_by: FoundBy = "clock") -> None:
    """Settles what follows for one person as of this moment: time alone changes it. Raises Busy.

    A subscription that is due to be asked about stays due.
    """
    await _twice(lambda: _settle(Observation(), found_by=found_by, user_id=user_id))


async def _apply(event_id: str, found_by: FoundBy, event: Event | None) -> Settled:
    from oneai.billing.provider.events import event_of

    if event is not None:
        return await _settle(event.observed, found_by=found_by, event=event)
    (body, state) = await db.call(
        "select body, state from oneai.stored_event(%s, %s)", [_provider(), event_id], idempotent=True
    )
    if body is None or state == "processed":
        return Settled("processed" if state == "processed" else "parked")
    try:
        event = event_of(event_id, bytes(body))
    except ValueError as error:
        await _keep_unreadable(event_id, error)
        return Settled("pending")
    return await _settle(event.observed, found_by=found_by, event=event)


async def _settle(
    observed: Observation, *, found_by: FoundBy, event: Event | None = None, user_id: UUID | None = None
) -> Settled:
    """What was told, with the events that waited for it; without them if something in them is poisonous."""
    try:
        return await _settle_all(observed, found_by, event, user_id, with_waiting=True)
    except _Together as error:
        log.warning("an event is applied without those that waited for it", error=type(error.__cause__).__name__)
        return await _settle_all(observed, found_by, event, user_id, with_waiting=False)


async def _settle_all(
    observed: Observation, found_by: FoundBy, event: Event | None, user_id: UUID | None, *, with_waiting: bool
) -> Settled:
    """One transaction: lock and read, think, write. Raises _Together for what fails because of others."""
    event_id, refs, others = event.event_id if event is not None else None, named(observed, event), list[Heard]()
    first = Heard(event_id, observed, timeless=event is not None and event.at is None)
    try:
        async with db.transaction() as tx:
            (found,) = await tx.call(
                "select oneai.lock_and_load_billing(%s, %s, %s, %s, %s)",
                [_provider(), event_id, json.dumps(refs), user_id, with_waiting],
            )
            if "people" not in found:
                return Settled("processed" if found["state"] == "processed" else "parked")
            others = waiting(found)
            thought = _think(found, EventBatch([first, *others]), by_time=event is None)
            heard = bool(found["people"]) and thought.heard and event is not None and says_something(event)
            state: Outcome = "processed" if heard else "parked"
            (woken,) = await tx.finish(
                "select oneai.save_projections(%s, %s, %s, %s, %s::text[], %s, %s, %s::text[])",
                [
                    *(_provider(), event_id, state, _json(thought.people), sorted(thought.known_now), found_by),
                    *(user_id is not None, thought.heard_with_it),
                ],
            )
    except Busy:
        raise
    except Exception as error:
        if others:
            raise _Together from error
        raise
    return Settled(state, woken, frozenset(thought.doubts))


class _Together(Exception):
    """Something failed that was not alone."""


@dataclass
class _Thought:
    """What is to be written for each person, refs nobody knew before, what is in doubt, and what found its place."""

    people: list[dict[str, Any]] = field(default_factory=list)
    known_now: set[str] = field(default_factory=set)
    doubts: set[SyncRequest] = field(default_factory=set)
    heard: bool = False
    heard_with_it: list[str] = field(default_factory=list)


def _think(found: Mapping[str, Any], ear: EventBatch, *, by_time: bool) -> _Thought:
    """What follows for everybody. Of events that say nothing new nothing does, unless `by_time` it might."""
    now, rules, thought = moment(found["at"]), settings.read(BillingPolicy), _Thought()
    for facts in found["people"]:
        known = known_of(facts)
        noted = ear.note(known)
        thought.doubts |= noted.doubts
        if noted == Changes() and not by_time:
            continue
        where = standing(known, now, rules)
        thought.known_now |= noted.known_now
        touched = {known.subscriptions[ours].ref for ours in noted.subscriptions}
        thought.doubts |= {each for each in where.doubts if each.ref in touched}
        thought.people.append(
            {
                "user_id": known.user_id,
                "facts": rows.facts(known, noted),
                "standing": rows.follows(known, noted, where, gst.terms),
            }
        )
    thought.heard, thought.heard_with_it = ear.first_is_heard, ear.heard_with_it
    return thought


async def _apply_all(event_ids: Sequence[str], found_by: FoundBy) -> None:
    """Events that waited for something to become known; the job applies what is left of them."""
    for event_id in event_ids[:AWAKENED]:
        await apply_event(event_id, found_by=found_by)


async def look(doubt: SyncRequest, *, found_by: FoundBy, seconds: float = LOOK_SECONDS) -> None:
    """Asks the provider; what it does not say soon, the job asks."""
    from oneai.billing import provider

    try:
        await _look_soon(doubt)
        async with asyncio.timeout(seconds):
            seen = await provider.look(doubt.ref, deep=doubt.deep, mandate=doubt.mandate)
        await observe(seen, found_by=found_by)
    except Exception as error:  # noqa: BLE001  whatever led to the doubt has been done
        log.warning("a doubt is left to the job", subscription=doubt.ref, error=type(error).__name__)


async def _look_soon(doubt: SyncRequest) -> None:
    """Leaves it to the job. Raises Busy."""
    await db.call("select oneai.request_sync(%s, %s)", [_provider(), doubt.ref], idempotent=True)


async def keep_problem(event_id: str, error: Exception) -> None:
    """Keeps what went wrong: its kind and place in words of ours, never what the event holds. Operators are told."""
    log.count("OperatorAlert", kind="webhook_unapplied")
    cause = error.__cause__ or error
    problem = f"{type(error).__name__}: {type(cause).__name__} {getattr(cause, 'sqlstate', '') or ''}".strip()
    if isinstance(cause, SettingsError):
        problem = str(cause)
    try:
        await db.call("select oneai.fail_event(%s, %s, %s)", [_provider(), event_id, problem[:500]])
    except OneAIError:
        log.exception("what went wrong with an event could not be stored", event_id=event_id)


async def _keep_unreadable(event_id: str, error: ValueError) -> None:
    """Keeps that nobody can read it, and where we gave up. It is not tried again until an operator asks for it."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    problem = f"unreadable: {type(error).__name__} in {frame.f_code.co_qualname}"
    log.warning("an event cannot be read", event_id=event_id, problem=problem)
    (told,) = await db.call("select oneai.fail_event(%s, %s, %s, true)", [_provider(), event_id, problem])
    if told:
        log.count("OperatorAlert", kind="webhook_unapplied")


async def _twice(work: Callable[[], Awaitable[Settled]]) -> Settled:
    """Once more where the connection broke, or two transactions were in each other's way: all of it can be repeated."""
    try:
        return await work()
    except Busy:
        return await work()


def _provider() -> str:
    from oneai.billing.provider import PROVIDER

    return PROVIDER


def _json(value: object) -> str:
    return replace_nul(json.dumps(value, default=rows.plain, ensure_ascii=False))
