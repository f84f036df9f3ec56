"""The provider's signatures of webhooks and checkouts."""

from collections.abc import Mapping
from dataclasses import dataclass

from oneai.clients import razorpay


@dataclass(frozen=True)
class Delivery:
    """A webhook's headers: its signature and the event's id, as sent; empty if missing."""

    signature: str
    event_id: str


def delivery(headers: Mapping[str, str]) -> Delivery:
    """Reads the headers, whose names are case-insensitive."""
    sent = {name.lower(): value for name, value in headers.items()}
    return Delivery(sent.get("x-razorpay-signature", ""), sent.get("x-razorpay-event-id", ""))


matching_secret = razorpay.matching_secret
previous_secret_problem = razorpay.previous_secret_problem
unsigned_reason = razorpay.unsigned_reason
verify_checkout = razorpay.verify_checkout
verify_order = razorpay.verify_order
