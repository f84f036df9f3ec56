"""Cancelling: at the end of the period, which can be taken back for a while, or at once and with money back.

The end of the period is ours: the provider hears of it 72 hours before, since nobody can undo what it was told.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing import processing, soon
from oneai.billing.facts import Currency
from oneai.billing.merge import SyncRequest
from oneai.billing.subscriptions.current import CurrentSubscription, current, live
from oneai.billing.subscriptions.refund_terms import RefundSettings, RefundTerms, explanation
from oneai.errors import SubscriptionNotChangeable
from oneai.postgres import db
from oneai.postgres.db import Person


class Cancellation(BaseModel):
    """The body of `POST /api/subscription/cancel`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    at_period_end: bool = Field(default=True, description="`false` cancels at once, with a refund where one is due.")
    reason: str | None = Field(
        default=None, max_length=500, pattern=r"^[^\x00]*$", description="For the operators to read."
    )


class CancellationPreview(BaseModel):
    """What cancelling would do just now.

    There are several payments where a plan was changed in place. What comes back of each is the least share that is
    left of its time and of every quota it pays for.
    """

    ends_at: datetime = Field(description="When access to the plan would end.")
    refund_amount: int = Field(description="What would be refunded, in the currency's smallest unit (paise, cents).")
    currency: Currency = Field(description="The currency of both amounts.")
    paid_amount: int = Field(description="What was paid for the running period, in the smallest unit.")
    unused_time: float = Field(description="The share of the period, from 0 to 1, that would be left.")
    refundable_until: datetime | None = Field(
        description="Until when cancelling at once brings a refund; null without any payment."
    )
    limited_by: str | None = Field(
        description="What limits the refund: `time`, or the key of a quota. Null where access goes on to the end of "
        "the period, or nothing that was paid for runs."
    )
    explanation: str | None = Field(description="The same in a sentence.")


class _Ended(RefundTerms):
    """What `oneai.end_subscription` says."""

    currency: Currency
    paid_amount: int
    period_start: datetime | None
    period_end: datetime | None
    at: datetime
    refundable_until: datetime | None


class _Call(BaseModel):
    call: UUID | None
    due: bool


async def preview(person: Person, wanted: Cancellation) -> CancellationPreview:
    """Changes nothing. Raises SubscriptionNotChangeable."""
    await _hear(person)
    told = await _end(person, None, preview=True)
    having = await live(person) if wanted.at_period_end else None
    later = having.good_until if having else None
    left = 0.0
    if later is None and told.period_start and told.period_end and told.period_start < told.period_end:
        left = (told.period_end - told.at) / (told.period_end - told.period_start)
    return CancellationPreview(
        ends_at=later or told.at,
        refund_amount=0 if later else told.refund_amount,
        currency=told.currency,
        paid_amount=told.paid_amount,
        unused_time=round(min(max(left, 0.0), 1.0), 6),
        refundable_until=told.refundable_until,
        limited_by=None if later else told.limited_by,
        explanation=None if later else explanation(told, settings.read(RefundSettings).refund_days),
    )


async def cancel(person: Person, wanted: Cancellation) -> CurrentSubscription:
    """Cancels; again changes nothing. Where no paid time is left, the end of the period is now.

    Raises SubscriptionNotChangeable.
    """
    await _hear(person)
    if not (wanted.at_period_end and await _at_period_end(person, wanted.reason)):
        await _at_once(person, wanted.reason)
    return await current(person)


async def undo(person: Person) -> CurrentSubscription:
    """Takes the cancellation back. Raises CancellationFinal, and SubscriptionNotChangeable where there is none."""
    await db.call("select oneai.undo_cancellation(%s)", [person.user_id])
    return await current(person)


async def _hear(person: Person) -> None:
    """Where no period runs that is paid for, the next one may have been, and nobody have said so: asks first."""
    having = await live(person)
    if having is not None and having.good_until is None:
        await processing.look(SyncRequest(having.ref, deep=True), found_by="request", seconds=soon.FEW_SECONDS)


async def _at_period_end(person: Person, reason: str | None) -> bool:
    """Whether there is a period whose end to wait for."""
    (told,) = await db.call("select oneai.request_cancellation(%s, %s)", [person.user_id, reason], idempotent=True)
    if told is None:
        return False
    call = _Call.model_validate(told)
    if call.due and call.call is not None:
        await soon.make([call.call])
    return True


async def _at_once(person: Person, reason: str | None) -> None:
    """Access ends first, whatever becomes of the calls: the job makes them where we could not."""
    await _end(person, reason, preview=False)
    await processing.refresh(person.user_id, found_by="request")
    await soon.make(await _waiting(person))


async def _end(person: Person, reason: str | None, *, preview: bool) -> _Ended:
    days = settings.read(RefundSettings).refund_days
    row = await db.call("select oneai.end_subscription(%s, %s, %s, %s)", [person.user_id, reason, days, preview])
    if row is None:
        raise SubscriptionNotChangeable
    return _Ended.model_validate(row[0])


@dataclass
class _Waiting:
    id: UUID


async def _waiting(person: Person) -> list[UUID]:
    """The calls that end somebody's subscriptions and give back money, and are due."""
    found = await db.as_service(
        """
        select c.id from oneai.provider_operations as c join oneai.subscriptions as s on s.id = c.subscription_id
        where s.user_id = %s and c.state = 'pending' and c.due_at <= oneai.now() order by c.created_at, c.kind
        """,
        [person.user_id],
        _Waiting,
    )
    return [each.id for each in found]
