"""Reads Razorpay's entities, from its API and its events, as facts.

Entities are irregular: numbers may be texts, `captured` is "1" or true or wrong, empty notes are a list, and a pending
subscription has the period that is not paid for. Raises ValueError for an entity that cannot be read.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from oneai.billing.facts import (
    Dispute,
    ObservedInvoice,
    Order,
    Payment,
    Refund,
    Snapshot,
    Status,
)
from oneai.text import replace_nul

type Entity = Mapping[str, Any]

# The value of every column `payment_provider`.
NAME = "razorpay"
# Notes of a subscription contain our id and its user; notes of an order, what was ordered and by whom.
NOTE_SUBSCRIPTION = "oneai_subscription"
NOTE_ORDER = "oneai_order"
NOTE_USER = "oneai_user"
# The note of a refund with the id of our operation.
NOTE_OPERATION = "oneai_call"

STATUSES: dict[str, Status] = {
    "created": "none",
    "authenticated": "trial",
    "active": "active",
    "pending": "past_due",
    "halted": "unpaid",
    "paused": "paused",
    "cancelled": "cancelled",
    "completed": "cancelled",
    "expired": "cancelled",
}
ENDED = {"cancelled", "completed", "expired"}
# Methods of accounts and wallets in India.
_INDIAN = {"upi", "netbanking", "wallet", "emandate", "nach", "cardless_emi", "paylater"}
# A refunded payment was captured. A payment that is only created does not count yet.
PAYMENTS: dict[str, Literal["authorized", "captured", "failed"]] = {
    "authorized": "authorized",
    "captured": "captured",
    "refunded": "captured",
    "failed": "failed",
}
REFUNDS: dict[str, Literal["pending", "processed", "failed"]] = {
    "created": "pending",
    "pending": "pending",
    "processed": "processed",
    "failed": "failed",
}
DISPUTES: dict[str, Literal["open", "under_review", "action_required", "won", "lost", "closed"]] = {
    "open": "open",
    "created": "open",
    "under_review": "under_review",
    "action_required": "action_required",
    "won": "won",
    "lost": "lost",
    "closed": "closed",
}
# A plan can be changed in place unless it is debited through one of these mandates.
MANDATES = {"upi", "emandate", "nach"}
NETWORKS = {"mc": "mastercard", "master": "mastercard", "american express": "amex"}
BIGINT_MAX = 2**63 - 1
# The upper limit of any count.
COUNT_MAX = 999_999


def snapshot(entity: Entity, at: datetime, *, fetched: bool = False) -> Snapshot:
    """The subscription as it was at `at`."""
    provider_status = _required(entity, "status")
    status = STATUSES.get(provider_status)
    if status is None:
        raise ValueError(f"a subscription with the status {provider_status[:40]}")
    start_at = moment(entity.get("start_at"))
    if provider_status == "authenticated" and (start_at is None or start_at <= at):
        status = "none"  # its first charge is due, not a trial
    return Snapshot(
        payment_provider=NAME,
        ref=_required(entity, "id"),
        our_id=our_id(entity),
        plan_ref=_required(entity, "plan_id"),
        status=status,
        at=at,
        fetched=fetched,
        ended=provider_status in ENDED,
        ended_at=moment(entity.get("ended_at")),
        expired=provider_status == "expired",
        paid_count=_count(entity, "paid_count") or 0,
        failed_attempts=_count(entity, "auth_attempts") or 0,
        period_start=moment(entity.get("current_start")),
        period_end=moment(entity.get("current_end")),
        start_at=start_at,
        expires_at=moment(entity.get("expire_by")),
        quantity=_count(entity, "quantity") or 1,
        offer_ref=word(entity.get("offer_id")),
        short_url=word(entity.get("short_url")),
        paused_by_customer=entity.get("pause_initiated_by") == "customer",
        changeable=provider_status in ("authenticated", "active")
        and word(entity.get("payment_method")) not in MANDATES,
    )


def payment(
    entity: Entity,
    *,
    subscription_ref: str | None = None,
    period: tuple[datetime, datetime] | None = None,
    period_from: Literal["invoice", "subscription"] | None = None,
) -> Payment | None:
    """The payment; None if it is only created. `period` is the period that it paid for, once it is captured."""
    provider_status = _required(entity, "status")
    if provider_status == "created":
        return None
    status = PAYMENTS.get(provider_status)
    if status is None:
        raise ValueError(f"a payment with the status {provider_status[:40]}")
    paid_for = period if status == "captured" else None
    return Payment(
        payment_provider=NAME,
        ref=_required(entity, "id"),
        status=status,
        at=_created_at(entity),
        amount=_amount(entity),
        currency=_required(entity, "currency").upper(),
        subscription_ref=subscription_ref or word(entity.get("subscription_id")),
        invoice_ref=word(entity.get("invoice_id")),
        order_ref=word(entity.get("order_id")),
        method=word(entity.get("method")),
        amount_refunded=number(entity.get("amount_refunded")) or 0,
        period_start=paid_for[0] if paid_for else None,
        period_end=paid_for[1] if paid_for else None,
        period_from=period_from if paid_for else None,
        instrument=instrument(entity) if subscription_ref is None and _pays_order(entity) else None,
        country=_country(entity),
        fee=number(entity.get("fee")),
    )


def _country(entity: Entity) -> str | None:
    """India, or that it is not India: Razorpay names no other country of a card."""
    if word(entity.get("method")) in _INDIAN:
        return "IN"
    international = entity.get("international")
    return ("-IN" if international else "IN") if isinstance(international, bool) else None


def _pays_order(entity: Entity) -> bool:
    """Whether it pays an order without a subscription."""
    return word(entity.get("order_id")) is not None and not (entity.get("invoice_id") or entity.get("subscription_id"))


def invoice(entity: Entity) -> ObservedInvoice:
    """The provider's invoice. Lines of the type `plan` are the plan's; all others are extras.

    Add-ons are on the invoice of a period; a single add-on is the proration of an immediate upgrade.
    """
    lines = entity.get("line_items")
    lines = lines if isinstance(lines, list) else []
    kinds = {word(line.get("type")) or "other" for line in lines if isinstance(line, dict)}
    if "plan" not in kinds and "addon" in kinds:
        kinds = kinds - {"addon"} | {"proration"}
    paid_for = billing_period(entity)
    return ObservedInvoice(
        payment_provider=NAME,
        ref=_required(entity, "id"),
        subscription_ref=word(entity.get("subscription_id")),
        payment_ref=word(entity.get("payment_id")),
        order_ref=word(entity.get("order_id")),
        amount=_amount(entity),
        currency=_required(entity, "currency").upper(),
        period_start=paid_for[0] if paid_for else None,
        period_end=paid_for[1] if paid_for else None,
        paid=entity.get("status") == "paid",
        extras=tuple(sorted(kinds - {"plan"})),
    )


def order(entity: Entity) -> Order | None:
    """The order; None if it is not ours, such as those behind a subscription's invoices."""
    workspace_id = _ordered_by(entity)
    if workspace_id is None:
        return None
    return Order(
        NAME,
        ref=_required(entity, "id"),
        workspace_id=workspace_id,
        amount=_amount(entity),
        currency=_required(entity, "currency").upper(),
        description=word(entity["notes"][NOTE_ORDER]),
    )


def order_of_payment(entity: Entity) -> Order | None:
    """The order id and user of a payment, without other fields: payers can choose a payment's notes, but only we can
    choose an order's."""
    ref, workspace_id = word(entity.get("order_id")), _ordered_by(entity)
    return (
        None
        if ref is None or workspace_id is None or word(entity.get("invoice_id"))
        else Order(NAME, ref, workspace_id)
    )


def _ordered_by(entity: Entity) -> UUID | None:
    notes = entity.get("notes")
    is_ours = isinstance(notes, dict) and isinstance(notes.get(NOTE_ORDER), str) and notes[NOTE_ORDER]
    return _id_from_notes(entity, NOTE_USER) if is_ours else None


def refund(entity: Entity) -> Refund:
    """The refund; old ones have no status and are processed."""
    provider_status = word(entity.get("status")) or "processed"
    status = REFUNDS.get(provider_status)
    if status is None:
        raise ValueError(f"a refund with the status {provider_status[:40]}")
    return Refund(
        payment_provider=NAME,
        ref=_required(entity, "id"),
        payment_ref=_required(entity, "payment_id"),
        amount=_amount(entity),
        status=status,
        at=_created_at(entity),
        operation_id=_id_from_notes(entity, NOTE_OPERATION),
    )


def dispute(entity: Entity, event: str, at: datetime) -> Dispute:
    """The dispute since `at`. `event` is the last word of the event's name, which is more precise than the entity's
    status; empty without an event."""
    status = DISPUTES.get(event) or DISPUTES.get(word(entity.get("status")) or "")
    if status is None:
        raise ValueError("a dispute with an unknown status")
    return Dispute(NAME, ref=_required(entity, "id"), payment_ref=_required(entity, "payment_id"), status=status, at=at)


def our_id(subscription: Entity) -> UUID | None:
    """Our id in the notes of a subscription."""
    return _id_from_notes(subscription, NOTE_SUBSCRIPTION)


def _id_from_notes(entity: Entity, name: str) -> UUID | None:
    notes = entity.get("notes")
    value = notes.get(name) if isinstance(notes, dict) else None
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def billing_period(invoice: Entity) -> tuple[datetime, datetime] | None:
    """The period of an invoice."""
    return _period(invoice.get("billing_start"), invoice.get("billing_end"))


def current_period(subscription: Entity) -> tuple[datetime, datetime] | None:
    """The subscription's current period, which is paid for only if the event contains its charge."""
    return _period(subscription.get("current_start"), subscription.get("current_end"))


def instrument(entity: Entity, account: object = None) -> bytes | None:
    """A hash of the data that identifies a card, account or address; None if this source does not have it.

    For a card, only data that every source has is used, because hashes must be equal whichever source came first. Only
    events of subscriptions have its expiry, and the holder's name is empty or arbitrary.
    """
    match entity.get("method"):
        case "card" if isinstance(card := entity.get("card"), dict):
            network = _normalized(card.get("network"))
            parts = [
                NETWORKS.get(network, network),
                *(_normalized(card.get(name)) for name in ("issuer", "type", "last4")),
            ]
            return _hash("card", *parts) if parts[-1] else None
        case "upi":
            upi = entity.get("upi")
            address = _normalized(entity.get("vpa")) or _normalized(upi.get("vpa") if isinstance(upi, dict) else None)
            return _hash("upi", address) if address else None
        case "emandate" | "nach" if isinstance(account, dict):
            parts = [_normalized(account.get("ifsc")), _normalized(account.get("account_number"))]
            return _hash("account", *parts) if all(parts) else None
        case "wallet" | "paylater" as method:
            parts = [_normalized(entity.get("wallet")), _normalized(entity.get("contact"))]
            return _hash(method, *parts) if all(parts) else None
    return None


def mandate_instrument(token: Entity) -> bytes | None:
    """The instrument of a customer's token, with the same hash as that of a payment made with it."""
    vpa, account = token.get("vpa"), token.get("bank_details")
    address = f"{vpa.get('username')}@{vpa.get('handle')}" if isinstance(vpa, dict) else vpa
    return instrument({**token, "vpa": address}, account)


def number(value: object) -> int | None:
    """A whole number within a bigint, also from text; None if there is none."""
    if isinstance(value, str) and value.strip().lstrip("-").isascii() and value.strip().lstrip("-").isdigit():
        value = int(value.strip()[:40])
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if abs(value) > BIGINT_MAX:
        raise ValueError("a number out of range")
    return value


def moment(value: object) -> datetime | None:
    """Seconds since 1970 as a moment; None if there are none or they are 0. Raises ValueError if out of range."""
    seconds = number(value)
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise ValueError("a time out of range") from None


def word(value: object) -> str | None:
    """A text that can be stored, at most 255 characters; None if there is none."""
    if not isinstance(value, str) or not value:
        return None
    if len(value) > 255:
        raise ValueError("a text that is too long")
    return replace_nul(value)


def _required(entity: Entity, name: str) -> str:
    value = word(entity.get(name))
    if value is None:
        raise ValueError(f"{name} is missing")
    return value


def _count(entity: Entity, name: str) -> int | None:
    value = number(entity.get(name))
    if value is not None and not 0 <= value <= COUNT_MAX:
        raise ValueError(f"{name} is beyond reason")
    return value


def _amount(entity: Entity) -> int:
    value = number(entity.get("amount"))
    if value is None or value < 0:
        raise ValueError("amount is missing")
    return value


def _created_at(entity: Entity) -> datetime:
    value = moment(entity.get("created_at"))
    if value is None:
        raise ValueError("created_at is missing")
    return value


def _period(start: object, end: object) -> tuple[datetime, datetime] | None:
    first, last = moment(start), moment(end)
    return (first, last) if first and last and first < last else None


def _normalized(value: object) -> str:
    return value.strip().casefold() if isinstance(value, str) else ""


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).digest()
