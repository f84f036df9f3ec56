"""Razorpay's signatures of webhooks and checkouts."""

from collections.abc import Mapping

from oneai import settings
from oneai.billing.providers.face import Signature
from oneai.clients import razorpay

verify_checkout, verify_order = razorpay.verify_checkout, razorpay.verify_order


def is_configured() -> bool:
    """Whether any of its secrets is set."""
    config = settings.read(razorpay.RazorpaySettings)
    return bool(config.razorpay_key_secret or config.razorpay_webhook_secret)


def verify(body: bytes, headers: Mapping[str, str]) -> Signature:
    """What `X-Razorpay-Signature` proves over the body's raw bytes. That of the previous secret ends with time."""
    signature = _header(headers, "x-razorpay-signature")
    match razorpay.matching_secret(body, signature):
        case "current":
            return Signature()
        case "previous":
            return Signature(problem_at=razorpay.previous_secret_problem)
    return Signature(razorpay.unsigned_reason(signature), may_be_newer=bool(signature))


def event_id(body: bytes, headers: Mapping[str, str]) -> str:  # noqa: ARG001  others have it in the body
    """The event's id, as sent; empty if missing."""
    return _header(headers, "x-razorpay-event-id")


def _header(headers: Mapping[str, str], name: str) -> str:
    """A header, whose name is case-insensitive; empty if missing."""
    return next((value for sent, value in headers.items() if sent.lower() == name), "")
