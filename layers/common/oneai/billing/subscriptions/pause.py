"""Pausing and resuming."""

from oneai.billing import processing, providers
from oneai.billing.provider_requests import count_request
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import NotChangeable, Pause, Resume
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

    Raises SubscriptionNotChangeable, RateLimited, PaymentProviderUnavailable.
    """
    subscription = await require_manageable(principal)
    if subscription.status not in ("active", "paused"):
        raise SubscriptionNotChangeable("Only an active subscription can be paused.")
    if subscription.status == "active":
        await _send(principal, Pause(subscription.ref), subscription)
    return await current_subscription(principal)


async def resume_subscription(principal: Principal) -> CurrentSubscription:
    """Resumes charges from the next period on. Raises SubscriptionNotChangeable, RateLimited,
    PaymentProviderUnavailable."""
    subscription = await require_manageable(principal)
    if subscription.status != "paused":
        raise SubscriptionNotChangeable("Only a paused subscription can be resumed.")
    if subscription.kind == "team" and subscription.holder_id not in (None, principal.user_id):
        raise SubscriptionNotChangeable("Another owner's card pays for this plan. Only they can do this.")
    if subscription.paused_by_customer:
        raise SubscriptionNotChangeable("You paused this in your bank's or UPI app. Please resume it there.")
    await _send(principal, Resume(subscription.ref), subscription)
    return await current_subscription(principal)


async def _send(principal: Principal, operation: Pause | Resume, subscription: ManageableSubscription) -> None:
    provider = providers.of(subscription.payment_provider)
    if not provider.CAPABILITIES.pauses:
        raise SubscriptionNotChangeable("This plan cannot be paused.")
    await count_request(principal.workspace_id)
    try:
        async with translate_errors(provider.NAME, "pause"):
            observation = await provider.send(operation)
    except NotChangeable as error:
        raise SubscriptionNotChangeable(error.message) from error
    await processing.ingest(observation, source="request")
