"""Reads Stripe's subscriptions, payments, invoices, refunds and disputes, from its API and its events, as facts.

Shapes are those of the client's API version. Raises ValueError for an object that cannot be read.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from oneai import countries
from oneai.billing.facts import Dispute, ObservedInvoice, Payment, Refund, Snapshot, Status
from oneai.billing.providers.stripe.values import (
    OPERATION,
    STARTS,
    SUBSCRIPTION,
    Entity,
    count,
    created_at,
    identifier,
    inner,
    listed,
    metadata,
    moment,
    number,
    our_amount,
    required,
    word,
)

NAME = "stripe"

STATUSES: dict[str, Status] = {
    "incomplete": "none",
    "incomplete_expired": "none",
    "trialing": "trial",
    "active": "active",
    "past_due": "past_due",
    "unpaid": "unpaid",
    "paused": "paused",
    "canceled": "cancelled",
}
ENDED = {"canceled", "incomplete_expired"}
REFUNDS: dict[str, Literal["pending", "processed", "failed"]] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "processed",
    "failed": "failed",
    "canceled": "failed",
}
DISPUTES: dict[str, Literal["action_required", "under_review", "closed", "won", "lost"]] = {
    "warning_needs_response": "action_required",
    "needs_response": "action_required",
    "appeal_needs_response": "action_required",
    "warning_under_review": "under_review",
    "under_review": "under_review",
    "appeal_under_review": "under_review",
    "warning_closed": "closed",
    "prevented": "closed",
    "won": "won",
    "lost": "lost",
}


def snapshot(entity: Entity, at: datetime, *, fetched: bool = False) -> Snapshot:
    """The subscription as it was at `at`."""
    provider_status = required(entity, "status")
    status = STATUSES.get(provider_status)
    if status is None:
        raise ValueError(f"a subscription with the status {provider_status[:40]}")
    items = listed(entity, "items")
    if len(items) != 1:
        raise ValueError("a subscription that has not one item")
    item = items[0]
    starts = moment(entity.get("trial_end")) or _starts(entity)
    if status == "active" and starts is not None and starts > at:
        # Its first period begins later, for less time than Stripe lets a trial have.
        status = "trial"
    elif status == "trial" and (starts is None or starts <= at):
        status = "none"  # its first charge is due, not a trial
    elif status in ("active", "past_due") and isinstance(entity.get("pause_collection"), dict):
        status = "paused"
    paid = status not in ("none", "trial")
    return Snapshot(
        NAME,
        ref=required(entity, "id"),
        our_id=identifier(entity, SUBSCRIPTION),
        plan_ref=required(inner(item, "price"), "id"),
        status=status,
        at=at,
        fetched=fetched,
        ended=provider_status in ENDED,
        ended_at=moment(entity.get("ended_at")),
        expired=provider_status == "incomplete_expired",
        # Stripe counts no charges: one at least.
        paid_count=1 if status == "active" else 0,
        period_start=moment(item.get("current_period_start")) if paid else None,
        period_end=moment(item.get("current_period_end")) if paid else None,
        start_at=starts,
        quantity=count(item, "quantity") or 1,
        cancels=entity.get("cancel_at_period_end") is True or moment(entity.get("cancel_at")) is not None,
    )


def payment(
    intent: Entity,
    *,
    subscription_ref: str | None = None,
    invoice_ref: str | None = None,
    order_ref: str | None = None,
    period: tuple[datetime, datetime] | None = None,
) -> Payment | None:
    """The newest attempt of a payment intent, whose `latest_charge` is expanded; None if nothing came of it yet.

    A failed attempt has the charge's ref, as the same intent is tried again, and is dated to the attempt.
    """
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    paid = intent.get("status") == "succeeded"
    if not paid and charge.get("status") != "failed":
        return None
    currency = required(intent, "currency").upper()
    amount = number(intent.get("amount_received" if paid else "amount"))
    if amount is None or amount < 0:
        raise ValueError("amount is missing")
    return Payment(
        NAME,
        ref=required(intent, "id") if paid else required(charge, "id"),
        status="captured" if paid else "failed",
        at=created_at(charge) if charge else created_at(intent),
        amount=our_amount(amount, currency),
        currency=currency,
        subscription_ref=subscription_ref,
        invoice_ref=invoice_ref,
        order_ref=order_ref,
        method=_method(charge),
        amount_refunded=our_amount(number(charge.get("amount_refunded")) or 0, currency) if paid else 0,
        period_start=period[0] if period and paid else None,
        period_end=period[1] if period and paid else None,
        period_from="invoice" if period and paid else None,
        instrument=instrument(charge.get("payment_method_details")) if subscription_ref is None else None,
        country=_country(charge),
        fee=fee(charge) if paid else None,
    )


def fee(charge: Entity) -> int | None:
    """What Stripe kept of a charge, whose `balance_transaction` is expanded. None if it is not, and if it is in another
    currency, in which the account is paid out."""
    kept = inner(charge, "balance_transaction")
    found, currency = number(kept.get("fee")), word(kept.get("currency"))
    if found is None or found < 0 or currency is None or currency != charge.get("currency"):
        return None
    return our_amount(found, currency.upper())


def invoice(entity: Entity, payment_ref: str | None) -> ObservedInvoice:
    """The invoice, as paid by `payment_ref`."""
    currency = required(entity, "currency").upper()
    period = service_period(entity)
    return ObservedInvoice(
        NAME,
        ref=required(entity, "id"),
        subscription_ref=subscription_of(entity),
        payment_ref=payment_ref,
        order_ref=None,
        amount=our_amount(number(entity.get("amount_due")) or 0, currency),
        currency=currency,
        period_start=period[0] if period else None,
        period_end=period[1] if period else None,
        paid=entity.get("status") == "paid",
        extras=tuple(sorted(set(_extras(entity)))),
    )


def subscription_of(entity: Entity) -> str | None:
    """The subscription of an invoice. Before the API version of basil it was a field of its own."""
    parent = entity.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    found = details.get("subscription") if isinstance(details, dict) else entity.get("subscription")
    return word(found)


def service_period(entity: Entity) -> tuple[datetime, datetime] | None:
    """The period that an invoice's plan is for. The invoice's own period is the one before."""
    for line in listed(entity, "lines"):
        if _is_plan(line):
            period = inner(line, "period")
            start, end = moment(period.get("start")), moment(period.get("end"))
            return (start, end) if start and end and start < end else None
    return None


def refund(entity: Entity) -> Refund:
    """The refund. One of a charge without a payment intent has the charge's ref."""
    provider_status = word(entity.get("status")) or "succeeded"
    status = REFUNDS.get(provider_status)
    if status is None:
        raise ValueError(f"a refund with the status {provider_status[:40]}")
    currency = required(entity, "currency").upper()
    amount = number(entity.get("amount"))
    if amount is None or amount < 0:
        raise ValueError("amount is missing")
    return Refund(
        NAME,
        ref=required(entity, "id"),
        payment_ref=word(entity.get("payment_intent")) or required(entity, "charge"),
        amount=our_amount(amount, currency),
        status=status,
        at=created_at(entity),
        operation_id=identifier(entity, OPERATION),
        # One that has succeeded may still fail, and none that failed succeeds.
        returned=status == "failed",
    )


def dispute(entity: Entity, at: datetime) -> Dispute:
    """The dispute since `at`."""
    status = DISPUTES.get(word(entity.get("status")) or "")
    if status is None:
        raise ValueError("a dispute with an unknown status")
    payment_ref = word(entity.get("payment_intent")) or required(entity, "charge")
    return Dispute(NAME, ref=required(entity, "id"), payment_ref=payment_ref, status=status, at=at)


def instrument(details: object) -> bytes | None:
    """A hash of what identifies a card or account, from a charge's `payment_method_details` or a payment method; None
    if it is not there. Stripe's fingerprint is the same for the same card."""
    kind = details.get("type") if isinstance(details, dict) else None
    part = details.get(kind) if isinstance(details, dict) and isinstance(kind, str) else None
    fingerprint = part.get("fingerprint") if isinstance(part, dict) else None
    if not isinstance(fingerprint, str) or not fingerprint:
        return None
    return hashlib.sha256("\n".join((NAME, str(kind), fingerprint)).encode(errors="replace")).digest()


def _starts(entity: Entity) -> datetime | None:
    value = metadata(entity).get(STARTS)
    return moment(int(value)) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _method(charge: Entity) -> str | None:
    return word(inner(charge, "payment_method_details").get("type"))


def _country(charge: Entity) -> str | None:
    """Where the card or account is from; None for methods whose country Stripe does not say."""
    details = inner(charge, "payment_method_details")
    kind = word(details.get("type"))
    return countries.read(word(inner(details, kind).get("country"))) if kind is not None else None


def _is_plan(line: Entity) -> bool:
    details = inner(inner(line, "parent"), "subscription_item_details")
    return bool(details) and details.get("proration") is not True


def _extras(entity: Entity) -> Iterator[str]:
    """The kinds of an invoice's lines besides the plan's."""
    for line in listed(entity, "lines"):
        parent = inner(line, "parent")
        details = inner(parent, f"{parent.get('type')}")
        if details.get("proration") is True:
            yield "proration"
        elif parent.get("type") != "subscription_item_details":
            yield "addon"
