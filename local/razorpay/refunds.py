"""Money goes back, asked for once per key, and payments are questioned by a bank."""

import json

from local.razorpay import event_payloads
from local.razorpay.refusals import REUSED_KEY, Refused
from local.razorpay.state import Books, Wire, find

_LEAST_KEY = 10
DISPUTES = ("created", "under_review", "action_required", "won", "lost", "closed")


def refund(books: Books, payment_id: str, asked: Wire, key: str | None) -> Wire:
    """`POST /payments/:id/refund`; the same refund for the same key and request. Raises Refused."""
    payment = find(books.payments, "pay", payment_id)
    if key is not None:
        if len(key) < _LEAST_KEY:
            raise Refused("The idempotency key should have at least 10 characters.")
        request = json.dumps([payment_id, asked], sort_keys=True)
        before, refund_id = books.idempotency.get(key, [request, ""])
        if before != request:
            raise Refused(REUSED_KEY, form="long")
        if refund_id:
            return books.refunds[refund_id]
    if payment["status"] not in ("captured", "refunded"):
        raise Refused("The payment status should be captured for action to be taken")
    left = payment["amount"] - payment["amount_refunded"]
    amount = asked.get("amount", left)
    if left == 0:
        raise Refused("The payment has been fully refunded already")
    if not isinstance(amount, int) or amount < 100:
        raise Refused(f"The amount must be at least {payment['currency']} 1.00", field="amount", form="input")
    if amount > left:
        raise Refused("The total refund amount is greater than the refund payment amount", field="amount")
    made = give_back(books, payment, amount, asked)
    if key is not None:
        books.idempotency[key] = [request, made["id"]]
    return made


def give_back(books: Books, payment: Wire, amount: int, asked: Wire) -> Wire:
    """The refund is made, and told of; it is through at once, or when `books.refunds_take` is over."""
    speed = asked.get("speed", "normal")
    made = {
        "id": books.new_id("rfnd"),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": asked.get("notes") or [],
        "receipt": asked.get("receipt"),
        "acquirer_data": {"arn": None},
        "created_at": books.now,
        "batch_id": None,
        "status": "pending" if books.refunds_take else "processed",
        "speed_processed": "normal",
        "speed_requested": speed,
    }
    books.refunds[made["id"]] = made
    payment["amount_refunded"] += amount
    whole = payment["amount_refunded"] == payment["amount"]
    payment["refund_status"] = "full" if whole else "partial"
    payment["status"] = "refunded" if whole else "captured"
    event_payloads.of_refund(books, "created", made, payment, _subscription_of(books, payment))
    if not books.refunds_take:
        event_payloads.of_refund(books, "processed", made, payment, _subscription_of(books, payment))
    return made


def settle(books: Books, made: Wire, *, ok: bool = True) -> None:
    """A refund that was on its way is through, or has failed."""
    payment = books.payments[made["payment_id"]]
    made["status"] = "processed" if ok else "failed"
    if not ok:
        payment["amount_refunded"] -= made["amount"]
        payment["refund_status"] = "partial" if payment["amount_refunded"] else None
        payment["status"] = "captured"
    event_payloads.of_refund(books, made["status"], made, payment, _subscription_of(books, payment))


def settle_due(books: Books) -> None:
    """The refunds that have taken as long as they take."""
    for made in books.refunds.values():
        if made["status"] == "pending" and made["created_at"] + books.refunds_take <= books.now:
            settle(books, made)


def dispute(books: Books, payment_id: str, step: str) -> Wire:
    """The payer's bank questions a payment, or the question is decided; `step` is one of DISPUTES. Raises Refused."""
    payment = find(books.payments, "pay", payment_id)
    if step not in DISPUTES:
        raise Refused(f"A dispute is one of {', '.join(DISPUTES)}.")
    known = next((each for each in books.disputes.values() if each["payment_id"] == payment_id), None)
    if known is None:
        known = {
            "id": books.new_id("disp"),
            "entity": "dispute",
            "payment_id": payment_id,
            "amount": payment["amount"],
            "currency": payment["currency"],
            "amount_deducted": 0,
            "reason_code": "goods_or_services_not_received_or_partially_received",
            "reason_description": "The customer says that nothing came.",
            "respond_by": books.now + 7 * 86_400,
            "status": "open",
            "phase": "chargeback",
            "created_at": books.now,
        }
        books.disputes[known["id"]] = known
    known["status"] = "open" if step == "created" else step
    known["amount_deducted"] = payment["amount"] if step == "lost" else 0
    event_payloads.of_dispute(books, step, known, payment, _subscription_of(books, payment))
    return known


def _subscription_of(books: Books, payment: Wire) -> str | None:
    invoice = books.invoices.get(payment["invoice_id"] or "")
    return invoice["subscription_id"] if invoice else None
