"""What merchant and Razorpay share: the API's key and the webhook's secrets, and what is signed with them."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from local.razorpay.state import spelled

_KEY_ID = "rzp_test_localLOCAL0001"
_PREVIOUS = "local-webhook-secret-of-before"


@dataclass(frozen=True)
class Keys:
    """As the stack's environment has them, so that those a person has set count here too."""

    key_id: str
    key_secret: str
    webhook_secret: str
    webhook_secret_previous: str

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The ones that the functions of this stack know."""
        names = ("KEY_ID", "KEY_SECRET", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS")
        return cls(*(environment.get(f"RAZORPAY_{name}", "") for name in names))

    def opens(self, authorization: str) -> bool:
        """Whether this header is Basic authentication with the key."""
        kind, _, told = authorization.partition(" ")
        try:
            given = base64.b64decode(told, validate=True)
        except ValueError:  # also what is no ASCII
            return False
        return kind.lower() == "basic" and hmac.compare_digest(given, f"{self.key_id}:{self.key_secret}".encode())

    def checkout_signature(self, payment_id: str, subscription_id: str) -> str:
        """What the checkout hands to the frontend after a payment: the payment stands first."""
        return _signed(self.key_secret, f"{payment_id}|{subscription_id}".encode())


def webhook_signature(secret: str, body: bytes) -> str:
    """`X-Razorpay-Signature` over the raw body."""
    return _signed(secret, body)


def rotate(now: datetime) -> None:
    """Says to the functions of this process that its own webhook's secret was changed at `now`, which is the stack's:
    the real time at which a stack was started may be days behind."""
    from oneai import settings  # not for the supervisor, which runs without

    if os.environ.get("RAZORPAY_WEBHOOK_SECRET_PREVIOUS") == _PREVIOUS:
        os.environ["RAZORPAY_WEBHOOK_SECRET_ROTATED_AT"] = now.isoformat(timespec="seconds")
        settings.forget()


def settings_of(address: str) -> dict[str, str]:
    """What a program needs in its environment for the stand-in that is mounted at `address` to be its Razorpay."""
    return keys_of(address) | {"RAZORPAY_PLANS": plans()}


def plans() -> str:
    """A plan for every price that the settings of now name; another price is another plan."""
    from oneai.billing.subscriptions import prices  # not for the supervisor, which runs without

    return ",".join(f"{each.key}=plan_{spelled(f'{each.key}={each.amount}')}" for each in prices.all_prices())


def keys_of(address: str) -> dict[str, str]:
    """These settings without the plans."""
    return {
        "RAZORPAY_BASE_URL": address,
        "RAZORPAY_KEY_ID": _KEY_ID,
        "RAZORPAY_KEY_SECRET": "local-key-secret",
        "RAZORPAY_WEBHOOK_SECRET": "local-webhook-secret",
        "RAZORPAY_WEBHOOK_SECRET_PREVIOUS": _PREVIOUS,
        "RAZORPAY_WEBHOOK_SECRET_ROTATED_AT": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _signed(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
