"""Pausing and resuming, and the page on which one changes how one pays."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from oneai import alerts, log
from oneai.billing import processing, provider
from oneai.billing.facts import Observation
from oneai.billing.subscriptions.current import CurrentSubscription, Live, current, live
from oneai.errors import PaymentProviderUnavailable, SubscriptionNotChangeable
from oneai.postgres.db import Person


class Portal(BaseModel):
    """The provider's page about this subscription."""

    url: str = Field(description="Razorpay's page about this subscription.")
    purpose: Literal["payment_method"] = Field(description="What one can do there: change how one pays.")
    expires_at: datetime | None = Field(default=None, description="When the address ends; null: with the subscription.")


async def pause(person: Person) -> CurrentSubscription:
    """Nothing is charged until it is resumed; what is paid for stays. Paused already changes nothing.

    Raises SubscriptionNotChangeable, PaymentProviderUnavailable.
    """
    having = await _having(person)
    if having.status not in ("active", "paused"):
        raise SubscriptionNotChangeable("Only an active subscription can be paused.")
    if having.status == "active":
        await _tell(provider.pause, having)
    return await current(person)


async def resume(person: Person) -> CurrentSubscription:
    """It is charged again from its next period on. Raises SubscriptionNotChangeable, PaymentProviderUnavailable."""
    having = await _having(person)
    if having.status != "paused":
        raise SubscriptionNotChangeable("Only a paused subscription can be resumed.")
    if having.paused_by_customer:
        raise SubscriptionNotChangeable("You paused this in your bank's or UPI app; please resume it there.")
    await _tell(provider.resume, having)
    return await current(person)


async def portal(person: Person) -> Portal:
    """Where to change the payment method. Raises SubscriptionNotChangeable where there is nothing to pay for."""
    having = await _having(person)
    if having.short_url is None:
        raise SubscriptionNotChangeable("There is no page for this subscription.")
    return Portal(url=having.short_url, purpose="payment_method")


async def _having(person: Person) -> Live:
    having = await live(person)
    if having is None:
        raise SubscriptionNotChangeable("You have no subscription.")
    return having


async def _tell(tell: Callable[[str], Awaitable[Observation]], having: Live) -> None:
    try:
        seen = await tell(having.ref)
    except provider.NotChangeable as error:
        raise SubscriptionNotChangeable(error.sentence) from error
    except provider.ProviderError as error:
        log.warning("the payment provider refused to pause or resume", error=str(error))
        await alerts.raise_alert_throttled("provider_refused", "pause", error=str(error))
        raise PaymentProviderUnavailable(retry_after=60) from error
    await processing.observe(seen, found_by="request")
