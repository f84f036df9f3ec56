"""Writes to Stripe: open checkouts, cancel subscriptions, refund payments, open the customer portal.

NotChangeable means that Stripe refuses a change of one subscription; its message is for the user. The client raises all
other errors: StripeError, and PaymentProviderUnavailable, after which the effect is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from oneai import settings
from oneai.billing.facts import Observation, Order, Snapshot
from oneai.billing.providers.face import (
    Cancel,
    Fetch,
    NotChangeable,
    OrderCheckout,
    RefundPayment,
    SubscriptionCheckout,
)
from oneai.billing.providers.stripe import checkouts, entities, recurring
from oneai.billing.providers.stripe import values as read
from oneai.billing.providers.stripe.customers import customer_of
from oneai.billing.providers.stripe.reading import CHECKOUT, as_observation, fetch, now, pages, path_of, read_checkout
from oneai.clients import stripe
from oneai.clients.stripe import StripeError

# A checkout can be paid for at least half an hour and at most a day; a minute for clock differences.
_SHORTEST, _LONGEST = timedelta(minutes=31), timedelta(hours=23, minutes=59)
# A trial ends at least two days after the checkout; a nearer start anchors the first period instead.
_SHORTEST_TRIAL = timedelta(hours=49)
# A charge of the subscription has failed.
_OWED = ("past_due", "unpaid")
# What the page adds to the address that it sends its payer to: after they paid, and when they turn back.
_PAID, _TURNED_BACK = "checkout={CHECKOUT_SESSION_ID}", "turned_back=1"


@dataclass(frozen=True)
class SiteSettings:
    """The web app's address."""

    site_url: str = ""


async def open_checkout(checkout: SubscriptionCheckout) -> Snapshot:
    """Opens a Checkout Session, whose ref stands for the subscription until it is paid.

    The same `our_id` within a day opens the same one.
    """
    at = await now()
    named: dict[str, Any] = {read.SUBSCRIPTION: checkout.our_id, read.WORKSPACE: checkout.workspace_id}
    begins: dict[str, Any] = {}
    if checkout.start_at is not None:
        starts = int(checkout.start_at.timestamp())
        named[read.STARTS] = starts
        if checkout.start_at - at >= _SHORTEST_TRIAL:
            missing = {"end_behavior": {"missing_payment_method": "cancel"}}
            begins = {"trial_end": starts, "trial_settings": missing}
        else:
            begins = {"billing_cycle_anchor": starts, "proration_behavior": "none"}
    sold = {read.PRICE: checkout.plan_ref, read.QUANTITY: checkout.quantity}
    session = await stripe.post(
        "/checkout/sessions",
        {
            "mode": "subscription",
            "line_items": [{"price": checkout.plan_ref, "quantity": checkout.quantity}],
            "metadata": named | sold,
            "subscription_data": {"metadata": named, **begins},
            "client_reference_id": checkout.our_id,
            **await _page(checkout.workspace_id, checkout.return_url, checkout.expires_at, at),
        },
        idempotency_key=f"checkout:{checkout.our_id}",
    )
    snapshot = checkouts.checkout_snapshot(_shown(session), at, fetched=True)
    if snapshot is None:
        raise ValueError("a checkout without what it was asked for")
    return snapshot


async def open_order(checkout: OrderCheckout) -> Order:
    """Opens a Checkout Session in payment mode, or what a debit is made of (`recurring.py`), as the `terms` say."""
    if read.DEBIT in checkout.terms:
        return await recurring.open_debited(checkout)
    at = await now()
    named = {read.ORDER: checkout.description, read.WORKSPACE: checkout.workspace_id}
    price = {
        "currency": checkout.currency.lower(),
        "unit_amount": read.stripe_amount(checkout.amount, checkout.currency),
        "product_data": {"name": checkout.description},
        "tax_behavior": "inclusive",
    }
    session = await stripe.post(
        "/checkout/sessions",
        {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "metadata": named,
            "payment_intent_data": {"metadata": named, "description": checkout.description, **checkout.terms},
            "client_reference_id": checkout.order_id,
            **await _page(checkout.workspace_id, checkout.return_url, checkout.expires_at, at),
        },
        idempotency_key=f"order:{checkout.order_id}",
    )
    order = checkouts.order(_shown(session))
    if order is None:
        raise ValueError("a checkout without what it was asked for")
    return order


async def _page(workspace_id: UUID, return_url: str, expires_at: datetime | None, at: datetime) -> Mapping[str, Any]:
    """What both kinds of checkout have: who pays, where the page leads, and how long it is open."""
    return_url = return_url or _billing_page()
    returned = f"{return_url}{'&' if '?' in return_url else '?'}"
    until = min(max(expires_at or at + _LONGEST, at + _SHORTEST), at + _LONGEST)
    return {
        "customer": await customer_of(workspace_id),
        "success_url": returned + _PAID,
        "cancel_url": returned + _TURNED_BACK,
        "expires_at": int(until.timestamp()),
    }


def _shown(opened: read.Entity) -> read.Entity:
    """What was opened. Raises StripeError unless its page, which a payer is sent to, is Stripe's."""
    if not stripe.is_own_page(read.required(opened, "url")):
        raise StripeError(502, description="The page has no address at Stripe.")
    return opened


async def cancel(operation: Cancel) -> Observation:
    """Cancels a subscription, or closes a checkout that is not paid; does nothing if it has already ended."""
    ref = operation.ref
    if ref.startswith(CHECKOUT):
        session = await _close(ref)
        started = read.word(session.get("subscription"))
        if started is None:
            snapshot = checkouts.checkout_snapshot(session, await now(), fetched=True)
            return Observation(snapshots=(snapshot,) if snapshot is not None else ())
        ref = started
    at = await now()
    try:
        if operation.at_period_end:
            key = f"cancel-at-end:{ref}:{int(at.timestamp())}"
            return as_observation(
                await stripe.post(path_of(ref), {"cancel_at_period_end": True}, idempotency_key=key), at
            )
        return as_observation(await stripe.delete(path_of(ref), idempotency_key=f"cancel:{ref}"), at)
    except StripeError as error:
        if error.status not in (400, 404):
            raise
        observation = await fetch(Fetch(ref))
        if observation.snapshots[0].ended:
            return observation
        raise NotChangeable("This subscription cannot be cancelled now.") from error


async def _close(ref: str) -> read.Entity:
    """The checkout after it was closed, or as it is if that is too late."""
    try:
        return await stripe.post(f"/checkout/sessions/{ref}/expire", {}, idempotency_key=f"expire:{ref}")
    except StripeError as error:
        if error.status != 400:
            raise
        return await read_checkout(ref)


async def refund(operation: RefundPayment) -> Observation:
    """Refunds a part of a payment, once for each operation. After a day Stripe forgets the key, so that an earlier
    refund of this operation is looked for first."""
    key = str(operation.operation_id)
    async for entity in pages("/refunds", payment_intent=operation.payment_ref):
        if read.metadata(entity).get(read.OPERATION) == key:
            return Observation(refunds=(entities.refund(entity),))
    made = await stripe.post(
        "/refunds",
        {
            "payment_intent": operation.payment_ref,
            "amount": read.stripe_amount(operation.amount, operation.currency),
            "reason": "requested_by_customer",
            "metadata": {read.OPERATION: key},
        },
        idempotency_key=f"refund:{key}",
    )
    return Observation(refunds=(entities.refund(made),))


async def portal_url(ref: str, short_url: str | None) -> str | None:
    """The page of the invoice that waits for a payment after a failed charge, the customer portal, or the page of a
    checkout that is not paid. The portal's address is valid for minutes."""
    if ref.startswith(CHECKOUT):
        return short_url
    subscription = await stripe.get(path_of(ref))
    if subscription.get("status") in _OWED and (page := await _open_invoice(ref)) is not None:
        return page
    customer, at = read.required(subscription, "customer"), await now()
    portal = await stripe.post(
        "/billing_portal/sessions",
        {"customer": customer, "return_url": _billing_page()},
        idempotency_key=f"portal:{customer}:{at.timestamp()}",
    )
    return read.word(_shown(portal).get("url"))


async def _open_invoice(ref: str) -> str | None:
    """Stripe's page of the newest invoice of a subscription that can be paid; None if there is none. The portal stores
    another card, and leaves the invoice to the next attempt, which may be days away."""
    async for bill in pages("/invoices", subscription=ref, status="open"):
        page = read.word(bill.get("hosted_invoice_url"))
        return page if page is not None and stripe.is_own_page(page) else None
    return None


def _billing_page() -> str:
    """The web app's page of what a workspace pays."""
    return f"{settings.read(SiteSettings).site_url.rstrip('/')}/billing"
