"""Refunds, once per idempotency key, and disputes."""

import json

from stand_ins.payments.state import JsonObject
from stand_ins.razorpay import event_payloads
from stand_ins.razorpay.refusals import REUSED_KEY, ApiError
from stand_ins.razorpay.state import Account, find

_MIN_KEY_LENGTH = 10
DISPUTES = ("created", "under_review", "action_required", "won", "lost", "closed")


def refund(account: Account, payment_id: str, params: JsonObject, key: str | None) -> JsonObject:
    """`POST /payments/:id/refund`; the same refund for the same key and request. Raises ApiError."""
    payment = find(account.payments, "pay", payment_id)
    if key is not None:
        if len(key) < _MIN_KEY_LENGTH:
            raise ApiError("The idempotency key should have at least 10 characters.")
        request = json.dumps([payment_id, params], sort_keys=True)
        first_request, refund_id = account.idempotency.get(key, [request, ""])
        if first_request != request:
            raise ApiError(REUSED_KEY, form="long")
        if refund_id:
            return account.refunds[refund_id]
    if payment["status"] not in ("captured", "refunded"):
        raise ApiError("The payment status should be captured for action to be taken")
    refundable = payment["amount"] - payment["amount_refunded"]
    amount = params.get("amount", refundable)
    if refundable == 0:
        raise ApiError("The payment has been fully refunded already")
    if not isinstance(amount, int) or amount < 100:
        raise ApiError(f"The amount must be at least {payment['currency']} 1.00", field="amount", form="input")
    if amount > refundable:
        raise ApiError("The total refund amount is greater than the refund payment amount", field="amount")
    refund_entity = issue_refund(account, payment, amount, params)
    if key is not None:
        account.idempotency[key] = [request, refund_entity["id"]]
    return refund_entity


def issue_refund(account: Account, payment: JsonObject, amount: int, params: JsonObject) -> JsonObject:
    """Creates a refund and emits its events; it is processed at once, or after `account.refund_delay`."""
    speed = params.get("speed", "normal")
    refund_entity = {
        "id": account.new_id("rfnd"),
        "entity": "refund",
        "amount": amount,
        "currency": payment["currency"],
        "payment_id": payment["id"],
        "notes": params.get("notes") or [],
        "receipt": params.get("receipt"),
        "acquirer_data": {"arn": None},
        "created_at": account.now,
        "batch_id": None,
        "status": "pending" if account.refund_delay else "processed",
        "speed_processed": "normal",
        "speed_requested": speed,
    }
    account.refunds[refund_entity["id"]] = refund_entity
    payment["amount_refunded"] += amount
    in_full = payment["amount_refunded"] == payment["amount"]
    payment["refund_status"] = "full" if in_full else "partial"
    payment["status"] = "refunded" if in_full else "captured"
    event_payloads.emit_refund(account, "created", refund_entity, payment, _subscription_of(account, payment))
    if not account.refund_delay:
        event_payloads.emit_refund(account, "processed", refund_entity, payment, _subscription_of(account, payment))
    return refund_entity


def finish_refund(account: Account, refund_entity: JsonObject, *, ok: bool = True) -> None:
    """A pending refund is processed or fails."""
    payment = account.payments[refund_entity["payment_id"]]
    refund_entity["status"] = "processed" if ok else "failed"
    if not ok:
        payment["amount_refunded"] -= refund_entity["amount"]
        payment["refund_status"] = "partial" if payment["amount_refunded"] else None
        payment["status"] = "captured"
    event_payloads.emit_refund(
        account, refund_entity["status"], refund_entity, payment, _subscription_of(account, payment)
    )


def finish_due_refunds(account: Account) -> None:
    """Processes the refunds whose delay is over."""
    for refund_entity in account.refunds.values():
        if refund_entity["status"] == "pending" and refund_entity["created_at"] + account.refund_delay <= account.now:
            finish_refund(account, refund_entity)


def dispute(account: Account, payment_id: str, step: str) -> JsonObject:
    """Opens a dispute about a payment, or moves it to `step`, one of DISPUTES. Raises ApiError."""
    payment = find(account.payments, "pay", payment_id)
    if step not in DISPUTES:
        raise ApiError(f"A dispute is one of {', '.join(DISPUTES)}.")
    entity = next((each for each in account.disputes.values() if each["payment_id"] == payment_id), None)
    if entity is None:
        entity = {
            "id": account.new_id("disp"),
            "entity": "dispute",
            "payment_id": payment_id,
            "amount": payment["amount"],
            "currency": payment["currency"],
            "amount_deducted": 0,
            "reason_code": "goods_or_services_not_received_or_partially_received",
            "reason_description": "The customer says that nothing came.",
            "respond_by": account.now + 7 * 86_400,
            "status": "open",
            "phase": "chargeback",
            "created_at": account.now,
        }
        account.disputes[entity["id"]] = entity
    entity["status"] = "open" if step == "created" else step
    entity["amount_deducted"] = payment["amount"] if step == "lost" else 0
    event_payloads.emit_dispute(account, step, entity, payment, _subscription_of(account, payment))
    return entity


def _subscription_of(account: Account, payment: JsonObject) -> str | None:
    invoice = account.invoices.get(payment["invoice_id"] or "")
    return invoice["subscription_id"] if invoice else None
