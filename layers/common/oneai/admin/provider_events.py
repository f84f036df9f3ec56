"""The payment provider's events as they were stored: list, show and replay them.

A replay never grants or refunds twice, because known facts change nothing.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Literal, LiteralString, NamedTuple

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Actor, act
from oneai.billing import processing
from oneai.billing.processing import EventOutcome
from oneai.errors import NotFound
from oneai.postgres import db

type EventState = Literal["pending", "parked", "processed", "unprocessed"]


class ListedProviderEvent(BaseModel):
    """An event without its body; the references are the provider's ids."""

    payment_provider: str = Field(description="The provider, such as `razorpay`.")
    event_id: str = Field(description="The provider's id of the event.")
    kind: str = Field(description="Such as `subscription.charged`.")
    received_at: datetime = Field(description="When it was received.")
    state: str = Field(description="`pending`, `parked` (what it refers to is unknown), or `processed`.")
    processed_at: datetime | None = Field(description="When it was processed.")
    attempts: int = Field(description="The number of failed attempts.")
    problem: str | None = Field(description="Why the last attempt failed.")
    subscription_ref: str | None = Field(description="The subscription it is about.")
    payment_ref: str | None = Field(description="The payment it is about.")


class ProviderEventPage(BaseModel):
    """A page of events."""

    items: list[ListedProviderEvent] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ProviderEvent(ListedProviderEvent):
    """An event with its body."""

    body: str = Field(description="As received; empty after its retention period or after the payer's erasure.")


class _EventRow(ListedProviderEvent):
    body: bytes


class ReplayedEvent(BaseModel):
    """The result of a replay."""

    outcome: EventOutcome = Field(description="Its state afterwards.")


COLUMNS: LiteralString = (
    "payment_provider, event_id, kind, received_at, state, processed_at, attempts, problem, "
    "subscription_ref, payment_ref"
)


async def list_events(state: EventState | None, cursor: str | None, limit: int) -> ProviderEventPage:
    """Returns a page of events, of one state or all."""
    at, last = pages.after_named_time(cursor)
    after: LiteralString = "and (received_at, event_id) < (%s, %s)" if at is not None else ""
    of_state: LiteralString = ""
    if state is not None:
        of_state = "and state in ('pending', 'parked')" if state == "unprocessed" else "and state = %s"
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from oneai.provider_events where true {of_state} {after}
        order by received_at desc, event_id desc limit %s
        """,
        [*([state] if "%s" in of_state else []), *([at, last] if after else []), limit + 1],
        ListedProviderEvent,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.received_at.isoformat(), row.event_id))
    return ProviderEventPage(items=items, next_cursor=following)


async def find_event(event_id: str) -> ProviderEvent:
    """Returns the event with its body; the newest one, if several providers use this id. Raises NotFound."""
    rows = await db.as_admin(
        f"""
        select {COLUMNS}, body from oneai.provider_events where event_id = %s order by received_at desc limit 1
        """,
        [event_id],
        _EventRow,
    )
    if not rows:
        raise NotFound(f"There is no event {event_id}.")
    return ProviderEvent(**rows[0].model_dump(exclude={"body"}), body=rows[0].body.decode(errors="replace"))


class QueuedEvent(NamedTuple):
    """An event to process, as its provider names it."""

    payment_provider: str
    event_id: str


async def requeue(actor: Actor, event_id: str | None, reason: str | None) -> list[QueuedEvent]:
    """Makes an event pending again, in any state, and returns it; with None, all pending events. An id that several
    providers use names all their events.

    Raises NotFound if there is no such event or its body was deleted.
    """
    async with act(actor, reason) as running:
        (found,) = await running.call(
            """
            with requeued as (
              update oneai.provider_events set state = 'pending'
              where body <> '' and case when %s::text is null then state = 'pending' else event_id = %s end
              returning payment_provider, event_id
            )
            select coalesce(jsonb_agg(jsonb_build_array(payment_provider, event_id) order by event_id), '[]')
            from requeued
            """,
            [event_id, event_id],
        )
        if event_id is not None and not found:
            raise NotFound(f"There is no event {event_id} that could be applied.")
        if found:
            await running.record(
                "provider_event.replay", target=("provider_event", event_id or "pending"), events=len(found)
            )
    return [QueuedEvent(*each) for each in found]


async def process(events: Iterable[QueuedEvent]) -> AsyncIterator[tuple[str, EventOutcome]]:
    """Processes events that `requeue` returned, one by one, and yields each id with its outcome."""
    for each in events:
        yield each.event_id, await processing.process_and_follow_up(*each, source="reconciliation")


async def replay(actor: Actor, event_id: str, reason: str) -> ReplayedEvent:
    """Processes an event again. Raises NotFound if there is no such event or its body was deleted."""
    outcomes = [
        await processing.process_and_follow_up(*each, source="operator")
        for each in await requeue(actor, event_id, reason)
    ]
    return ReplayedEvent(outcome=outcomes[-1])
