"""Writes to Razorpay: create, change, pause, resume and cancel subscriptions, refund payments.

NotChangeable means that the provider refuses a change of one subscription; its message is for the user. The client
raises all other errors: ProviderError, and PaymentProviderUnavailable, after which the effect is unknown.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from oneai.billing.facts import Observation, Order, Snapshot
from oneai.billing.provider import entities as parse
from oneai.billing.provider.fetch import as_observation, fetch_subscription, now, pages, path_of
from oneai.clients import razorpay
from oneai.clients.razorpay import ProviderError

# A smaller difference is not charged when a plan changes within a period.
MINIMUM_CHARGE = 50


class NotChangeable(Exception):
    """The provider refuses this for this subscription; `message` is for its user."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


async def open_subscription(
    our_id: UUID,
    plan_ref: str,
    *,
    start_at: datetime | None,
    expires_at: datetime | None,
    offer_ref: str | None,
    total_count: int,
    workspace_id: UUID,
    quantity: int = 1,
) -> Snapshot:
    """Creates an unpaid subscription; `total_count` is the maximum number of charges, each of `quantity` prices.

    There is no idempotency key: after PaymentProviderUnavailable, `find_by_notes` shows whether it exists.
    """
    body: dict[str, Any] = {
        "plan_id": plan_ref,
        "total_count": total_count,
        "quantity": quantity,
        "notes": {parse.NOTE_SUBSCRIPTION: str(our_id), parse.NOTE_USER: str(workspace_id)},
    }
    if start_at is not None:
        body["start_at"] = int(start_at.timestamp())
    if expires_at is not None:
        body["expire_by"] = int(expires_at.timestamp())
    if offer_ref is not None:
        body["offer_id"] = offer_ref
    at = await now()
    return parse.snapshot(await razorpay.post("/subscriptions", body), at, fetched=True)


async def create_order(
    order_id: UUID,
    *,
    amount: int,
    currency: str,
    description: str,
    workspace_id: UUID,
    recurring: Mapping[str, Any] | None = None,
) -> Order:
    """Creates an order, which is paid once and without a subscription. A lost answer is no loss: an order that no
    payer has seen is never paid. `recurring`: what `recurring.py` adds to it."""
    created = await razorpay.post(
        "/orders",
        {
            "amount": amount,
            "currency": currency,
            "receipt": str(order_id),
            "notes": {parse.NOTE_ORDER: description, parse.NOTE_USER: str(workspace_id)},
            **(recurring or {}),
        },
    )
    return Order(str(created["id"]), workspace_id, amount, currency, description)


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


def order_options(ref: str) -> dict[str, str]:
    """The options of the provider's checkout in the browser for an order."""
    return {"key_id": razorpay.key_id(), "order_id": ref}


def order_page(ref: str) -> str | None:
    """The provider's page to pay an order; None if there is none."""
    return razorpay.order_page(ref)


def checkout_options(ref: str, plan_ref: str) -> dict[str, str]:
    """The options of the provider's checkout in the browser."""
    return {"key_id": razorpay.key_id(), "subscription_id": ref, "plan_id": plan_ref}


def portal_url(snapshot: Snapshot) -> str | None:
    """The provider's page to pay a subscription and change its payment method; None if there is none."""
    return snapshot.short_url
