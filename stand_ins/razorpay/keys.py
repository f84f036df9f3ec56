"""The shared secrets of merchant and Razorpay: API key, webhook secrets, and their signatures."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

_KEY_ID = "rzp_test_localLOCAL0001"
_PREVIOUS_SECRET = "local-webhook-secret-of-before"


@dataclass(frozen=True)
class Keys:
    """From the stack's environment, so that keys set by a developer count here too."""

    key_id: str
    key_secret: str
    webhook_secret: str
    webhook_secret_previous: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The keys that the functions of this stack use."""
        names = ("KEY_ID", "KEY_SECRET", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS")
        return cls(*(environment.get(f"RAZORPAY_{name}", "") for name in names))

    def authorizes(self, authorization: str) -> bool:
        """Whether this header is Basic authentication with the key."""
        kind, _, credentials = authorization.partition(" ")
        try:
            decoded = base64.b64decode(credentials, validate=True)
        except ValueError:  # non-ASCII input included
            return False
        return kind.lower() == "basic" and hmac.compare_digest(decoded, f"{self.key_id}:{self.key_secret}".encode())

    def checkout_signature(self, payment_id: str, subscription_id: str) -> str:
        """The signature that the checkout gives the frontend after a payment: the payment comes first."""
        return _signed(self.key_secret, f"{payment_id}|{subscription_id}".encode())

    def order_signature(self, order_id: str, payment_id: str) -> str:
        """As `checkout_signature`, for an order: the order comes first."""
        return _signed(self.key_secret, f"{order_id}|{payment_id}".encode())


def webhook_signature(secret: str, body: bytes) -> str:
    """`X-Razorpay-Signature` over the raw body."""
    return _signed(secret, body)


def rotate(now: datetime) -> None:
    """Tells this process's functions that the webhook's secret was rotated at `now`, by the stack's clock: the real
    time at which a stack was started may be days behind."""
    from oneai import settings  # not imported by the supervisor

    if os.environ.get("RAZORPAY_WEBHOOK_SECRET_PREVIOUS") == _PREVIOUS_SECRET:
        os.environ["RAZORPAY_WEBHOOK_SECRET_ROTATED_AT"] = now.isoformat(timespec="seconds")
        settings.reset_cache()


def keys_of(address: str) -> dict[str, str]:
    """The environment of a program that uses the stand-in mounted at `address` as its Razorpay."""
    return {
        "RAZORPAY_BASE_URL": address,
        "RAZORPAY_KEY_ID": _KEY_ID,
        "RAZORPAY_KEY_SECRET": "local-key-secret",
        "RAZORPAY_WEBHOOK_SECRET": "local-webhook-secret",
        "RAZORPAY_WEBHOOK_SECRET_PREVIOUS": _PREVIOUS_SECRET,
        "RAZORPAY_WEBHOOK_SECRET_ROTATED_AT": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _signed(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
