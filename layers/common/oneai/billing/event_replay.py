"""The payment provider's events as they were stored, for operators: listed, shown and replayed.

A replay grants and refunds nothing twice: facts that are known already change nothing.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from oneai.billing import processing
from oneai.billing.processing import EventOutcome
from oneai.billing.provider import PROVIDER
from oneai.errors import NotFound
from oneai.postgres.operators import OperatorConnection, fetch_all, fetch_one, fetch_values


@dataclass
class ListedEvent:
    """An event without its body; the references are the provider's ids."""

    event_id: str
    kind: str
    received_at: datetime
    state: str
    attempts: int
    problem: str | None
    subscription_ref: str | None
    payment_ref: str | None


@dataclass
class StoredEvent:
    """An event with its body, which is empty after retention, or the erasure of the payer's account, removed it."""

    event_id: str
    kind: str
    received_at: datetime
    state: str
    processed_at: datetime | None
    attempts: int
    problem: str | None
    body: bytes


def list_events(connection: OperatorConnection, *, include_processed: bool, limit: int) -> list[ListedEvent]:
    """The newest `limit` events, oldest first; with or without those that are processed."""
    return fetch_all(
        connection,
        """
        select * from (
          select event_id, kind, received_at, state, attempts, problem, subscription_ref, payment_ref
          from oneai.provider_events where payment_provider = %s and (%s or state <> 'processed')
          order by received_at desc, event_id limit %s) as newest
        order by received_at, event_id
        """,
        [PROVIDER, include_processed, limit],
        ListedEvent,
    )


def find_event(connection: OperatorConnection, event_id: str) -> StoredEvent:
    """The event with its body. Raises NotFound."""
    event = fetch_one(
        connection,
        """
        select event_id, kind, received_at, state, processed_at, attempts, problem, body
        from oneai.provider_events where payment_provider = %s and event_id = %s
        """,
        [PROVIDER, event_id],
        StoredEvent,
    )
    if event is None:
        raise _not_found(event_id)
    return event


def requeue(connection: OperatorConnection, event_id: str | None) -> list[str]:
    """Makes an event pending again, whatever its state; returns its id, or with None the ids of all that are pending.

    Raises NotFound if there is no such event or its body is gone.
    """
    event_ids: list[str] = fetch_values(
        connection,
        """
        update oneai.provider_events set state = 'pending'
        where payment_provider = %(provider)s and body <> ''
          and case when %(event)s::text is null then state = 'pending' else event_id = %(event)s end
        returning event_id
        """,
        {"provider": PROVIDER, "event": event_id},
    )
    if event_id is not None and not event_ids:
        raise _not_found(event_id)
    return event_ids


async def replay(event_ids: Iterable[str]) -> AsyncIterator[tuple[str, EventOutcome]]:
    """Processes events that `requeue` returned, one by one; each with what became of it."""
    for event_id in event_ids:
        yield event_id, await processing.process_and_follow_up(event_id, source="reconciliation")


def _not_found(event_id: str) -> NotFound:
    return NotFound(f"There is no event {event_id} that could be applied.")
