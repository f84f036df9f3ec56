"""Payments: list them, release them from quarantine, and preview and make refunds."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from oneai import billing
from oneai.admin import pages
from oneai.admin.act import Actor, ActReason, act
from oneai.admin.offers import Reference
from oneai.admin.provider_operations import ProviderOperation, find_operation
from oneai.billing.provider_operations import run_now
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.record import BANK_TRANSFER
from oneai.errors import NotFound
from oneai.field_errors import invalid
from oneai.postgres import db


class Payment(BaseModel):
    """A payment with its refunds. Amounts are in the currency's smallest unit."""

    id: UUID = Field(description="Its id.")
    payment_provider: str = Field(description="Who took it, such as `razorpay`.")
    ref: str = Field(description="The provider's id, which another provider may use too.")
    user_id: UUID = Field(description="The payer; a random id for an erased user.")
    email: str | None = Field(description="The payer's email address.")
    subscription_id: UUID | None = Field(description="The subscription that it pays for.")
    order_id: UUID | None = Field(description="The one-time order that it pays for.")
    amount: int = Field(description="The amount paid.")
    currency: str = Field(description="Of all amounts.")
    status: str = Field(description="`authorized`, `captured`, `failed`, `refunded` or `disputed`.")
    captured_at: datetime | None = Field(description="When it was captured.")
    created_at: datetime = Field(description="When we first received it.")
    period_start: datetime | None = Field(description="The start of the period that it pays for.")
    period_end: datetime | None = Field(description="Its end.")
    quarantined: bool = Field(description="Whether it matches nothing that was sold, so that it gives no access.")
    plan_id: str | None = Field(description="The plan of its subscription.")
    period: str | None = Field(description="`monthly` or `yearly`.")
    expected: int | None = Field(description="The price of its subscription.")
    expected_currency: str | None = Field(description="Of that price.")
    invoiced_amount: int | None = Field(description="The amount of the provider's invoice.")
    refunded: int = Field(description="The amount refunded.")
    refund_pending: int = Field(description="The amount of pending refunds.")


class PaymentPage(BaseModel):
    """A page of payments."""

    items: list[Payment] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class RefundPreview(BaseModel):
    """What a refund would do. A preview changes nothing."""

    payment: Payment = Field(description="The payment.")
    refundable_amount: int = Field(
        description="The maximum refund, without pending refunds. The refund request repeats it, so that changes since "
        "the preview are detected."
    )
    minimum_amount: int = Field(description="The minimum refund at the provider.")
    ends_access: bool = Field(description="Whether a full refund ends the access that it pays for now.")


class NewRefund(ActReason):
    """The body of `POST /api/admin/payments/{id}/refund`."""

    amount: int = Field(ge=1, le=10**12, description="The amount, in the currency's smallest unit.")
    refundable_amount: int = Field(
        ge=0,
        le=10**12,
        description="From the preview. The answer is 412 if it has changed since, for example by this refund.",
    )
    reference: Reference | None = Field(
        default=None,
        description="The bank's reference, if the money was already sent back by bank to the account that paid. The "
        "refund is then recorded, and the payment provider is not asked.",
    )


class _RefundableRow(BaseModel):
    amount: int


class _NamedPayment(BaseModel):
    id: UUID
    name: str


COLUMNS: LiteralString = """
    p.id, p.payment_provider, p.provider_payment_id as ref, p.workspace_id as user_id, u.email, p.subscription_id,
    p.order_id, p.amount, p.currency,
    p.status, p.captured_at, p.created_at, p.period_start, p.period_end,
    p.quarantined_at is not null and p.released_at is null as quarantined, s.plan_id, s.period,
    s.amount * s.quantity as expected, s.currency as expected_currency, p.invoiced_amount,
    (select coalesce(sum(r.amount) filter (where r.status = 'processed'), 0)::bigint from oneai.refunds as r
      where r.payment_id = p.id) as refunded,
    (select coalesce(sum(r.amount) filter (where r.status = 'pending'), 0)::bigint from oneai.refunds as r
      where r.payment_id = p.id) as refund_pending
"""
JOINED: LiteralString = """
    oneai.payments as p left join oneai.subscriptions as s on s.id = p.subscription_id
    left join oneai.users as u on u.id = p.workspace_id
"""


async def list_payments(*, quarantined: bool, cursor: str | None, limit: int) -> PaymentPage:
    """Returns a page of payments, all of them or only those in quarantine."""
    at, last = pages.after_time(cursor)
    only: LiteralString = "and p.quarantined_at is not null and p.released_at is null" if quarantined else ""
    after: LiteralString = "and (p.created_at, p.id) < (%s, %s)" if at is not None else ""
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from {JOINED} where true {only} {after} order by p.created_at desc, p.id desc limit %s
        """,
        [*([at, last] if after else []), limit + 1],
        Payment,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return PaymentPage(items=items, next_cursor=following)


async def payments_of(user_id: UUID, limit: int) -> list[Payment]:
    """The user's newest payments."""
    return await db.as_admin(
        f"select {COLUMNS} from {JOINED} where p.workspace_id = %s order by p.created_at desc, p.id desc limit %s",
        [user_id, limit],
        Payment,
    )


async def release(actor: Actor, payment: str, reason: str) -> UUID:
    """Accepts a quarantined payment as if it had been sold. Returns the payer's id.

    `payment` is our id, or a provider's name and id: `razorpay/pay_3nDpF7`. A provider's id alone is enough if no other
    provider has a quarantined payment with it. Raises NotFound if none is quarantined, or several are.
    """
    payment_id = await _quarantined(payment)
    async with act(actor, reason) as running:
        row = await running.call(
            """
            update oneai.payments set released_at = oneai.now(), metadata = metadata || %s
            where id = %s and quarantined_at is not null and released_at is null
            returning workspace_id
            """,
            [Jsonb({"released_for": reason}), payment_id],
        )
        if row is None:
            raise NotFound(f"{payment} is not quarantined.")
        user_id: UUID = row[0]
        await running.record("payment.release", user_id=user_id, target=("payment", payment))
    await billing.reproject(user_id, source="operator")
    return user_id


async def _quarantined(payment: str) -> UUID:
    """Our id of the quarantined payment that is named. Raises NotFound."""
    found = await db.as_admin(
        """
        select id, payment_provider || '/' || provider_payment_id as name from oneai.payments
        where %s in (id::text, provider_payment_id, payment_provider || '/' || provider_payment_id)
          and quarantined_at is not null and released_at is null
        order by name
        """,
        [payment],
        _NamedPayment,
    )
    if len(found) > 1:
        raise NotFound(f"Several payments are called {payment}. Name one of {', '.join(each.name for each in found)}.")
    if not found:
        raise NotFound(f"{payment} is not quarantined.")
    return found[0].id


async def preview_refund(payment_id: UUID) -> RefundPreview:
    """Returns what can be refunded of a payment. Raises NotFound."""
    rows = await db.as_admin(f"select {COLUMNS} from {JOINED} where p.id = %s", [payment_id], Payment)
    if not rows:
        raise NotFound
    payment = rows[0]
    (refundable,) = await db.as_admin(
        "select oneai.refundable_amount(p) as amount from oneai.payments as p where p.id = %s",
        [payment_id],
        _RefundableRow,
    )
    (now,) = await db.call("select oneai.now()", [], idempotent=True)
    return RefundPreview(
        payment=payment,
        refundable_amount=refundable.amount if payment.subscription_id or payment.order_id else 0,
        minimum_amount=_least_refund(payment),
        ends_access=payment.period_end is not None and payment.period_end > now and not payment.quarantined,
    )


async def refund(actor: Actor, payment_id: UUID, new: NewRefund) -> ProviderOperation:
    """Refunds part or all of a payment, once, and returns the operation. The job continues it if the provider does not
    answer in time. With the reference of a bank transfer it is only recorded.

    Raises NotFound, PreconditionFailed if another refund was made since the preview, and InvalidRequest for an amount
    that cannot be refunded, and for a transfer that is recorded already.
    """
    preview = await preview_refund(payment_id)
    if not (preview.payment.subscription_id or preview.payment.order_id):
        raise invalid("id", "wrong_state", "It pays for nothing that we sold. Refund it at the payment provider.")
    async with act(actor, new.reason) as running:
        function: LiteralString = "refund_payment" if new.reference is None else "record_bank_refund"
        (operation_id,) = await running.call(
            f"select oneai.{function}(%s, %s, %s, %s)",
            [payment_id, new.amount, new.refundable_amount, new.reference or preview.minimum_amount],
        )
        await running.record(
            "payment.refund",
            user_id=preview.payment.user_id,
            target=("payment", payment_id),
            amount=new.amount,
            currency=preview.payment.currency,
            operation=operation_id,
            **({} if new.reference is None else {"reference": new.reference}),
        )
    if new.reference is None:
        await run_now([operation_id])
    else:
        await billing.reproject(preview.payment.user_id, source="operator")
    return await find_operation(operation_id)


def _least_refund(payment: Payment) -> int:
    """The smallest refund of a payment: its provider's, and one unit where operators make it at their bank."""
    if payment.payment_provider == BANK_TRANSFER:
        return 1
    return capabilities_of(payment.payment_provider).minimum_refund
