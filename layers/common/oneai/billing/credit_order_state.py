"""What became of an order for credits, for the page that waits for its payment."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.billing.credit_facts import CreditOrder
from oneai.billing.projection.offers import all_purchases
from oneai.billing.projection.orders import in_quarantine, payments_of
from oneai.billing.projection.payments import Rejection
from oneai.billing.record import BillingRecord
from oneai.billing.record_rows import load_record, moment
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

CreditOrderStatus = Literal["open", "expired", "paid", "checking", "refused"]
RefusedPayment = Literal["late", "paid_twice", "over_limit", "buying_blocked", "other_country"]

_REFUSED: dict[Rejection, RefusedPayment] = {
    "period_over": "late",
    "duplicate_payment": "paid_twice",
    "over_limit": "over_limit",
    "buying_blocked": "buying_blocked",
    "other_country": "other_country",
}


class CreditOrderState(BaseModel):
    """An order for credits, with what became of its payment."""

    order_id: UUID = Field(description="Our id of the order.")
    state: CreditOrderStatus = Field(
        description="`open`: it can be paid, or its payment is not known yet; `expired`: it was not paid in time; "
        "`paid`: the credits are there; `checking`: the payment is of another amount or currency, and we look at it; "
        "`refused`: the payment bought nothing, and goes back."
    )
    refused: RefusedPayment | None = Field(
        description="Why the payment bought nothing: it came after `expires_at`, it was the second one, or with it the "
        "card or account exceeds what it may buy, may buy nothing after a dispute, or is from another country than the "
        "billing address."
    )
    grant_id: UUID | None = Field(description="The credits that it brought; null unless it is paid.")
    credit_micro_usd: int = Field(description="The credits that it pays for.")
    bonus_micro_usd: int = Field(description="What comes with them without payment.")
    expires_at: datetime = Field(description="Until when it can be paid.")


async def read_order(principal: Principal, order_id: UUID) -> CreditOrderState:
    """What became of an order of the request's workspace, as far as is known now. Raises NotFound."""
    async with db.transaction() as tx:
        (loaded,) = await tx.call("select oneai.lock_and_load_billing(null, null, '{}', %s)", [principal.workspace_id])
    record = load_record(loaded["workspaces"][0])
    order = next((each for each in record.credit_orders.values() if each.id == order_id), None)
    if order is None:
        raise NotFound
    state, refused, grant_id = _outcome(record, order, moment(loaded["at"]))
    return CreditOrderState(
        order_id=order.id,
        state=state,
        refused=refused,
        grant_id=grant_id,
        credit_micro_usd=order.credit_micro_usd,
        bonus_micro_usd=order.bonus_micro_usd,
        expires_at=order.expires_at,
    )


def _outcome(
    record: BillingRecord, order: CreditOrder, now: datetime
) -> tuple[CreditOrderStatus, RefusedPayment | None, UUID | None]:
    found = [each for each in all_purchases(record) if each.order.id == order.order_id]
    for purchase in found:
        if purchase.rejection is None and purchase.payment.id in order.judged:
            return "paid", None, purchase.payment.id
    refused = next((each.rejection for each in found if each.rejection is not None), None)
    if refused is not None:
        return "refused", _REFUSED[refused], None
    paid = record.orders.get(order.order_id)
    if paid is not None and any(in_quarantine(paid, each) for each in payments_of(record, paid)):
        return "checking", None, None
    return ("expired" if now > order.expires_at and not found else "open"), None, None
