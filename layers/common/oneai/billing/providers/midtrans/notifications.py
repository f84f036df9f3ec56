"""Midtrans' notifications: what they are about. A notification is a hint to ask the status API, and never a fact.

Its signature covers the order, `status_code` and the amount, but not the status: a true notification with an edited
status still verifies, and an old one can be sent again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oneai.billing.providers.face import Signature
from oneai.billing.providers.midtrans.transactions import METADATA_ORDER, word
from oneai.clients import midtrans

# What makes two notifications the same one; the rest of a body may differ when it is sent again.
_IDENTITY = ("order_id", "transaction_id", "transaction_status", "status_code", "fraud_status", "refund_key")


@dataclass(frozen=True)
class Notification:
    """What a notification is about: `order_ref` is ours as far as it says so. `kind` is its status, for operators."""

    kind: str
    order_ref: str


def read_notification(body: bytes) -> Notification:
    """Reads the raw bytes. Raises ValueError if they are no notification of a transaction."""
    sent = _read(body)
    if sent is None:
        raise ValueError("no JSON object")
    order_ref, status = word(sent.get("order_id")), word(sent.get("transaction_status"))
    if order_ref is None or status is None:
        raise ValueError("a notification without an order or a status")
    metadata = sent.get("metadata")
    given = word(metadata.get(METADATA_ORDER)) if isinstance(metadata, dict) else None
    return Notification(f"transaction.{status}"[:60], given or order_ref)


def event_id(body: bytes, headers: Mapping[str, str]) -> str:  # noqa: ARG001  as every provider's
    """An id made of what makes a notification the same one: Midtrans gives none. Empty if it cannot be read."""
    sent = _read(body)
    if sent is None:
        return ""
    identity = [sent.get(name) for name in _IDENTITY]
    return f"midtrans:{hashlib.sha256(json.dumps(identity, default=str).encode()).hexdigest()}"


def verify(body: bytes, headers: Mapping[str, str]) -> Signature:  # noqa: ARG001
    """What `signature_key` proves: that Midtrans has sent something about this order once, and nothing of its status.
    Texts count as they were sent: a number is no text that Midtrans has signed."""
    sent = _read(body)
    if sent is None:
        return Signature("no JSON object")
    signed = [sent.get(name) for name in ("order_id", "status_code", "gross_amount", "signature_key")]
    order_id, status_code, gross_amount, signature = (each if isinstance(each, str) else "" for each in signed)
    if order_id and midtrans.is_signed(order_id, status_code, gross_amount, signature):
        return Signature()
    return Signature("another secret" if signature else "no signature", may_be_newer=bool(signature))


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return sent if isinstance(sent, dict) else None
