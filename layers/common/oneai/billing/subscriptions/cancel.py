"""Cancellation: at the end of the period, which can be undone for a while, or immediately and with a refund.

We track the end of the period ourselves. The provider receives the cancellation as late as it can
(`Capabilities.cancelled_before_end`), because not every provider can undo one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.billing import processing, provider_operations
from oneai.billing.facts import Currency, SyncRequest
from oneai.billing.projection import prepaid
from oneai.billing.projection.payments import PaidPeriod
from oneai.billing.projection.refunds import RefundAmounts
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.subscriptions.current import CurrentSubscription, Payer, current_subscription, manageable
from oneai.billing.subscriptions.refund_preview import RefundPreview, preview_refund
from oneai.billing_errors import SubscriptionNotChangeable
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_lines


@dataclass(frozen=True, slots=True)
class _Workspace:
    """The workspace whose subscription a job ends."""

    workspace_id: UUID


# A virtual account, or a payment that was too long ago for its method.
CANNOT_GO_BACK = (
    "The way you paid cannot be refunded. If you change to another plan instead, the rest becomes time of that plan."
)
AS_CREDITS = "The way you paid cannot be refunded. The rest becomes credits."


class Cancellation(BaseModel):
    """The body of `POST /api/subscription/cancel`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    at_period_end: bool = Field(default=True, description="`false` cancels immediately, with a refund if one is due.")
    rest_as_credits: bool = Field(
        default=False,
        description="With `at_period_end: false`: what cannot go back to where it came from becomes credits.",
    )
    reason: Annotated[str, Field(max_length=500), AfterValidator(clean_lines)] | None = Field(
        default=None, description="The user's reason, for operators."
    )


class CancellationPreview(BaseModel):
    """What a cancellation would do now.

    There are several payments if a plan was changed in place. The refund of each is the smallest unused share of its
    time and of every quota that it pays for.
    """

    ends_at: datetime = Field(description="When access to the plan would end.")
    undoable_until: datetime | None = Field(
        description="Until when the cancellation could be undone; null for one that would end the plan immediately. "
        "A time that has passed means that it would be final."
    )
    refund_amount: int = Field(
        description="The amount that would be refunded, in the currency's smallest unit (paise, cents)."
    )
    currency: Currency = Field(description="The currency of both amounts.")
    paid_amount: int = Field(description="The amount paid for the current period, in the smallest unit.")
    unused_time: float = Field(description="The share of the period, from 0 to 1, that would be left.")
    refundable_until: datetime | None = Field(
        description="Until when an immediate cancellation gives a refund; null without any payment."
    )
    limited_by: str | None = Field(
        description="What limits the refund: `time`, or the key of a quota. Null if access continues to the end of "
        "the period, or no paid period is running."
    )
    explanation: str | None = Field(description="The limit as a sentence.")
    kept_amount: int = Field(
        default=0, description="What would be due too, but cannot go back by the way it was paid, in the smallest unit."
    )
    credit_micro_usd: int | None = Field(
        default=None, description="The credits that `kept_amount` becomes with `rest_as_credits`; null without any."
    )


async def preview_cancellation(principal: Principal, cancellation: Cancellation) -> CancellationPreview:
    """Returns what a cancellation would do. Read-only. Raises SubscriptionNotChangeable."""
    await _sync_if_unpaid(principal)
    subscription = await manageable(principal)
    if subscription is None:
        raise SubscriptionNotChangeable
    refund = await preview_refund(principal, subscription.id, RefundAmounts.on_cancellation)
    later = subscription.paid_through if cancellation.at_period_end else None
    kept = 0 if later else refund.kept
    cannot_go_back = AS_CREDITS if cancellation.rest_as_credits else CANNOT_GO_BACK
    return CancellationPreview(
        ends_at=later or refund.at,
        undoable_until=later and later - capabilities_of(subscription.payment_provider).cancelled_before_end,
        refund_amount=0 if later else refund.amount,
        currency=subscription.currency,
        paid_amount=sum(each.payment.amount for each in _running(refund)),
        unused_time=0.0 if later else _unused_time(refund),
        refundable_until=refund.refundable_until,
        limited_by=None if later else refund.limited_by,
        explanation=None if later else cannot_go_back if kept else refund.explanation,
        kept_amount=kept,
        credit_micro_usd=await _credits_of(kept, subscription.currency) if kept else None,
    )


async def _credits_of(amount: int, currency: Currency) -> int | None:
    """The credits that an amount is worth; None in a currency in which they have no price."""
    (worth,) = await db.call("select oneai.credits_of_rest(%s, %s)", [amount, currency], idempotent=True)
    return None if worth is None else int(worth)


def _running(refund: RefundPreview) -> list[PaidPeriod]:
    """The paid periods that have started."""
    return [each for each in refund.charges if not prepaid.is_ahead(each, refund.at)]


def _unused_time(refund: RefundPreview) -> float:
    """The unused share of the running period."""
    charges = _running(refund)
    if not charges:
        return 0.0
    start, end = min(each.start for each in charges), max(each.end for each in charges)
    return round(min(max((end - refund.at) / (end - start), 0.0), 1.0), 6)


async def cancel_subscription(principal: Principal, cancellation: Cancellation) -> CurrentSubscription:
    """Cancels the subscription. Idempotent. Without remaining paid time, the period ends now.

    Raises SubscriptionNotChangeable.
    """
    await _sync_if_unpaid(principal)
    if not (cancellation.at_period_end and await _at_period_end(principal, cancellation.reason)):
        await _at_once(principal, cancellation.reason, rest_as_credits=cancellation.rest_as_credits)
    return await current_subscription(principal)


async def end_subscription(workspace_id: UUID) -> None:
    """Ends the workspace's subscription immediately, with the refund that follows, for a job that acts for no user.

    Raises SubscriptionNotChangeable.
    """
    payer = _Workspace(workspace_id)
    await _sync_if_unpaid(payer)
    await _at_once(payer, None)


async def undo_cancellation(principal: Principal) -> CurrentSubscription:
    """Undoes the cancellation. Raises CancellationFinal, and SubscriptionNotChangeable if there is none."""
    await processing.record_wish(
        principal.workspace_id,
        "select oneai.undo_cancellation(%s, %s)",
        [principal.user_id, principal.workspace_id],
    )
    return await current_subscription(principal)


async def _sync_if_unpaid(payer: Payer) -> None:
    """Syncs first if no paid period is running, because the next one may have been paid without an event."""
    subscription = await manageable(payer)
    if subscription is not None and subscription.paid_through is None:
        await processing.sync(
            SyncRequest(subscription.payment_provider, subscription.ref, with_payments=True),
            source="request",
            seconds=provider_operations.SHORT_SECONDS,
        )


async def _at_period_end(principal: Principal, reason: str | None) -> bool:
    """Cancels at the end of the period. Returns False if there is no period end to wait for."""
    waits = await processing.record_wish(
        principal.workspace_id, "select oneai.request_cancellation(%s, %s)", [principal.workspace_id, reason]
    )
    if waits:
        await provider_operations.run_pending(principal.workspace_id, kinds=["cancel_at_period_end"])
    return bool(waits)


async def _at_once(payer: Payer, reason: str | None, *, rest_as_credits: bool = False) -> None:
    """Ends access first, before any operation; the job makes operations that fail here."""
    await processing.record_wish(
        payer.workspace_id,
        "select oneai.end_subscription(%s, %s, %s)",
        [payer.workspace_id, reason, rest_as_credits],
    )
    await provider_operations.run_pending(payer.workspace_id)
