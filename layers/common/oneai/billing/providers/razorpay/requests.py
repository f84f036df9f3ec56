"""Writes to Razorpay: create, change, pause, resume and cancel subscriptions, refund payments.

Errors are those of the face (`providers/face.py`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from oneai.billing.facts import Observation, Order, Snapshot
from oneai.billing.providers.face import NotChangeable, OrderCheckout, SubscriptionCheckout
from oneai.billing.providers.razorpay import entities as parse
from oneai.billing.providers.razorpay.fetch import as_observation, fetch_subscription, now, pages, path_of
from oneai.clients import razorpay
from oneai.clients.razorpay import ProviderError

# A smaller difference is not charged when a plan changes within a period.
MINIMUM_CHARGE = 50


async def open_checkout(checkout: SubscriptionCheckout) -> Snapshot:
    """Creates an unpaid subscription.

    There is no idempotency key: after PaymentProviderUnavailable, `find_checkout` shows whether it exists.
    """
    body: dict[str, Any] = {
        "plan_id": checkout.plan_ref,
        "total_count": checkout.charges,
        "quantity": checkout.quantity,
        "notes": {parse.NOTE_SUBSCRIPTION: str(checkout.our_id), parse.NOTE_USER: str(checkout.workspace_id)},
    }
    if checkout.start_at is not None:
        body["start_at"] = int(checkout.start_at.timestamp())
    if checkout.expires_at is not None:
        body["expire_by"] = int(checkout.expires_at.timestamp())
    if checkout.offer_ref is not None:
        body["offer_id"] = checkout.offer_ref
    at = await now()
    return parse.snapshot(await razorpay.post("/subscriptions", body), at, fetched=True)


async def open_order(checkout: OrderCheckout) -> Order:
    """Creates an order. `terms` are those of `recurring.py`."""
    created = await razorpay.post(
        "/orders",
        {
            "amount": checkout.amount,
            "currency": checkout.currency,
            "receipt": str(checkout.order_id),
            "notes": {parse.NOTE_ORDER: checkout.description, parse.NOTE_USER: str(checkout.workspace_id)},
            **checkout.terms,
        },
    )
    ref, contents = str(created["id"]), (checkout.amount, checkout.currency, checkout.description)
    return Order(parse.NAME, ref, checkout.workspace_id, *contents, page_url=razorpay.order_page(ref))


async def cancel(ref: str, *, at_period_end: bool) -> Observation:
    """Cancels, which cannot be undone; does nothing if it has already ended. Raises NotChangeable."""
    return await _post(
        f"{path_of(ref)}/cancel",
        {"cancel_at_cycle_end": at_period_end},
        ref,
        in_effect=lambda snapshot: snapshot.ended,
        message="This subscription cannot be cancelled now.",
    )


async def change_plan(ref: str, plan_ref: str) -> Observation:
    """Changes the plan in place and immediately: the provider charges the difference for the rest of the period.

    Raises NotChangeable for everything debited through a mandate, which another subscription has to replace.
    """
    at = await now()
    body = {"plan_id": plan_ref, "schedule_change_at": "now"}
    try:
        return as_observation(await razorpay.patch(path_of(ref), body), at)
    except ProviderError as error:
        if error.status != 400:
            raise
        raise NotChangeable("The plan of this subscription cannot be changed in place.") from error


def proration(more: int, starts: datetime, ends: datetime, at: datetime) -> int:
    """What `change_plan` charges at `at` if a period costs `more`: the remaining share of it, accurate to one paisa or
    cent."""
    difference = (more * (ends - at)) // (ends - starts)
    return difference if difference >= MINIMUM_CHARGE else 0


async def pause(ref: str) -> Observation:
    """Pauses an active subscription. Raises NotChangeable."""
    return await _post(
        f"{path_of(ref)}/pause",
        {"pause_at": "now"},
        ref,
        in_effect=lambda snapshot: snapshot.status == "paused",
        message="Only an active subscription can be paused.",
    )


async def resume(ref: str) -> Observation:
    """Resumes a subscription that we paused. Raises NotChangeable."""
    return await _post(
        f"{path_of(ref)}/resume",
        {"resume_at": "now"},
        ref,
        in_effect=lambda snapshot: snapshot.status == "active",
        message="This subscription is not paused here. If you paused it in a bank's or UPI app, resume it there.",
    )


async def refund(payment_ref: str, amount: int, *, operation_id: UUID) -> Observation:
    """Refunds `amount` of a payment, once for each `operation_id`, however often it is called."""
    path = f"/payments/{quote(payment_ref, safe='')}/refund"
    key = str(operation_id)
    body = {"amount": amount, "speed": "normal", "receipt": key, "notes": {parse.NOTE_OPERATION: key}}
    try:
        return Observation(refunds=(parse.refund(await razorpay.post(path, body, idempotency_key=key)),))
    except ProviderError as error:
        if error.status != 400:
            raise
        # The key was used for another amount, or nothing is left: the provider already has this operation.
        async for entity in pages(f"{path}s"):
            if entity.get("receipt") == key:
                return Observation(refunds=(parse.refund(entity),))
        raise


async def _post(
    path: str, body: dict[str, Any], ref: str, *, in_effect: Callable[[Snapshot], bool], message: str
) -> Observation:
    """Sends the request; after a refusal, checks whether the change is already in effect."""
    at = await now()
    try:
        return as_observation(await razorpay.post(path, body), at)
    except ProviderError as error:
        if error.status != 400:
            raise
        observation = await fetch_subscription(ref, with_payments=False)
        if in_effect(observation.snapshots[0]):
            return observation
        raise NotChangeable(message) from error


async def is_payable(ref: str) -> bool:  # noqa: ARG001
    """Yes: a checkout in our page tries again by itself."""
    return True


def order_options(ref: str) -> dict[str, str]:
    """The options of the provider's checkout in the browser for an order."""
    return {"key_id": razorpay.key_id(), "order_id": ref}


def checkout_options(ref: str, plan_ref: str) -> dict[str, str]:
    """The options of the provider's checkout in the browser."""
    return {"key_id": razorpay.key_id(), "subscription_id": ref, "plan_id": plan_ref}


async def portal_url(ref: str, short_url: str | None) -> str | None:  # noqa: ARG001  others need the ref
    """The provider's page to pay a subscription and change its payment method: that of its checkout."""
    return short_url
