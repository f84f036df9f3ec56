"""Whoever takes the money: what we ask it and tell it, and what it tells us, in our words.

Its own words end here: in `oneai/clients/razorpay.py`, the door, and in this folder, the mapping. All else speaks
`oneai/billing/facts.py`.
"""

from oneai.billing.provider.events import event_of
from oneai.billing.provider.fetch import find_opened, is_international, look, look_payment
from oneai.billing.provider.plans import PlanSeen, list_plans, make_plan
from oneai.billing.provider.requests import (
    LEAST_REFUND,
    NotChangeable,
    cancel,
    change_plan,
    checkout,
    open_subscription,
    pause,
    portal_url,
    prorated,
    refund,
    resume,
)
from oneai.billing.provider.signatures import (
    checkout_signed,
    delivery,
    previous_refused_at,
    signed_with,
    unsigned_because,
)
from oneai.clients.razorpay import ProviderError

__all__ = [
    "LEAST_REFUND",
    "PROVIDER",
    "NotChangeable",
    "PlanSeen",
    "ProviderError",
    "cancel",
    "change_plan",
    "checkout",
    "checkout_signed",
    "delivery",
    "event_of",
    "find_opened",
    "is_international",
    "list_plans",
    "look",
    "look_payment",
    "make_plan",
    "open_subscription",
    "pause",
    "portal_url",
    "previous_refused_at",
    "prorated",
    "refund",
    "resume",
    "signed_with",
    "unsigned_because",
]

# In every column `payment_provider`.
PROVIDER = "razorpay"
