"""Checkout: creates a subscription at the provider, once: first our row, then the request, then its answer."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import alerts, log, settings
from oneai.billing import processing, provider_operations, providers
from oneai.billing.facts import Currency, Observation, Snapshot
from oneai.billing.provider_requests import count_request
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import SubscriptionCheckout
from oneai.billing.subscriptions import plan_list, price_list, prices
from oneai.billing.subscriptions.prices import Price
from oneai.billing_errors import AlreadySubscribed, PaymentProviderUnavailable, ProviderError, SubscriptionNotChangeable
from oneai.field_errors import invalid
from oneai.plans.limits_and_prices import PLANS
from oneai.postgres import db
from oneai.postgres.db import Principal

# How long a checkout can be paid.
OPEN_HOURS = 24
# The same of an order: in our page, and on a provider's own page, where a bank transfer takes hours.
ORDER_MINUTES, PAGE_MINUTES = 60, 24 * 60
# Ten years of charges, the maximum for mandates.
CHARGES = {"monthly": 120, "yearly": 10}
# The provider usually answers within two seconds. While it is slow, every waiting request occupies an execution. If it
# creates the subscription later, the next request or the job finds it.
PROVIDER_SECONDS = 10.0
# While another request creates the same checkout.
WAIT_SECONDS, RETRY_SECONDS = 5.0, 0.2


@dataclass(frozen=True)
class SignUpSettings:
    """`require_confirmed_email`: only users with a confirmed address can subscribe."""

    require_confirmed_email: bool = False


@dataclass(frozen=True)
class CheckoutSettings:
    """`site_url`: the web app's address, to which a provider's page leads back."""

    site_url: str = ""


class Checkout(BaseModel):
    """The data for the provider's checkout in the browser."""

    key_id: str = Field(description="`key` of Razorpay's checkout.")
    subscription_id: str = Field(description="`subscription_id` of Razorpay's checkout: Razorpay's id, not ours.")
    plan_id: str = Field(description="Razorpay's id of the plan.")


class SeatOrder(BaseModel):
    """An order for added seats, to be paid besides the subscription: at `short_url`, or at Razorpay by its checkout."""

    key_id: str | None = Field(
        default=None, description="`key` of Razorpay's checkout; null where the payer goes to `short_url`."
    )
    order_id: str | None = Field(
        default=None,
        description="`order_id` of Razorpay's checkout: Razorpay's id of the order; null as `key_id`.",
    )
    short_url: str | None = Field(
        description="The provider's payment page of the order; null at Razorpay, which has none for an order."
    )
    seats: int = Field(description="How many seats are added.")
    amount: int = Field(description="Their price for the rest of the period, in the smallest unit (paise, cents).")
    currency: Currency = Field(description="The currency of the amount.")
    period_end: datetime = Field(description="Until when the seats are paid for.")
    expires_at: datetime = Field(description="Until when the order can be paid. A later payment is refunded.")


class CheckoutSession(BaseModel):
    """A subscription to be paid: at `checkout_url`, or at Razorpay by its checkout in the browser."""

    subscription_id: UUID = Field(description="Our id of the subscription.")
    payment_provider: str = Field(description="Who takes the payment: `razorpay`, `stripe` or `midtrans`.")
    razorpay: Checkout | None = Field(
        description="The options of Razorpay's checkout in the browser; null at another provider."
    )
    short_url: str | None = Field(
        description="The provider's payment page, at Razorpay an alternative to the checkout; null if there is none."
    )
    checkout_url: str | None = Field(
        description="Where its payer goes to pay: our page for Razorpay's checkout, else the provider's. Null if "
        "nothing is to be paid."
    )
    charged_amount: int = Field(description="The charge, in the smallest unit (paise, cents).")
    start_at: datetime | None = Field(default=None, description="The time of the first charge, if it is later.")
    expires_at: datetime | None = Field(default=None, description="Until when it can be paid.")
    payment_needed: bool = Field(
        default=True, description="False if the plan was changed in place and is already active."
    )
    bank_confirmation: str | None = Field(
        default=None, description="A sentence for the payer, if their bank asks for confirmation of every charge."
    )
    seats: int | None = Field(default=None, description="The seats of every charge; null: not sold by the seat.")
    seat_order: SeatOrder | None = Field(
        default=None,
        description="What to pay besides, for seats that are added to the current period; null without any.",
    )


@dataclass(frozen=True)
class CheckoutRequest:
    """What the user wants to buy. `seats`: of a plan that is sold by the seat. `replaces`: the manageable subscription
    that it replaces, at `start_at` or immediately."""

    price: Price
    payment_provider: str
    offer_id: str | None = None
    seats: int | None = None
    replaces: UUID | None = None
    start_at: datetime | None = None


class _Row(BaseModel):
    """An unpaid subscription, as `oneai.start_checkout` returns it."""

    state: Literal["open", "opening", "new", "unconfirmed"]
    id: UUID
    ref: str | None
    short_url: str | None
    created_at: datetime
    start_at: datetime | None
    expires_at: datetime
    cancelled_other: bool = False


async def open_checkout(principal: Principal, request: CheckoutRequest) -> tuple[CheckoutSession, bool] | None:
    """Returns the open checkout of this request, and whether it is new; None if `replaces` or the price is outdated.

    Raises AccountSuspended, EmailNotConfirmed, BillingDetailsRequired, RateLimited, AlreadySubscribed if the same
    change is already authorized, InvalidRequest for an offer that does not match the plan, and
    PaymentProviderUnavailable. After the last one, the same request finds what was created.
    """
    if request.price.plan_ref is None:
        raise await _price_unavailable(request.price)
    row = await _start(principal, request, request.price.plan_ref)
    if row is None:
        return None
    if row.ref is not None and await is_payable(principal, request.payment_provider, row.ref):
        return _session(request, row, row.ref, row.short_url, request.price.plan_ref), False
    snapshot = await _create_at_provider(principal, request, row, request.price.plan_ref)
    await _save(row, snapshot)
    if row.cancelled_other:
        await provider_operations.run_pending(
            principal.workspace_id, kinds=["cancel"], seconds=provider_operations.SHORT_SECONDS
        )
    return _session(request, row, snapshot.ref, snapshot.short_url, request.price.plan_ref), row.state == "new"


async def is_payable(principal: Principal, payment_provider: str, ref: str) -> bool:
    """Whether an open page can still be paid. Raises RateLimited and PaymentProviderUnavailable."""
    if capabilities_of(payment_provider).checkout == "ours":
        return True
    await count_request(principal.workspace_id)
    async with translate_errors(payment_provider, "is_payable", seconds=PROVIDER_SECONDS):
        return await providers.of(payment_provider).is_payable(ref)


async def _start(principal: Principal, request: CheckoutRequest, plan_ref: str) -> _Row | None:
    """Returns our row; waits while another request creates it."""
    for _ in range(int(WAIT_SECONDS / RETRY_SECONDS)):
        (result,) = await db.call(
            "select oneai.start_checkout(%s, %s, %s)",
            [principal.user_id, principal.workspace_id, json.dumps(_terms(request, plan_ref))],
        )
        match result["state"]:
            case "subscription_changed":
                return None
            case "already_scheduled":
                raise AlreadySubscribed("You have already chosen this. It starts when the current period ends.")
            case "price_changed":
                price_list.reset()
                return None
            case "opening":
                await asyncio.sleep(RETRY_SECONDS)
            case _:
                return _Row.model_validate(result)
    raise PaymentProviderUnavailable(retry_after=5)


def _terms(request: CheckoutRequest, plan_ref: str) -> dict[str, Any]:
    price = request.price
    return {
        "provider": request.payment_provider,
        "plan_ref": plan_ref,
        "plan": price.tier,
        "kinds": PLANS[price.tier].kinds,
        "period": price.period,
        "currency": price.currency,
        "amount": price.amount,
        "offer": request.offer_id,
        "seats": request.seats,
        "confirmed": settings.read(SignUpSettings).require_confirmed_email,
        "trial_days": prices.trial_days(price.tier) if capabilities_of(request.payment_provider).trials else 0,
        "open_hours": OPEN_HOURS,
        "replaces": None if request.replaces is None else str(request.replaces),
        "start_at": None if request.start_at is None else request.start_at.isoformat(),
    }


async def _create_at_provider(principal: Principal, request: CheckoutRequest, row: _Row, plan_ref: str) -> Snapshot:
    """Creates it at the provider, unless an earlier request did and its answer was lost. After a failure the next
    request may retry immediately."""
    try:
        async with translate_errors(
            request.payment_provider, "open", seconds=PROVIDER_SECONDS, price=request.price.key
        ):
            return await _find_or_open(principal, request, row, plan_ref)
    except BaseException:
        await db.call("select oneai.release_checkout(%s)", [row.id], idempotent=True)
        raise


async def _find_or_open(principal: Principal, request: CheckoutRequest, row: _Row, plan_ref: str) -> Snapshot:
    provider, price = providers.of(request.payment_provider), request.price
    if row.state == "unconfirmed":
        snapshot = await provider.find_checkout(row.id, plan_ref, row.created_at)
        if snapshot is not None:
            return snapshot
    try:
        return await provider.open_checkout(
            SubscriptionCheckout(
                our_id=row.id,
                workspace_id=principal.workspace_id,
                plan_ref=plan_ref,
                quantity=request.seats or 1,
                amount=price.amount,
                currency=price.currency,
                period=price.period,
                charges=CHARGES[price.period],
                start_at=row.start_at,
                expires_at=row.expires_at,
                offer_ref=request.offer_id,
                return_url=return_url(price, request.payment_provider, row.id),
            )
        )
    except ProviderError as error:
        if error.field != "offer_id":
            raise
        raise invalid("offer_id", "not_sold", "This offer is not valid for this plan.") from error


async def _save(row: _Row, snapshot: Snapshot) -> None:
    (saved,) = await db.call(
        "select oneai.save_checkout(%s, %s, %s)", [row.id, snapshot.ref, snapshot.short_url], idempotent=True
    )
    if not saved:
        raise SubscriptionNotChangeable("Another plan was chosen in the meantime.")
    await processing.ingest(Observation(snapshots=(snapshot,)), source="request")


async def _price_unavailable(price: Price) -> PaymentProviderUnavailable:
    price_list.reset()  # an operator may have created its plan by now
    log.warning("a price has no plan at the payment provider", price=price.key)
    await alerts.raise_alert_throttled(
        "provider_refused", "plans", price=price.key, error=f"it has no plan at {price.payment_provider}"
    )
    return PaymentProviderUnavailable("This plan cannot be paid for right now. Please try again later.")


def ways_to_pay(payment_provider: str, ref: str, plan_ref: str, short_url: str | None) -> dict[str, Any]:
    """The fields of a session that say how it is paid."""
    provider = providers.of(payment_provider)
    ours = provider.CAPABILITIES.checkout == "ours"
    return {
        "payment_provider": payment_provider,
        "razorpay": provider.checkout_options(ref, plan_ref) or None,
        "short_url": short_url,
        "checkout_url": f"{site_url()}/pay.html" if ours else short_url,
    }


def order_minutes(payment_provider: str) -> int:
    """How long an order can be paid."""
    return ORDER_MINUTES if capabilities_of(payment_provider).checkout == "ours" else PAGE_MINUTES


def return_url(price: Price, payment_provider: str, checkout_id: UUID) -> str:
    """Where a provider's page sends its payer, who may or may not have paid. `checkout_id`: our id of what is paid, for
    `POST /subscription/verify`."""
    return paid_address(f"/checkout/{price.tier}", payment_provider, period=price.period, id=str(checkout_id))


def paid_address(path: str, payment_provider: str, **more: str) -> str:
    """The address of a page of the web app to which a provider's page sends its payer. `later` is in it if they may pay
    after they have left that page, so that ours can say so."""
    later = {"later": "1"} if capabilities_of(payment_provider).paid_later else {}
    return f"{site_url()}{path}?{urlencode({'paid': payment_provider, **later, **more})}"


def site_url() -> str:
    """The web app's address, without a slash at its end."""
    return settings.read(CheckoutSettings).site_url.rstrip("/")


def _session(request: CheckoutRequest, row: _Row, ref: str, short_url: str | None, plan_ref: str) -> CheckoutSession:
    return CheckoutSession(
        subscription_id=row.id,
        **ways_to_pay(request.payment_provider, ref, plan_ref, short_url),
        charged_amount=request.price.amount * (request.seats or 1),
        start_at=row.start_at,
        expires_at=row.expires_at,
        bank_confirmation=plan_list.bank_confirmation(request.price, request.seats or 1),
        seats=request.seats,
    )
