"""Reads a transaction of Midtrans, as its status API returns it, as facts.

Only the status API is believed: a notification's signature does not cover its status. Texts are decided by
`transaction_status`, because `status_code` is sometimes the transaction's state and sometimes the request's. Raises
ValueError for a transaction that cannot be read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Literal
from uuid import UUID

from oneai.billing.facts import Dispute, Observation, Order, Payment, Refund
from oneai.billing.providers.midtrans.references import NAME, Reference
from oneai.clients.midtrans import rupiah

type Transaction = Mapping[str, Any]

WIB = timezone(timedelta(hours=7), "WIB")
# What we give a transaction when its page is opened, and is sent back as it was given: only our key can give it.
METADATA_ORDER, METADATA_WORKSPACE = "oneai_order", "oneai_workspace"
METADATA_AMOUNT, METADATA_TEXT = "oneai_amount", "oneai_text"
CARD = "credit_card"

# A refunded transaction was paid, and so was one that a bank took back.
PAID = {"settlement", "refund", "partial_refund", "chargeback", "partial_chargeback"}
CHARGED_BACK = {"chargeback", "partial_chargeback"}
# Not paid (yet). An expired one may still be paid: then it settles.
UNPAID = {"pending", "expire", "expired"}
REFUSED = {"deny", "cancel", "failure"}
# QRIS of a payer whose wallet is the acquirer's.
ON_US = {"gopay": "qris_gopay", "airpay shopee": "qris_shopee"}


def observation_of(transaction: Transaction, reference: Reference, at: datetime) -> Observation:
    """The facts of the transaction that was found for our order at the moment `at`.

    The transaction may name another order: those of DANA and of some banks are found by our reference, and have one of
    their own. One that is waiting or over has no facts.
    """
    status = required(transaction, "transaction_status").lower()
    order = order_of(transaction, reference)
    orders = (order,) if order is not None else ()
    if status in UNPAID:
        return Observation(orders=orders)
    payment = _payment(transaction, status, reference, at)
    disputes = (Dispute(NAME, f"{payment.ref}:chargeback", payment.ref, "lost", at),)
    return Observation(
        payments=(payment,),
        refunds=tuple(_refunds(transaction, status, payment)),
        disputes=disputes if status in CHARGED_BACK else (),
        orders=orders,
    )


def order_of(transaction: Transaction, reference: Reference) -> Order | None:
    """The order that was opened, as we described it; None for a period of a subscription."""
    given = transaction.get("metadata")
    workspace_id = uuid_or_none(word(given.get(METADATA_WORKSPACE)) or "") if isinstance(given, dict) else None
    if reference.subscription_ref is not None or workspace_id is None or not isinstance(given, dict):
        return None
    amount = rupiah(given[METADATA_AMOUNT]) if given.get(METADATA_AMOUNT) is not None else None
    return Order(NAME, reference.ref, workspace_id, amount, "IDR", word(given.get(METADATA_TEXT)))


def _payment(transaction: Transaction, status: str, reference: Reference, at: datetime) -> Payment:
    kind = required(transaction, "payment_type")
    created_at = moment(transaction.get("transaction_time")) or at
    # A card is charged when it is captured, and settled a day later; all others are paid when they settle.
    settled_at = None if kind == CARD else moment(transaction.get("settlement_time"))
    return Payment(
        NAME,
        ref=required(transaction, "transaction_id"),
        status=_state(transaction, status),
        at=settled_at or created_at,
        amount=amount_of(transaction),
        currency=(word(transaction.get("currency")) or "IDR").upper(),
        subscription_ref=reference.subscription_ref,
        order_ref=reference.ref,
        method=method_of(transaction),
        denied_at=at if status == "cancel" or (status == "deny" and kind != CARD) else None,
        # Wallets, virtual accounts and counters are Indonesian; of a card's country Midtrans says nothing.
        country=None if kind == CARD else "ID",
    )


def _state(transaction: Transaction, status: str) -> Literal["failed", "authorized", "captured"]:
    """The status of the payment. A card that is challenged is reserved until someone accepts it."""
    if status in PAID:
        return "captured"
    if status == "authorize":
        return "authorized"
    if status in REFUSED:
        return "failed"
    if status != "capture":
        raise ValueError(f"a transaction with the status {status[:40]}")
    match word(transaction.get("fraud_status")):
        case "accept" | None:
            return "captured"
        case "challenge":
            return "authorized"
    return "failed"


def _refunds(transaction: Transaction, status: str, payment: Payment) -> Iterator[Refund]:
    listed = transaction.get("refunds")
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    if not entries and status in ("refund", "partial_refund"):
        entries = [{**transaction, "refund_amount": transaction.get("refund_amount") or str(payment.amount)}]
    for entry in entries:
        key = word(entry.get("refund_key")) or str(entry.get("refund_chargeback_id") or "all")
        yield Refund(
            NAME,
            ref=f"{payment.ref}:{key}"[:200],
            payment_ref=payment.ref,
            amount=rupiah(entry.get("refund_amount")),
            status="processed",
            at=moment(entry.get("created_at")) or payment.at,
            operation_id=uuid_or_none(key),
        )


def amount_of(transaction: Transaction) -> int:
    """What was paid for our order, in whole rupiah. Where Midtrans adds its fee for the payer, the fee is not ours."""
    gross = rupiah(transaction.get("gross_amount"))
    metadata = transaction.get("metadata")
    extra = metadata.get("extra_info") if isinstance(metadata, dict) else None
    info = extra.get("gross_amount_info") if isinstance(extra, dict) else None
    if not isinstance(info, dict) or info.get("original_amount") is None:
        return gross
    original, fee = rupiah(info["original_amount"]), rupiah(info.get("customer_imposed_payment_fee") or 0)
    return original if original + fee == gross else gross


def method_of(transaction: Transaction) -> str:
    """The payment method, as `methods.py` names it: `payment_type`, and for QRIS where its payer's wallet is."""
    kind = required(transaction, "payment_type")
    if kind == "qris" and word(transaction.get("transaction_type")) == "on-us":
        return ON_US.get(word(transaction.get("acquirer")) or "", kind)
    return kind


def belongs_to(transaction: Transaction, order_ref: str) -> bool:
    """Whether a transaction that was found by its own id is of our order: it says so, by the order's reference or in
    what we gave it."""
    metadata = transaction.get("metadata")
    given = metadata.get(METADATA_ORDER) if isinstance(metadata, dict) else None
    return order_ref in (transaction.get("order_id"), given)


def expires_at(transaction: Transaction) -> datetime | None:
    """Until when a transaction can be paid, which has two names."""
    return moment(transaction.get("expiry_time")) or moment(transaction.get("expire_time"))


def moment(value: object) -> datetime | None:
    """`2026-11-25 15:03:12`, in Western Indonesia Time, as a moment; None if there is none."""
    text = word(value)
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time that cannot be read") from None
    return read if read.tzinfo else read.replace(tzinfo=WIB)


def word(value: object) -> str | None:
    """The text; None if it is empty or no text."""
    return value.strip()[:200] or None if isinstance(value, str) else None


def required(transaction: Transaction, name: str) -> str:
    """The text of a field. Raises ValueError without one."""
    text = word(transaction.get(name))
    if text is None:
        raise ValueError(f"{name} is missing")
    return text


def uuid_or_none(text: str) -> UUID | None:
    """The id of our operation, which is a refund's key; None for a refund that was made elsewhere."""
    try:
        return UUID(text)
    except ValueError:
        return None
