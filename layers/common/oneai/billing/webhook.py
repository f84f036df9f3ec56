"""The webhooks of payment providers, each with a path and a secret of its own: one verifies the signature, stores the
event, and only then processes it.

An event that cannot be stored is answered with 503, so that the provider sends it again. Once it is stored the answer
is always 200: a provider that is refused for a day disables the webhook, and a job retries a failed event. The provider
waits five seconds.
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

from oneai import log, metrics
from oneai.billing import processing, providers
from oneai.billing.event_batch import referenced_ids
from oneai.billing.facts import Event
from oneai.billing.providers.face import PaymentProvider
from oneai.billing_errors import InvalidSignature
from oneai.clients import secrets_manager
from oneai.errors import BodyTooLarge, Busy, NotFound, OneAIError
from oneai.postgres import db

BODY_BYTES = 1_000_000
STORE_SECONDS = 2.5
PROCESS_SECONDS = 3.0
ANSWER_SECONDS = 3.8
# How long a cancelled task may take to release its locks.
TASK_CANCEL_SECONDS = 0.3
# The kind of an event that could not be read.
UNREADABLE = "unreadable"
# Anyone can send unsigned events at any rate: they must not fill the log.
SECONDS_BETWEEN_REPORTS = 60
_unsigned: Counter[tuple[str, str]] = Counter()
_reported_at: dict[tuple[str, str], float] = {}


@dataclass(frozen=True)
class WebhookAnswer:
    """The outcome of an event. `stored`: there is nothing to do with it, or not yet."""

    status: Literal["applied", "stored", "unapplied", "duplicate"]


async def receive_webhook(payment_provider: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
    """Stores the provider's event with these raw bytes and processes it, unless it was processed before.

    Raises NotFound for a provider without a secret, BodyTooLarge, InvalidSignature, and Busy if it could not be stored.
    """
    began = time.monotonic()
    provider = await _configured(payment_provider, began + STORE_SECONDS)
    if len(body) > BODY_BYTES:
        raise BodyTooLarge
    event_id = _event_id(body, provider.event_id(body, headers))
    await _check(provider, event_id, body, headers, began + STORE_SECONDS)
    event = _parse(provider, event_id, body)
    unreadable = Event(provider.NAME, event_id, UNREADABLE, None)
    state = await _store(event or unreadable, body, began + STORE_SECONDS)
    if state == "kept":
        return WebhookAnswer("stored")
    if state not in ("new", "pending"):
        return WebhookAnswer("duplicate")
    # The id is not signed. For a known event, only the body stored under that id counts.
    deadline = began + ANSWER_SECONDS - TASK_CANCEL_SECONDS
    outcome = await _process(provider.NAME, event_id, event if state == "new" else None, deadline)
    return WebhookAnswer(processing.REPORTED[outcome])


async def _configured(name: str, deadline: float) -> PaymentProvider:
    """The provider, if it has a secret. Raises NotFound."""
    try:
        provider = providers.of(name)
    except providers.UnknownProvider:
        raise NotFound from None
    if provider.is_configured() or (await _secret_has_changed(deadline) and provider.is_configured()):
        return provider
    raise NotFound


async def _check(
    provider: PaymentProvider, event_id: str, body: bytes, headers: Mapping[str, str], deadline: float
) -> None:
    """Raises InvalidSignature, and Busy. What a signature proves for a time ends by the database's clock."""
    signature = provider.verify(body, headers)
    if signature.problem is not None and signature.may_be_newer and await _secret_has_changed(deadline):
        signature = provider.verify(body, headers)
    reason = signature.problem
    if reason is None and signature.problem_at is not None:
        reason = signature.problem_at(await _now(deadline))
    if reason is not None:
        _report_unsigned(provider.NAME, event_id, reason)
        raise InvalidSignature


def _report_unsigned(payment_provider: str, event_id: str, reason: str) -> None:
    """Emits one line and one metric per provider, reason and minute, with the count since the last one."""
    now, key = time.monotonic(), (payment_provider, reason)
    _unsigned[key] += 1
    if now - _reported_at.get(key, -SECONDS_BETWEEN_REPORTS) >= SECONDS_BETWEEN_REPORTS:
        _reported_at[key] = now
        times, detail = _unsigned.pop(key), {"event_id": event_id, "reason": reason}
        log.warning("an event was not signed with our secret", payment_provider=payment_provider, times=times, **detail)
        metrics.count(metrics.EVENTS_NOT_SIGNED, times, of=reason)


async def _secret_has_changed(deadline: float) -> bool:
    """Whether the secret changed since this process started; False if it cannot be read in time."""
    try:
        return await _with_timeout(_seconds_until(deadline), asyncio.to_thread(secrets_manager.refresh))
    except TimeoutError:
        log.warning("the secret could not be read in time")
        return False


def _event_id(body: bytes, header: str) -> str:
    """The provider's id; a hash of the body if it is missing or malformed."""
    valid = 0 < len(header) <= 200 and header.isascii() and header.isprintable()
    return header if valid else f"sha256:{hashlib.sha256(body).hexdigest()}"


def _parse(provider: PaymentProvider, event_id: str, body: bytes) -> Event | None:
    """The event's content; None if it cannot be read. The event is stored anyway."""
    try:
        return provider.observe(event_id, body)
    except ValueError:
        return None
    except Exception as error:  # noqa: BLE001  the event is stored with any content
        log.warning("an event could not be read", event_id=event_id, error=type(error).__name__)
        return None


async def _store(event: Event, body: bytes, deadline: float) -> str:
    """Commits the event, if it is new, and returns its previous state. Raises Busy."""
    try:
        return await _with_timeout(_seconds_until(deadline), _insert(event, body))
    except (OneAIError, TimeoutError) as error:
        log.exception("an event could not be stored", event_id=event.event_id)
        raise Busy(retry_after=2) from error


async def _insert(event: Event, body: bytes) -> str:
    # Only an event without a subscription is parked when it is stored. A subscription is usually known, and its user is
    # looked up under the locks. An unreadable event is never parked.
    ids = referenced_ids(event.observation, event)
    refs = None if event.kind == UNREADABLE or ids["subscriptions"] else json.dumps(ids)
    (state,) = await db.call(
        "select oneai.store_event(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            event.payment_provider,
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


async def _process(
    payment_provider: str, event_id: str, event: Event | None, deadline: float
) -> processing.EventOutcome:
    """Never fails and never takes longer: an event that is not processed in time remains pending, and the job does the
    rest of its follow-up."""
    try:
        result = await _with_timeout(
            min(PROCESS_SECONDS, _seconds_until(deadline)),
            processing.process_event(payment_provider, event_id, event=event),
        )
    except Exception as error:  # noqa: BLE001  one poisonous event must not cost us all others
        log.exception("an event could not be applied", event_id=event_id)
        with suppress(TimeoutError):
            await _with_timeout(TASK_CANCEL_SECONDS, processing.save_problem(payment_provider, event_id, error))
        return "pending"
    if result.sync_requests:
        with suppress(TimeoutError):
            await _with_timeout(_seconds_until(deadline), processing.follow_up(result))
    return result.outcome


async def _now(deadline: float) -> datetime:
    try:
        (now,) = await _with_timeout(_seconds_until(deadline), db.call("select oneai.now()", [], idempotent=True))
    except TimeoutError as error:
        raise Busy(retry_after=2) from error
    moment: datetime = now
    return moment


def _seconds_until(deadline: float) -> float:
    """Seconds until the deadline, a moment of `time.monotonic`."""
    return deadline - time.monotonic()


async def _with_timeout[T](seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, or TimeoutError, because a frozen database does not even cancel a query."""
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait({task}, timeout=max(seconds, 0))
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=TASK_CANCEL_SECONDS)
        task.add_done_callback(_consume_result)
        raise TimeoutError
    return task.result()


def _consume_result(task: asyncio.Task[Any]) -> None:
    """Reads an abandoned task's exception, or asyncio logs it as never retrieved."""
    if not task.cancelled():
        task.exception()
