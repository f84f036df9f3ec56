"""What proves that something comes from the provider."""

from collections.abc import Mapping
from dataclasses import dataclass

from oneai.clients import razorpay


@dataclass(frozen=True)
class Delivery:
    """What came beside a webhook's body: its signature and the event's id, both as sent and empty where missing."""

    signature: str
    event_id: str


def delivery(headers: Mapping[str, str]) -> Delivery:
    """How this event was sent; names of headers in any case."""
    sent = {name.lower(): value for name, value in headers.items()}
    return Delivery(sent.get("x-razorpay-signature", ""), sent.get("x-razorpay-event-id", ""))


signed_with = razorpay.matching_secret
previous_refused_at = razorpay.previous_secret_problem
unsigned_because = razorpay.unsigned_reason
checkout_signed = razorpay.verify_checkout
