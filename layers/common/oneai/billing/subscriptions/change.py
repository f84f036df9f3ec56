"""Changes the plan: in place if the provider can, else with a subscription that replaces the current one."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing import processing, provider, provider_operations
from oneai.billing.facts import Period
from oneai.billing.merge import SyncRequest
from oneai.billing.subscriptions import plan_list, prices
from oneai.billing.subscriptions.checkout import (
    PROVIDER_SECONDS,
    Checkout,
    CheckoutRequest,
    CheckoutSession,
    SignUpSettings,
    open_checkout,
)
from oneai.billing.subscriptions.current import ManageableSubscription, manageable
from oneai.billing.subscriptions.prices import Price
from oneai.billing.subscriptions.subscribe import ATTEMPTS, Name, is_downgrade
from oneai.errors import AlreadySubscribed, Busy, SubscriptionNotChangeable
from oneai.field_errors import invalid
from oneai.plans.wrong_kind import wrong_kind
from oneai.plans.limits_and_prices import PLANS
from oneai.postgres import db
from oneai.postgres.db import Principal


class PlanChange(BaseModel):
    """The body of `POST /api/subscription/update`. Without `period` it is unchanged; the currency never changes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan_id: Name = Field(description="The new plan, an id from `GET /subscription/plans`.")
    when: Literal["now", "period_end"] = Field(
        description="`now`, or `period_end`: a smaller plan or a shorter period can only start then."
    )
    period: Period | None = Field(default=None, description="Absent: unchanged.")


async def change_plan(principal: Principal, change: PlanChange) -> CheckoutSession:
    """Returns the subscription with the new plan, and whether it has to be paid first.

    A replacement ends the other subscription once it is paid (`now`), or starts where the other one's period ends
    (`period_end`); until then the user keeps the current plan. The rest of the other payment is refunded as if it had
    been cancelled. Raises InvalidRequest with the field's name (a downgrade is at `period_end`), ContactSales,
    AlreadySubscribed, SubscriptionNotChangeable, and everything that `open_checkout` raises.
    """
    for _ in range(ATTEMPTS):
        subscription, price = await check_change(principal, change)
        if change.when == "now" and (changed := await _in_place(principal, subscription, price)) is not None:
            return changed
        request = CheckoutRequest(price, replaces=subscription.id, start_at=scheduled_start(change, subscription))
        if (session := await open_checkout(principal, request)) is not None:
            return session[0]
    raise Busy(retry_after=1)


async def check_change(principal: Principal, change: PlanChange) -> tuple[ManageableSubscription, Price]:
    """Returns the subscription to change and the price of the new plan.

    Raises InvalidRequest with the field's name, ContactSales, AlreadySubscribed, SubscriptionNotChangeable.
    """
    if change.plan_id in PLANS and PLANS[change.plan_id].free:
        raise invalid("plan_id", "free_plan", "This plan is free. Cancel your subscription to use it.")
    subscription = await manageable(principal)
    price = await _price(change, subscription)
    if subscription is None:
        raise SubscriptionNotChangeable("You have no subscription to change. Subscribe first.")
    if subscription.kind not in PLANS[price.tier].kinds:
        raise wrong_kind("plan_id", subscription.kind)
    if (subscription.plan_id, subscription.period) == (price.tier, price.period):
        raise AlreadySubscribed
    if change.when == "now" and is_downgrade(price, subscription):
        raise invalid(
            "when", "period_end_only", "A smaller plan can only start at the end of the period: `period_end`."
        )
    return subscription, price


def scheduled_start(change: PlanChange, subscription: ManageableSubscription) -> datetime | None:
    """When a change at the end of the period starts; None if it starts immediately."""
    return subscription.paid_through if change.when == "period_end" and not subscription.ends_within_the_hour else None


def may_change_in_place(subscription: ManageableSubscription, price: Price) -> bool:
    """Whether the provider may be able to change the subscription's plan in place.

    Only for the same period, because the rest of a month has no price in years.
    """
    if (
        not subscription.changeable
        or subscription.cancel_requested
        or subscription.status != "active"
        or price.plan_ref is None
    ):
        return False
    return price.period == subscription.period


async def _price(change: PlanChange, subscription: ManageableSubscription | None) -> Price:
    period, currency = (subscription.period, subscription.currency) if subscription else ("monthly", "INR")
    return await prices.price(change.plan_id, change.period or period, currency)


async def _in_place(principal: Principal, subscription: ManageableSubscription, price: Price) -> CheckoutSession | None:
    """The same subscription with another plan; None if the provider cannot change it.

    Only immediately, because a change that is scheduled at the provider can be neither read nor undone.
    """
    if (
        price.plan_ref is None
        or not may_change_in_place(subscription, price)
        or not await _is_price_available(principal, price)
    ):
        return None
    # Even if its answer is lost, the provider may have charged.
    await db.call("select oneai.request_sync(%s, %s)", [provider.PROVIDER, subscription.ref], idempotent=True)
    try:
        async with provider.translate_errors("change_plan", seconds=PROVIDER_SECONDS):
            observation = await provider.change_plan(subscription.ref, price.plan_ref)
    except provider.NotChangeable:
        return None
    await processing.ingest(observation, source="request")
    # The answer does not show the charge.
    await processing.sync(
        SyncRequest(subscription.ref, with_payments=True), source="request", seconds=provider_operations.SHORT_SECONDS
    )
    return CheckoutSession(
        subscription_id=subscription.id,
        razorpay=Checkout.model_validate(provider.checkout_options(subscription.ref, price.plan_ref)),
        short_url=subscription.short_url,
        charged_amount=price.amount,
        payment_needed=False,
        bank_confirmation=plan_list.bank_confirmation(price),
    )


async def _is_price_available(principal: Principal, price: Price) -> bool:
    """Whether this price is still sold. Raises AccountSuspended, EmailNotConfirmed."""
    confirmed = settings.read(SignUpSettings).require_confirmed_email
    (available,) = await db.call(
        "select oneai.may_change_to(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(principal.user_id, principal.workspace_id, confirmed, provider.PROVIDER),
            *(price.plan_ref, price.tier, price.period, price.currency, price.amount),
        ],
        idempotent=True,
    )
    return bool(available)
