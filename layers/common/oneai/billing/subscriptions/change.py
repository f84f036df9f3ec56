"""Changes the plan: in place if the provider can, else with a subscription that replaces the current one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing import processing, provider_operations, providers
from oneai.billing.facts import Period, SyncRequest
from oneai.billing.provider_requests import count_request
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import ChangePlan, NotChangeable
from oneai.billing.subscriptions import plan_list, prices
from oneai.billing.subscriptions.checkout import (
    PROVIDER_SECONDS,
    CheckoutRequest,
    CheckoutSession,
    SignUpSettings,
    open_checkout,
    ways_to_pay,
)
from oneai.billing.subscriptions.current import ManageableSubscription, manageable
from oneai.billing.subscriptions.prices import Price
from oneai.billing.subscriptions.seats import open_seat_order
from oneai.billing.subscriptions.subscribe import ATTEMPTS, Name, Seats, is_downgrade, require_seats
from oneai.billing_errors import AlreadySubscribed, SubscriptionNotChangeable
from oneai.errors import Busy
from oneai.field_errors import invalid
from oneai.plans.limits_and_prices import MIN_SEATS, PLANS
from oneai.plans.wrong_kind import wrong_kind
from oneai.postgres import db
from oneai.postgres.db import Principal


class PlanChange(BaseModel):
    """The body of `POST /api/subscription/update`. What is absent is unchanged; the currency never changes."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan_id: Name | None = Field(
        default=None, description="The new plan, an id from `GET /subscription/plans`. Absent: unchanged."
    )
    when: Literal["now", "period_end"] | None = Field(
        default=None,
        description="`now`, or `period_end`: a smaller plan, a shorter period or fewer seats can only start then. "
        "Absent: `period_end` for fewer seats, else `now`.",
    )
    period: Period | None = Field(default=None, description="Absent: unchanged.")
    seats: Seats | None = Field(
        default=None,
        description="The seats of `team`. More seats are paid for at once, for the rest of the period; fewer begin "
        "with the next one.",
    )


@dataclass(frozen=True)
class CheckedChange:
    """A change that is possible: of the `subscription`, to the `price`, for this number of `seats` (None: not sold by
    the seat), `now` or at the end of the period. `seats_only`: the plan and its period stay; `adds_seats`: and the
    current period gets more seats."""

    subscription: ManageableSubscription
    price: Price
    now: bool
    seats: int | None = None
    seats_only: bool = False
    adds_seats: bool = False


async def change_plan(principal: Principal, change: PlanChange) -> CheckoutSession:
    """Returns the subscription with the new plan, and whether it has to be paid first.

    A replacement ends the other subscription once it is paid (`now`), or starts where the other one's period ends
    (`period_end`); until then the user keeps the current plan. The rest of the other payment is refunded as if it had
    been cancelled. Added seats are an order besides the replacement. Raises InvalidRequest with the field's name (a
    downgrade is at `period_end`), ContactSales, AlreadySubscribed, SubscriptionNotChangeable, and everything that
    `open_checkout` raises.
    """
    for _ in range(ATTEMPTS):
        checked = await check_change(principal, change)
        subscription, price = checked.subscription, checked.price
        if checked.now and (changed := await _in_place(principal, subscription, price)) is not None:
            return changed
        request = CheckoutRequest(
            price,
            subscription.payment_provider,
            seats=checked.seats,
            replaces=subscription.id,
            start_at=scheduled_start(checked),
        )
        # Nothing is debited after a prepaid period, so there is nothing to authorize.
        already_authorized = checked.adds_seats and (
            subscription.prepaid or subscription.replacement_seats == checked.seats
        )
        session = None if already_authorized else await open_checkout(principal, request)
        if session is None and not already_authorized:
            continue
        opened = _unchanged(checked) if session is None else session[0]
        if not checked.adds_seats or checked.seats is None:
            return opened
        order = await open_seat_order(principal, subscription, price, checked.seats)
        # What is paid first.
        page = opened.checkout_url if order is None or order.short_url is None else order.short_url
        return opened.model_copy(update={"seat_order": order, "checkout_url": page})
    raise Busy(retry_after=1)


def _unchanged(checked: CheckedChange) -> CheckoutSession:
    """The subscription for which the next charges are already authorized."""
    subscription, price, seats = checked.subscription, checked.price, checked.seats or 1
    ways = ways_to_pay(
        subscription.payment_provider, subscription.ref, subscription.provider_plan_id, subscription.short_url
    )
    return CheckoutSession(
        subscription_id=subscription.id,
        **ways | {"checkout_url": None},
        charged_amount=price.amount * seats,
        payment_needed=False,
        bank_confirmation=plan_list.bank_confirmation(price, seats),
        seats=seats,
    )


async def check_change(principal: Principal, change: PlanChange) -> CheckedChange:
    """Returns the change.

    Raises InvalidRequest with the field's name, ContactSales, AlreadySubscribed, SubscriptionNotChangeable.
    """
    if change.plan_id in PLANS and PLANS[change.plan_id].free:
        raise invalid("plan_id", "free_plan", "This plan is free. Cancel your subscription to use it.")
    subscription = await manageable(principal)
    if subscription is None and change.plan_id is None:
        raise SubscriptionNotChangeable("You have no subscription to change. Subscribe first.")
    price = await _price(change, subscription)
    if subscription is None:
        raise SubscriptionNotChangeable("You have no subscription to change. Subscribe first.")
    if subscription.kind not in PLANS[price.tier].kinds:
        raise wrong_kind("plan_id", subscription.kind)
    if PLANS[price.tier].per_seat:
        return _check_seats(subscription, price, change)
    require_seats(price, change.seats)
    if (subscription.plan_id, subscription.period) == (price.tier, price.period):
        raise AlreadySubscribed
    now = change.when != "period_end"
    if now and is_downgrade(price, subscription):
        raise invalid(
            "when", "period_end_only", "A smaller plan can only start at the end of the period: `period_end`."
        )
    return CheckedChange(subscription, price, now)


def _check_seats(subscription: ManageableSubscription, price: Price, change: PlanChange) -> CheckedChange:
    """The change of a plan that is sold by the seat: of its seats, its period, or from another plan."""
    same_plan = subscription.plan_id == price.tier
    next_seats = subscription.replacement_seats or subscription.quantity
    seats = change.seats or max(subscription.seats, next_seats if same_plan else MIN_SEATS)
    now = change.when == "now" or (change.when is None and (not same_plan or seats >= subscription.seats))
    if same_plan and now and seats < subscription.seats:
        raise invalid("when", "period_end_only", "Fewer seats can only begin with the next period: `period_end`.")
    if not same_plan or subscription.period != price.period:
        if now and is_downgrade(price, subscription):
            raise invalid(
                "when", "period_end_only", "A smaller plan can only start at the end of the period: `period_end`."
            )
        return CheckedChange(subscription, price, now, seats)
    if subscription.cancel_requested and subscription.replacement_seats is None and not subscription.holder_gone:
        raise AlreadySubscribed("You have cancelled this plan. Undo your cancellation to change its seats.")
    adds_seats = now and seats > subscription.seats
    if subscription.prepaid and seats < subscription.seats:
        raise SubscriptionNotChangeable("This plan is paid ahead. Choose fewer seats when you buy the next period.")
    if not adds_seats and seats == next_seats:
        raise AlreadySubscribed("You have this many seats.")
    if adds_seats and (subscription.status != "active" or subscription.paid_through is None):
        raise SubscriptionNotChangeable("Seats can be added while a paid period of the plan is running.")
    return CheckedChange(subscription, price, now=False, seats=seats, seats_only=True, adds_seats=adds_seats)


def scheduled_start(checked: CheckedChange) -> datetime | None:
    """When a change at the end of the period starts; None if it starts immediately."""
    subscription = checked.subscription
    # Seats are paid for to the end of their period, however near it is.
    too_near = subscription.ends_within_the_hour and not checked.seats_only
    return None if checked.now or too_near else subscription.paid_through


def may_change_in_place(subscription: ManageableSubscription, price: Price) -> bool:
    """Whether the provider may be able to change the subscription's plan in place.

    Only for the same period, because the rest of a month has no price in years.
    """
    if (
        not subscription.changeable
        or not providers.of(subscription.payment_provider).CAPABILITIES.changes_in_place
        or subscription.cancel_requested
        or subscription.status != "active"
        or price.plan_ref is None
        # Each charge of a plan that is sold by the seat pays for a number that its own subscription names.
        or PLANS[price.tier].per_seat
        or subscription.quantity > 1
    ):
        return False
    return price.period == subscription.period


async def _price(change: PlanChange, subscription: ManageableSubscription | None) -> Price:
    if subscription is None:
        sold = await prices.all_prices()
        return prices.find(sold, change.plan_id or "", change.period or "monthly", "INR")
    plan_id, period = change.plan_id or subscription.plan_id, change.period or subscription.period
    return await prices.price(subscription.payment_provider, plan_id, period, subscription.currency)


async def _in_place(principal: Principal, subscription: ManageableSubscription, price: Price) -> CheckoutSession | None:
    """The same subscription with another plan; None if the provider cannot change it.

    Only immediately, because a change that is scheduled at the provider can be neither read nor undone.
    """
    if (
        price.plan_ref is None
        or not may_change_in_place(subscription, price)
        or not await _is_price_available(principal, subscription.payment_provider, price)
    ):
        return None
    provider = providers.of(subscription.payment_provider)
    await count_request(principal.workspace_id)
    # Even if its answer is lost, the provider may have charged.
    await db.call("select oneai.request_sync(%s, %s)", [provider.NAME, subscription.ref], idempotent=True)
    try:
        async with translate_errors(provider.NAME, "change_plan", seconds=PROVIDER_SECONDS):
            observation = await provider.send(ChangePlan(subscription.ref, price.plan_ref))
    except NotChangeable:
        return None
    await processing.ingest(observation, source="request")
    # The answer does not show the charge.
    await processing.sync(
        SyncRequest(provider.NAME, subscription.ref, with_payments=True),
        source="request",
        seconds=provider_operations.SHORT_SECONDS,
    )
    return CheckoutSession(
        subscription_id=subscription.id,
        **ways_to_pay(provider.NAME, subscription.ref, price.plan_ref, subscription.short_url) | {"checkout_url": None},
        charged_amount=price.amount,
        payment_needed=False,
        bank_confirmation=plan_list.bank_confirmation(price),
    )


async def _is_price_available(principal: Principal, payment_provider: str, price: Price) -> bool:
    """Whether this price is still sold. Raises AccountSuspended, EmailNotConfirmed."""
    confirmed = settings.read(SignUpSettings).require_confirmed_email
    (available,) = await db.call(
        "select oneai.may_change_to(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(principal.user_id, principal.workspace_id, confirmed, payment_provider),
            *(price.plan_ref, price.tier, price.period, price.currency, price.amount),
        ],
        idempotent=True,
    )
    return bool(available)
