"""Midtrans as a payment provider: prepaid periods and orders in rupiah, paid on Snap's page.

Only this package and its client, `oneai/clients/midtrans.py`, use Midtrans' names.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from oneai.billing.facts import Event, Observation, Order, Period, Snapshot, SyncRequest
from oneai.billing.providers.face import (
    Cancel,
    Fetch,
    NotChangeable,
    ObservedPlan,
    Operation,
    OrderCheckout,
    RefundPayment,
    SubscriptionCheckout,
)
from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.capabilities import CAPABILITIES
from oneai.billing.providers.midtrans.notifications import event_id, read_notification, verify
from oneai.billing.providers.midtrans.references import NAME
from oneai.clients.midtrans import is_configured

if TYPE_CHECKING:
    from oneai.billing.providers import midtrans
    from oneai.billing.providers.face import PaymentProvider

    _: PaymentProvider = midtrans

__all__ = [
    "CAPABILITIES",
    "NAME",
    "changes_in_place",
    "checkout_options",
    "create_plan",
    "event_id",
    "fetch",
    "find_checkout",
    "is_configured",
    "is_payable",
    "list_plans",
    "observe",
    "open_checkout",
    "open_order",
    "order_options",
    "portal_url",
    "proration",
    "send",
    "verify",
]

_NO_MANDATE = "This plan is paid ahead, and nothing is debited."


def observe(event_id: str, body: bytes) -> Event:
    """A hint to look at one order: a notification proves nothing. Raises ValueError if it cannot be read."""
    notification = read_notification(body)
    reference = references.read(notification.order_ref)
    if reference is None:
        return Event(NAME, event_id, notification.kind, None)
    about = reference.subscription_ref or reference.ref
    page = reference.ref if reference.subscription_ref is not None else ""
    request = SyncRequest(NAME, about, with_payments=True, is_order=not page, page_ref=page)
    return Event(
        NAME,
        event_id,
        notification.kind,
        None,
        Observation(sync_requests=(request,)),
        subscription_ref=reference.subscription_ref,
    )


async def fetch(what: Fetch) -> Observation:
    """The result of an order, of all pages of a subscription, or of one of them."""
    from oneai.billing.providers.midtrans.status_api import fetch_order, fetch_subscription

    if what.kind == "order" or what.page_ref:
        return await fetch_order(what.page_ref or what.ref, what.at)
    return await fetch_subscription(what.ref, what.at)


async def open_checkout(checkout: SubscriptionCheckout) -> Snapshot:
    """Opens a page for a period. Its `short_url` is Snap's."""
    from oneai.billing.providers.midtrans import requests

    return await requests.open_checkout(checkout)


async def find_checkout(our_id: UUID, plan_ref: str, since: datetime) -> Snapshot | None:  # noqa: ARG001
    """None: a page whose answer was lost is one that no payer has seen."""
    return None


async def is_payable(ref: str) -> bool:
    """Whether the newest page of a subscription, or that of an order, is open: a method that expired or failed ends
    it."""
    from oneai.billing.providers.midtrans import status_api

    return await status_api.is_payable(ref)


async def open_order(checkout: OrderCheckout) -> Order:
    """Opens a page for an order. Its `page_url` is Snap's."""
    from oneai.billing.providers.midtrans import requests

    return await requests.open_order(checkout)


def checkout_options(ref: str, plan_ref: str) -> dict[str, str]:  # noqa: ARG001
    """Empty: the checkout is a redirect."""
    return {}


def order_options(ref: str) -> dict[str, str]:  # noqa: ARG001
    """Empty: the checkout is a redirect."""
    return {}


async def send(operation: Operation) -> Observation:
    """Makes an operation. Nothing is debited, so there is nothing to cancel at Midtrans. Raises NotChangeable."""
    from oneai.billing.providers.midtrans import requests

    match operation:
        case RefundPayment():
            return await requests.refund(operation)
        case Cancel(ref):
            await requests.end_pages(ref)
            return Observation()
    raise NotChangeable(_NO_MANDATE)


async def changes_in_place(payment_ref: str) -> bool:  # noqa: ARG001
    """False: another plan is another period."""
    return False


def proration(more: int, starts: datetime, ends: datetime, at: datetime) -> int:  # noqa: ARG001
    """0: plans do not change in place."""
    return 0


async def portal_url(ref: str, short_url: str | None) -> str | None:  # noqa: ARG001
    """None: there is no page at Midtrans to change anything."""
    return None


async def create_plan(*, tier: str, period: Period, currency: str, amount: int) -> str:
    """Midtrans has no plans: the ref names the price."""
    return f"{tier}.{period}.{currency}.{amount}"


async def list_plans() -> tuple[ObservedPlan, ...]:
    """None: every price is ours."""
    return ()
