"""Pausing and resuming."""

from collections.abc import Awaitable, Callable

from oneai.billing import processing, provider
from oneai.billing.facts import Observation
from oneai.billing.subscriptions.current import (
    CurrentSubscription,
    ManageableSubscription,
    current_subscription,
    require_manageable,
)
from oneai.billing_errors import SubscriptionNotChangeable
from oneai.postgres.db import Principal


async def pause_subscription(principal: Principal) -> CurrentSubscription:
    """Stops charges until the subscription is resumed; the paid period remains. Idempotent.

    Raises SubscriptionNotChangeable, PaymentProviderUnavailable.
    """
    subscription = await require_manageable(principal)
    if subscription.status not in ("active", "paused"):
        raise SubscriptionNotChangeable("Only an active subscription can be paused.")
    if subscription.status == "active":
        await _send(provider.pause, subscription)
    return await current_subscription(principal)


async def resume_subscription(principal: Principal) -> CurrentSubscription:
    """Resumes charges from the next period on. Raises SubscriptionNotChangeable, PaymentProviderUnavailable."""
    subscription = await require_manageable(principal)
    if subscription.status != "paused":
        raise SubscriptionNotChangeable("Only a paused subscription can be resumed.")
    if subscription.kind == "team" and subscription.holder_id not in (None, principal.user_id):
        raise SubscriptionNotChangeable("Another owner's card pays for this plan. Only they can do this.")
    if subscription.paused_by_customer:
        raise SubscriptionNotChangeable("You paused this in your bank's or UPI app. Please resume it there.")
    await _send(provider.resume, subscription)
    return await current_subscription(principal)


async def _send(request: Callable[[str], Awaitable[Observation]], subscription: ManageableSubscription) -> None:
    try:
        async with provider.translate_errors("pause"):
            observation = await request(subscription.ref)
    except provider.NotChangeable as error:
        raise SubscriptionNotChangeable(error.message) from error
    await processing.ingest(observation, source="request")
