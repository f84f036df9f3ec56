"""The shared secrets of merchant and Stripe: the API key, the webhook's secrets, and their signatures."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_SECRET_KEY = "sk_test_localLOCAL0001"
_WEBHOOK_SECRET = "whsec_local"
_PREVIOUS_SECRET = "whsec_local_before"


@dataclass(frozen=True)
class Keys:
    """From the stack's environment, so that keys set by a developer count here too."""

    secret_key: str
    webhook_secret: str
    webhook_secret_previous: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The keys that the functions of this stack use."""
        names = ("SECRET_KEY", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS")
        return cls(*(environment.get(f"STRIPE_{name}", "") for name in names))

    def problem(self, authorization: str) -> str | None:
        """The key in this header, if it is not the bearer of the secret key; None if it is."""
        kind, _, key = authorization.partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(key.encode(), self.secret_key.encode()):
            return None
        return key


def signature_header(secrets: list[str], at: int, body: bytes) -> str:
    """`Stripe-Signature` over the raw body: one `v1` for each secret, and a `v0`, which is not to be checked."""
    signed = [hmac.new(each.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={at}", *(f"v1={each}" for each in signed), "v0=0000"])


def keys_of(address: str) -> dict[str, str]:
    """The environment of a program that uses the stand-in mounted at `address` as its Stripe."""
    return {
        "STRIPE_BASE_URL": address,
        "STRIPE_SECRET_KEY": _SECRET_KEY,
        "STRIPE_WEBHOOK_SECRET": _WEBHOOK_SECRET,
        "STRIPE_WEBHOOK_SECRET_PREVIOUS": _PREVIOUS_SECRET,
    }
