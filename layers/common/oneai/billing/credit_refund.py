"""Refunding bought credits: a preview and the request, which compute the same terms."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing import processing, provider_operations
from oneai.billing.credit_facts import CreditOrder
from oneai.billing.facts import Payment
from oneai.billing.projection import bought_credits, payments
from oneai.billing.projection.policy import (
    CREDIT_REFUND_EVERY,
    CREDIT_REFUND_MOST,
    CREDITS_LAST_MONTHS,
    BillingPolicy,
)
from oneai.billing.projection.spans import add_months
from oneai.billing.record import BillingRecord
from oneai.billing.record_rows import load_record, moment
from oneai.billing_errors import CreditsNotRefundable
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

type NoRefund = Literal["ended", "disputed", "too_late", "too_soon", "too_large", "nothing_left"]

_SENTENCES: dict[NoRefund, str] = {
    "ended": "These credits have ended.",
    "disputed": "The payment of these credits is in dispute.",
    "too_late": "There is no refund later than {days} days after a payment.",
    "too_soon": "You had a refund of credits within the last 90 days. Please contact us about another one.",
    "too_large": "Please contact us about a refund of more than 200 dollars of credits.",
    "nothing_left": "Nothing is left to refund: you used as much as you paid for, with the bonus.",
}


class CreditRefundRequest(BaseModel):
    """The body of `POST /api/credits/refund`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    grant_id: UUID = Field(strict=False, description="A bought grant, an id from `GET /credits/balance`.")


class CreditRefundPreview(BaseModel):
    """What the refund of bought credits is, or would be. It ends the credits and their bonus."""

    grant_id: UUID = Field(description="The grant.")
    amount: int = Field(
        description="What goes back to the payment, in the smallest unit: the price less the share that was used."
    )
    currency: str = Field(description="The currency of the amount.")
    refunded_micro_usd: int = Field(description="The credits whose price goes back.")
    used_micro_usd: int = Field(description="What was used of the credits and of their bonus.")
    held_micro_usd: int = Field(
        description="What answers hold that have not ended. It counts as used here; what they give back is refunded "
        "too."
    )
    refundable_until: datetime = Field(description="Until when a refund can be requested.")
    requested_at: datetime | None = Field(description="When it was requested.")
    refused: NoRefund | None = Field(description="Why there is no refund; null if there is one.")
    explanation: str | None = Field(description="The reason as a sentence.")


async def preview_refund(principal: Principal, grant_id: UUID) -> CreditRefundPreview:
    """The refund of a grant as of now. Read-only. Raises NotFound for a grant that was not bought here."""
    async with db.transaction() as tx:
        (found,) = await tx.call("select oneai.refundable_credit_order(%s, %s)", [principal.workspace_id, grant_id])
        (loaded,) = await tx.call("select oneai.lock_and_load_billing(null, null, '{}', %s)", [principal.workspace_id])
    return _terms(load_record(loaded["workspaces"][0]), moment(loaded["at"]), found, grant_id)


async def refund_credits(principal: Principal, request: CreditRefundRequest) -> CreditRefundPreview:
    """Ends the credits, and refunds their price less what was used, once no answer holds them; idempotent.

    Raises NotFound for a grant that was not bought here, and CreditsNotRefundable with the reason.
    """
    made: list[CreditRefundPreview] = []

    def check(record: BillingRecord, now: datetime, found: Any) -> None:
        terms = _terms(record, now, found, request.grant_id)
        if terms.refused is not None:
            raise CreditsNotRefundable(terms.explanation, refused=terms.refused)
        made.append(terms)

    await processing.record_wish(
        principal.workspace_id,
        "select oneai.request_credit_refund(%s, %s, %s)",
        [principal.user_id, principal.workspace_id, request.grant_id],
        check=check,
    )
    await provider_operations.run_of_payment(request.grant_id)
    return made[-1]


def _terms(record: BillingRecord, now: datetime, found: dict[str, Any], grant_id: UUID) -> CreditRefundPreview:
    order = record.credit_orders[UUID(found["order_id"])]
    payment = next((each for each in record.payments.values() if each.id == grant_id), None)
    if payment is None:
        raise NotFound
    policy, terms = settings.read(BillingPolicy), bought_credits.refund_terms(record, order, payment)
    at = order.refund_requested_at or now
    refused = _refused(record, order, payment, at, policy) or _refused_by_history(order, found, at)
    if refused is None and terms.amount == 0 and not found["requested"]:
        refused = "nothing_left"
    return CreditRefundPreview(
        grant_id=grant_id,
        amount=0 if refused else terms.amount,
        currency=payment.currency,
        refunded_micro_usd=0 if refused else terms.credit_micro_usd,
        used_micro_usd=terms.used_micro_usd,
        held_micro_usd=terms.held_micro_usd,
        refundable_until=payment.at + policy.refunded_within,
        requested_at=order.refund_requested_at,
        refused=refused,
        explanation=None if refused is None else _SENTENCES[refused].format(days=policy.refund_days),
    )


def _refused(
    record: BillingRecord, order: CreditOrder, payment: Payment, at: datetime, policy: BillingPolicy
) -> NoRefund | None:
    if payments.disputed(record, payment):
        return "disputed"
    ended = bought_credits.ended_by(record, order, payment, policy) not in (None, "refund")
    if ended or at >= add_months(payment.at, CREDITS_LAST_MONTHS):
        return "ended"
    return "too_late" if at > payment.at + policy.refunded_within else None


def _refused_by_history(order: CreditOrder, found: dict[str, Any], at: datetime) -> NoRefund | None:
    """By the last refund of the buyer, the instrument or the billing address, and by the size of this one."""
    last = found["last_refund_at"]
    if last is not None and at < moment(last) + CREDIT_REFUND_EVERY:
        return "too_soon"
    return "too_large" if order.credit_micro_usd > CREDIT_REFUND_MOST else None
