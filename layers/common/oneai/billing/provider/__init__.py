"""The payment provider: reads from it, writes to it, and turns its answers and events into facts.

Only this package and its client, `oneai/clients/razorpay.py`, use the provider's names. All other code uses
`oneai/billing/facts.py`.
"""

from oneai.billing.provider.errors import PROVIDER, KeyRefused, ProviderRefused, translate_errors
from oneai.billing.provider.events import event_of
from oneai.billing.provider.fetch import fetch_order, fetch_payment, fetch_subscription, find_by_notes, is_international
from oneai.billing.provider.plans import ObservedPlan, create_plan, list_plans
from oneai.billing.provider.recurring import (
    Mandate,
    authorizing,
    create_customer,
    debit,
    fetch_mandate,
    mandate_options,
    notified,
)
from oneai.billing.provider.requests import (
    NotChangeable,
    cancel,
    change_plan,
    checkout_options,
    create_order,
    open_subscription,
    order_options,
    order_page,
    pause,
    portal_url,
    proration,
    refund,
    resume,
)
from oneai.billing.provider.signatures import (
    delivery,
    matching_secret,
    previous_secret_problem,
    unsigned_reason,
    verify_checkout,
    verify_order,
)
from oneai.clients.razorpay import ProviderError

__all__ = [
    "PROVIDER",
    "KeyRefused",
    "Mandate",
    "NotChangeable",
    "ObservedPlan",
    "ProviderError",
    "ProviderRefused",
    "authorizing",
    "cancel",
    "change_plan",
    "checkout_options",
    "create_customer",
    "create_order",
    "create_plan",
    "debit",
    "delivery",
    "event_of",
    "fetch_mandate",
    "fetch_order",
    "fetch_payment",
    "fetch_subscription",
    "find_by_notes",
    "is_international",
    "list_plans",
    "mandate_options",
    "matching_secret",
    "notified",
    "open_subscription",
    "order_options",
    "order_page",
    "pause",
    "portal_url",
    "previous_secret_problem",
    "proration",
    "refund",
    "resume",
    "translate_errors",
    "unsigned_reason",
    "verify_checkout",
    "verify_order",
]
