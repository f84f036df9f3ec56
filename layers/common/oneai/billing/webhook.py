"""An event of the payment provider: is it theirs, keep it, and only then make something of it.

What cannot be kept is a 503, so that they try again. Whatever happens after it has been kept is answered with 200: a
provider that is refused for a day switches the whole webhook off, and an event that fails is tried again by a job.
They wait five seconds.
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from oneai import log
from oneai.billing import processing, provider
from oneai.billing.event_batch import named
from oneai.billing.facts import Event
from oneai.clients import secrets_manager
from oneai.errors import BodyTooLarge, Busy, InvalidSignature, OneAIError
from oneai.postgres import db

BODY_BYTES = 1_000_000
STORED_WITHIN = 2.5  # seconds
APPLIED_WITHIN = 3.0
ANSWERED_WITHIN = 3.8
# What is given up gets so long to let go of its locks.
LETS_GO_WITHIN = 0.3
# The kind of what could not be read.
UNREADABLE = "unreadable"
# Anybody may send what is not signed, as often as they like: it does not fill the log.
SECONDS_BETWEEN_REPORTS = 60
_unsigned: Counter[str] = Counter()
_reported_at: dict[str, float] = {}


@dataclass(frozen=True)
class WebhookAnswer:
    """What became of an event; `stored` is one with which there is nothing to do, or not yet."""

    status: Literal["applied", "stored", "unapplied", "duplicate"]


async def receive(body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
    """Keeps the event with these raw bytes and applies it, unless that was done before.

    Raises BodyTooLarge, InvalidSignature, and Busy where it could not be kept.
    """
    began = time.monotonic()
    if len(body) > BODY_BYTES:
        raise BodyTooLarge
    sent = provider.delivery(headers)
    event_id = _event_id(body, sent.event_id)
    await _check(event_id, body, sent.signature, began + STORED_WITHIN)
    event = _understood(event_id, body)
    state = await _keep(event or Event(event_id, UNREADABLE, None), body, began + STORED_WITHIN)
    if state == "kept":
        return WebhookAnswer("stored")
    if state not in ("new", "pending"):
        return WebhookAnswer("duplicate")
    # An id is not signed: of an event that was here before, only what was stored under it counts.
    by = began + ANSWERED_WITHIN - LETS_GO_WITHIN
    outcome = await _apply(event_id, event if state == "new" else None, by)
    return WebhookAnswer(processing.REPORTED[outcome])


async def _check(event_id: str, body: bytes, signature: str, by: float) -> None:
    """Raises InvalidSignature, and Busy. The previous secret counts by the database's clock, as everything does."""
    signed = provider.signed_with(body, signature)
    if signed is None and signature and await _secret_has_changed(by):
        signed = provider.signed_with(body, signature)
    if signed == "current":
        return
    reason = provider.unsigned_because(signature) if signed is None else provider.previous_refused_at(await _now(by))
    if reason is None:
        return
    _report_unsigned(event_id, reason)
    raise InvalidSignature


def _report_unsigned(event_id: str, reason: str) -> None:
    """One line and one metric for each reason a minute, with how many it were since the last."""
    now = time.monotonic()
    _unsigned[reason] += 1
    if now - _reported_at.get(reason, -SECONDS_BETWEEN_REPORTS) >= SECONDS_BETWEEN_REPORTS:
        _reported_at[reason] = now
        times = _unsigned.pop(reason)
        log.warning("an event was not signed with our secret", event_id=event_id, reason=reason, times=times)
        log.count("EventsNotSigned", times, reason=reason)


async def _secret_has_changed(by: float) -> bool:
    """Whether the secret is another than when this process began; False, too, where it cannot be read in time."""
    try:
        return await _within(_left(by), asyncio.to_thread(secrets_manager.refresh))
    except TimeoutError:
        log.warning("the secret could not be read in time")
        return False


def _event_id(body: bytes, told: str) -> str:
    """Theirs; the same bytes have the same one where it is missing or cannot be one."""
    fit = 0 < len(told) <= 200 and told.isascii() and told.isprintable()
    return told if fit else f"sha256:{hashlib.sha256(body).hexdigest()}"


def _understood(event_id: str, body: bytes) -> Event | None:
    """What it says; what cannot be understood, or what only we stumble over, is kept all the same."""
    try:
        return provider.event_of(event_id, body)
    except ValueError:
        return None
    except Exception as error:  # noqa: BLE001  nothing that can be read from an event is a reason not to keep it
        log.warning("an event could not be read", event_id=event_id, error=type(error).__name__)
        return None


async def _keep(event: Event, body: bytes, by: float) -> str:
    """Commits the event, if it is new; the state it was in. Raises Busy."""
    try:
        return await _within(_left(by), _store(event, body))
    except (OneAIError, TimeoutError) as error:
        log.exception("an event could not be stored", event_id=event.event_id)
        raise Busy(retry_after=2) from error


async def _store(event: Event, body: bytes) -> str:
    # What cannot be read is never put aside as something unknown.
    refs = None if event.kind == UNREADABLE else json.dumps(named(event.observed, event))
    (state,) = await db.call(
        "select oneai.store_event(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            provider.PROVIDER,
            event.event_id,
            event.kind,
            body,
            event.subscription_ref,
            event.payment_ref,
            event.invoice_ref,
            refs,
        ],
        idempotent=True,
    )
    return str(state)


async def _apply(event_id: str, event: Event | None, by: float) -> processing.Outcome:
    """Never fails, and never takes longer: what could not be applied in time stays pending, and of what follows from
    one that was applied, the job does what is left."""
    try:
        settled = await _within(min(APPLIED_WITHIN, _left(by)), processing.settle_event(event_id, event=event))
    except Exception as error:  # noqa: BLE001  one event that nobody can apply must not cost us all others
        log.exception("an event could not be applied", event_id=event_id)
        with suppress(TimeoutError):
            await _within(LETS_GO_WITHIN, processing.keep_problem(event_id, error))
        return "pending"
    if settled.awakened or settled.doubts:
        with suppress(TimeoutError):
            await _within(_left(by), processing.follow_up(settled))
    return settled.outcome


async def _now(by: float) -> datetime:
    try:
        (now,) = await _within(_left(by), db.call("select oneai.now()", [], idempotent=True))
    except TimeoutError as error:
        raise Busy(retry_after=2) from error
    moment: datetime = now
    return moment


def _left(by: float) -> float:
    """Seconds until that moment of `time.monotonic`."""
    return by - time.monotonic()


async def _within[T](seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The outcome of `work`, or TimeoutError: a database that is frozen does not even take back what it was told."""
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait({task}, timeout=max(seconds, 0))
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=LETS_GO_WITHIN)
        task.add_done_callback(_heard)
        raise TimeoutError
    return task.result()


def _heard(task: asyncio.Task[Any]) -> None:
    """Nobody asks any more how it ended."""
    if not task.cancelled():
        task.exception()
