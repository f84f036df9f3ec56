"""Events as compact JSON, whose shape differs from kind to kind as Razorpay's do."""

import json
from typing import Any

from stand_ins.payments.state import Event, JsonObject
from stand_ins.razorpay import entities
from stand_ins.razorpay.state import Account, SubscriptionRecord


def emit_subscription(
    account: Account, name: str, record: SubscriptionRecord, payment: JsonObject | None = None
) -> None:
    """`subscription.…`, with its payment if it has one.

    The `activated` event of an immediate start has the payment without listing it, and its time in the payload.
    """
    shown = {"subscription": entities.in_event(record)}
    if payment is not None:
        shown["payment"] = entities.payment_in_event(payment, of_subscription=True)
    contains = ["subscription"] if name == "activated" else list(shown)
    hides_time = name == "activated" and payment is not None
    _emit(account, f"subscription.{name}", contains, shown, str(record.entity["id"]), hides_time=hides_time)


def emit_payment(account: Account, name: str, payment: JsonObject, record: SubscriptionRecord | None = None) -> None:
    """`payment.authorized`, `.captured` or `.failed`: nothing in it names the subscription but its invoice."""
    status = {"authorized": "authorized", "captured": "captured", "failed": "failed"}[name]
    entity = {**payment, "status": status}
    shown = entities.payment_in_event(entity, of_subscription=False)
    subscription_id = str(record.entity["id"]) if record is not None else None
    _emit(account, f"payment.{name}", ["payment"], {"payment": shown}, subscription_id)


def emit_order(account: Account, order: JsonObject, payment: JsonObject) -> None:
    """`order.paid`, with its payment."""
    shown = {"payment": entities.payment_in_event(payment, of_subscription=False), "order": order}
    _emit(account, "order.paid", list(shown), shown, None)


def emit_invoice(account: Account, invoice: JsonObject, payment: JsonObject, record: SubscriptionRecord) -> None:
    """`invoice.paid`, with the payment and the order."""
    attempts = sum(each["order_id"] == invoice["order_id"] for each in account.payments.values())
    shown = {
        "payment": entities.payment_in_event(payment, of_subscription=False),
        "order": entities.order(invoice, attempts),
        "invoice": invoice,
    }
    _emit(account, "invoice.paid", list(shown), shown, str(record.entity["id"]))


def emit_refund(
    account: Account, name: str, refund: JsonObject, payment: JsonObject, subscription_id: str | None
) -> None:
    """`refund.created`, `.processed` or `.failed`, with the payment's current state."""
    shown = {"refund": refund, "payment": entities.payment_in_event(payment, of_subscription=False)}
    _emit(account, f"refund.{name}", list(shown), shown, subscription_id)


def emit_dispute(
    account: Account, name: str, dispute: JsonObject, payment: JsonObject, subscription_id: str | None
) -> None:
    """`payment.dispute.…`."""
    shown = {"payment": entities.payment_in_event(payment, of_subscription=False), "dispute": dispute}
    _emit(account, f"payment.dispute.{name}", list(shown), shown, subscription_id)


def _emit(
    account: Account,
    name: str,
    contains: list[str],
    shown: dict[str, JsonObject],
    subscription_id: str | None,
    *,
    hides_time: bool = False,
) -> None:
    payload: dict[str, Any] = {kind: {"entity": entity} for kind, entity in shown.items()}
    envelope: dict[str, Any] = {
        "entity": "event",
        "account_id": account.account_id,
        "event": name,
        "contains": contains,
    }
    envelope["payload"] = payload
    at = account.now + account.event_delay
    (payload if hides_time else envelope)["created_at"] = at
    body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)
    event_id = account.new_id("evt").removeprefix("evt_")
    account.events.append(Event(event_id, name, body, at, subscription_id))
