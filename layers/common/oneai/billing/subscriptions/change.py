"""Changing the plan: in place where the provider can, else another subscription that takes the first one's place."""

import asyncio
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneai import alerts, log, settings
from oneai.billing import processing, provider, soon
from oneai.billing.facts import Period
from oneai.billing.merge import SyncRequest
from oneai.billing.subscriptions import plan_list, prices
from oneai.billing.subscriptions.checkout import (
    PROVIDER_SECONDS,
    Checkout,
    OpenedSubscription,
    SignUpSettings,
    Wish,
    opened,
)
from oneai.billing.subscriptions.current import Live, live
from oneai.billing.subscriptions.prices import Price
from oneai.billing.subscriptions.subscribe import TRIES, Name, is_less
from oneai.errors import AlreadySubscribed, Busy, PaymentProviderUnavailable, SubscriptionNotChangeable
from oneai.field_errors import invalid
from oneai.plans.catalog import PLANS
from oneai.postgres import db
from oneai.postgres.db import Person


class PlanChange(BaseModel):
    """The body of `POST /api/subscription/update`. Absent, `period` stays as it is; the currency always does."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan_id: Name = Field(description="The new plan, as `GET /subscription/plans` names it.")
    when: Literal["now", "period_end"] = Field(
        description="`now`, or `period_end`: a smaller plan and a shorter period begin only then."
    )
    period: Period | None = Field(default=None, description="Absent: as it is.")


async def update(person: Person, wanted: PlanChange) -> OpenedSubscription:
    """The subscription with the new plan, and whether it is to be paid first.

    One that takes another's place ends it once it is paid (`now`), or begins where the other one's period ends
    (`period_end`): until then the person keeps what they have. What is left of the other one's payment comes back as
    if it had been cancelled. Raises InvalidRequest naming the field (a step down is at `period_end`), ContactSales,
    AlreadySubscribed, SubscriptionNotChangeable, and whatever `opened` does.
    """
    for _ in range(TRIES):
        having, price = await checked(person, wanted)
        if wanted.when == "now" and (changed := await _in_place(person, having, price)) is not None:
            return changed
        wish = Wish(price, replaces=having.id, start_at=starts_later(wanted, having))
        if (found := await opened(person, wish)) is not None:
            return found[0]
    raise Busy(retry_after=1)


async def checked(person: Person, wanted: PlanChange) -> tuple[Live, Price]:
    """The subscription that would be changed, and the price of what is wanted.

    Raises InvalidRequest naming the field, ContactSales, AlreadySubscribed, SubscriptionNotChangeable.
    """
    if wanted.plan_id in PLANS and PLANS[wanted.plan_id].free:
        raise invalid("plan_id", "free_plan", "This plan is free: cancel your subscription to have it.")
    having = await live(person)
    price = _price(wanted, having)
    if having is None:
        raise SubscriptionNotChangeable("You have no subscription to change. Subscribe first.")
    if (having.plan_id, having.period) == (price.tier, price.period):
        raise AlreadySubscribed
    if wanted.when == "now" and is_less(price, having):
        raise invalid("when", "period_end_only", "A smaller plan begins at the end of the period: `period_end`.")
    return having, price


def starts_later(wanted: PlanChange, having: Live) -> datetime | None:
    """When a change that is to wait begins; None where that is at once."""
    return having.good_until if wanted.when == "period_end" and not having.soon else None


def may_change_in_place(having: Live, price: Price) -> bool:
    """Whether the provider may be asked to give the same subscription another plan.

    Only for the same periods: what is left of one has no price in another.
    """
    if not having.changeable or having.cancel_requested or having.status != "active" or price.plan_ref is None:
        return False
    return price.period == having.period


def _price(wanted: PlanChange, having: Live | None) -> Price:
    period, currency = (having.period, having.currency) if having else ("monthly", "INR")
    return prices.price(wanted.plan_id, wanted.period or period, currency)


async def _in_place(person: Person, having: Live, price: Price) -> OpenedSubscription | None:
    """The same subscription with another plan; None where the provider cannot do that with this one.

    Only at once, for what is to come later can be neither seen nor taken back.
    """
    if price.plan_ref is None or not may_change_in_place(having, price) or not await _may_have(person, price):
        return None
    # Whatever we hear of the answer, the provider may have charged.
    await db.call("select oneai.request_sync(%s, %s)", [provider.PROVIDER, having.ref], idempotent=True)
    try:
        async with asyncio.timeout(PROVIDER_SECONDS):
            seen = await provider.change_plan(having.ref, price.plan_ref)
    except provider.NotChangeable:
        return None
    except TimeoutError as error:
        raise PaymentProviderUnavailable(retry_after=5) from error
    except provider.ProviderError as error:
        log.warning("the payment provider refused to change a plan", error=str(error))
        await alerts.raise_alert_throttled("provider_refused", "change_plan", error=str(error))
        raise PaymentProviderUnavailable(retry_after=60) from error
    await processing.observe(seen, found_by="request")
    # The answer does not show what was charged.
    await processing.look(SyncRequest(having.ref, deep=True), found_by="request", seconds=soon.FEW_SECONDS)
    return OpenedSubscription(
        subscription_id=having.id,
        razorpay=Checkout.model_validate(provider.checkout(having.ref, price.plan_ref)),
        short_url=having.short_url,
        charged_amount=price.amount,
        payment_needed=False,
        bank_confirmation=plan_list.bank_confirmation(price),
    )


async def _may_have(person: Person, price: Price) -> bool:
    """Whether there is a plan of this price at the provider. Raises AccountSuspended, EmailNotConfirmed."""
    confirmed = settings.read(SignUpSettings).require_confirmed_email
    (sold,) = await db.call(
        "select oneai.may_change_to(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(person.user_id, confirmed, provider.PROVIDER),
            *(price.plan_ref, price.tier, price.period, price.currency, price.amount),
        ],
        idempotent=True,
    )
    return bool(sold)
