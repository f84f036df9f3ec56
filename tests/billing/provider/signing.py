"""The secrets of Razorpay and its webhook, and signatures made with them."""

import hashlib
import hmac
import json
from pathlib import Path

KEY_ID, KEY_SECRET = "rzp_test_asha", "the key's secret"
WEBHOOK_SECRET, PREVIOUS_SECRET = "the webhook's secret", "the webhook's secret of yesterday"


def signed(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    """The signature of these bytes."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def compact(path: Path) -> bytes:
    """A sample as it comes over the wire."""
    return json.dumps(json.loads(path.read_text()), separators=(",", ":")).encode()
