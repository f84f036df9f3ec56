"""Events as they leave: compact JSON, whose shape differs from kind to kind as Razorpay's own do."""

import json
from typing import Any

from local.razorpay import entities
from local.razorpay.state import Books, Happened, Running, Wire


def of_subscription(books: Books, name: str, running: Running, paid: Wire | None = None) -> None:
    """`subscription.…`, with the payment that it is about.

    The `activated` of an immediate start has the payment, says it has not, and hides its time in the payload.
    """
    entities_in = {"subscription": entities.in_event(running)}
    if paid is not None:
        entities_in["payment"] = entities.payment_in_event(paid, of_subscription=True)
    contains = ["subscription"] if name == "activated" else list(entities_in)
    hides_time = name == "activated" and paid is not None
    _tell(books, f"subscription.{name}", contains, entities_in, str(running.told["id"]), hides_time=hides_time)


def of_payment(books: Books, name: str, paid: Wire, running: Running) -> None:
    """`payment.authorized`, `.captured` or `.failed`: nothing in it names the subscription but its invoice."""
    status = {"authorized": "authorized", "captured": "captured", "failed": "failed"}[name]
    told = {**paid, "status": status}
    shown = entities.payment_in_event(told, of_subscription=False)
    _tell(books, f"payment.{name}", ["payment"], {"payment": shown}, str(running.told["id"]))


def of_invoice(books: Books, invoice: Wire, paid: Wire, running: Running) -> None:
    """`invoice.paid`, with the payment and the order."""
    shown = {
        "payment": entities.payment_in_event(paid, of_subscription=False),
        "order": entities.order(books, invoice),
        "invoice": invoice,
    }
    _tell(books, "invoice.paid", list(shown), shown, str(running.told["id"]))


def of_refund(books: Books, name: str, refund: Wire, paid: Wire, subscription_id: str | None) -> None:
    """`refund.created`, `.processed` or `.failed`, with the payment as it is by then."""
    shown = {"refund": refund, "payment": entities.payment_in_event(paid, of_subscription=False)}
    _tell(books, f"refund.{name}", list(shown), shown, subscription_id)


def of_dispute(books: Books, name: str, dispute: Wire, paid: Wire, subscription_id: str | None) -> None:
    """`payment.dispute.…`."""
    shown = {"payment": entities.payment_in_event(paid, of_subscription=False), "dispute": dispute}
    _tell(books, f"payment.dispute.{name}", list(shown), shown, subscription_id)


def _tell(
    books: Books,
    name: str,
    contains: list[str],
    shown: dict[str, Wire],
    subscription_id: str | None,
    *,
    hides_time: bool = False,
) -> None:
    payload: dict[str, Any] = {kind: {"entity": entity} for kind, entity in shown.items()}
    envelope: dict[str, Any] = {"entity": "event", "account_id": books.account, "event": name, "contains": contains}
    envelope["payload"] = payload
    at = books.now + books.told_after
    (payload if hides_time else envelope)["created_at"] = at
    body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False)
    event_id = books.new_id("evt").removeprefix("evt_")
    books.events.append(Happened(event_id, name, body, at, subscription_id))
