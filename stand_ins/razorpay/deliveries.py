"""How Razorpay delivers webhooks: it waits five seconds, sends again for a day, and then disables the webhook."""

from collections.abc import Mapping
from dataclasses import dataclass

from stand_ins.payments.deliveries import MODES, Delivery
from stand_ins.payments.state import moment
from stand_ins.razorpay.keys import Keys, rotate, webhook_signature


@dataclass
class RazorpayWebhook:
    """Its law of delivery, with the keys that sign."""

    keys: Keys
    answer_seconds: float = 5.0
    retry_seconds: int = 86_400
    first_retry_seconds: int = 60
    disables: bool = True
    modes: tuple[str, ...] = MODES

    def headers(self, delivery: Delivery, body: bytes, now: int) -> Mapping[str, str]:
        """The event's id, and the signature over the body. The previous secret is accepted for a day from `now`."""
        if delivery.mode == "previous_secret":
            rotate(moment(now))
        headers = {"user-agent": "Razorpay-Webhook/v1", "x-razorpay-event-id": delivery.event_id}
        secret = self.keys.webhook_secret_previous if delivery.mode == "previous_secret" else self.keys.webhook_secret
        if delivery.mode != "unsigned" and secret:
            headers["x-razorpay-signature"] = webhook_signature(secret, body)
        return headers
