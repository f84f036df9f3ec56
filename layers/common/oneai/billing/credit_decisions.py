"""Decides whether payments buy their orders for credits: once, in the transaction that projects them."""

import json
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from oneai.billing.credit_facts import JudgedPayment
from oneai.billing.facts import Payment
from oneai.billing.record import BillingRecord
from oneai.postgres import db


async def decide(tx: db.Transaction, record: BillingRecord, payments: Sequence[tuple[UUID, Payment]]) -> None:
    """Adds the decisions about these payments, each with our id of its order for credits, to the record."""
    asked = [
        {
            "payment_id": str(payment.id),
            "order_id": str(order_id),
            "instrument": None if payment.instrument is None else payment.instrument.hex(),
        }
        for order_id, payment in payments
    ]
    (rejections,) = await tx.call("select oneai.judge_credit_payments(%s)", [json.dumps(asked)])
    by_id = {each.id: each for each in record.credit_orders.values()}
    for order_id, payment in payments:
        judged = JudgedPayment(payment.id, rejections[str(payment.id)], used_micro_usd=0, held_micro_usd=0)
        order = by_id[order_id]
        by_id[order_id] = replace(order, judged={**order.judged, payment.id: judged})
    record.credit_orders.update({each.order_id: each for each in by_id.values()})
