"""The server key, which authorizes requests and signs notifications."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Keys:
    """From the stack's environment, so that a key set by a developer counts here too."""

    server_key: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """The key that the functions of this stack use."""
        return cls(environment.get("MIDTRANS_SERVER_KEY", ""))

    def authorizes(self, authorization: str) -> bool:
        """Whether this header is Basic authentication with the key and no password."""
        kind, _, credentials = authorization.partition(" ")
        try:
            decoded = base64.b64decode(credentials, validate=True)
        except ValueError:  # non-ASCII input included
            return False
        return kind.lower() == "basic" and hmac.compare_digest(decoded, f"{self.server_key}:".encode())

    def signature(self, order_id: str, status_code: str, gross_amount: str) -> str:
        """`signature_key` over these texts. It covers no status."""
        return hashlib.sha512(f"{order_id}{status_code}{gross_amount}{self.server_key}".encode()).hexdigest()


def keys_of(address: str) -> dict[str, str]:
    """The environment of a program that uses the stand-in mounted at `address` as its Midtrans."""
    return {"MIDTRANS_BASE_URL": address, "MIDTRANS_SERVER_KEY": "SB-Mid-server-local-key-of-this-machine"}
