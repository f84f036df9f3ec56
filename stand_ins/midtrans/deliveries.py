"""How Midtrans delivers notifications: it waits fifteen seconds, and sends five times within a few hours.

Beside the usual ways there is `edited`: the status is changed and the signature still fits, because it does not cover
the status.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from stand_ins.payments.deliveries import MODES, Delivery


@dataclass
class MidtransWebhook:
    """Its law of delivery. The body is signed, not a header."""

    answer_seconds: float = 15.0
    retry_seconds: int = 5 * 3_600
    first_retry_seconds: int = 120
    disables: bool = False
    modes: tuple[str, ...] = tuple(each for each in MODES if each != "previous_secret")

    def headers(self, delivery: Delivery, body: bytes, now: int) -> Mapping[str, str]:  # noqa: ARG002  all are the same
        """The headers of one attempt."""
        return {"user-agent": "Veritrans"}


def unsigned(body: str) -> str:
    """The notification with a signature that does not fit."""
    return json.dumps({**json.loads(body), "signature_key": "0" * 128})


def edited(body: str, status: str) -> str:
    """The notification with another status, under its own signature."""
    return json.dumps({**json.loads(body), "transaction_status": status})
