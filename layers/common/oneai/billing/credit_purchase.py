"""Buying credits: an order for a package or a custom amount, which is paid once by checkout.

The order is stored before it is opened at the provider. What its payment brings is in `projection/bought_credits.py`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import settings
from oneai.billing import credit_packages, providers
from oneai.billing.facts import Currency, our_id
from oneai.billing.providers import choice
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import OrderCheckout, PaymentProvider
from oneai.billing.providers.provider_terms import ProviderTerms, terms_of
from oneai.billing.subscriptions import prices
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS, SignUpSettings, order_minutes, paid_address
from oneai.billing.tax import gst, seller_terms
from oneai.errors import Busy
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Principal

# A package or its price may change between the read and the lock; it is read again up to this many times.
ATTEMPTS = 3


class CreditPurchaseRequest(BaseModel):
    """The body of `POST /api/credits/purchase`: a package, or a custom amount."""

    model_config = ConfigDict(extra="forbid", strict=True)

    package_id: Annotated[str, Field(min_length=1, max_length=40)] | None = Field(
        default=None, description="A package, an id from `GET /credits/packages`; absent for a custom amount."
    )
    amount: Annotated[int, Field(ge=1, le=10**12)] | None = Field(
        default=None, description="A custom amount at the listed price, in the smallest unit; absent for a package."
    )
    currency: str = Field(
        default="INR",
        pattern="^[A-Z]{3}$",
        description="`INR`, or `USD` with billing details outside India, or `IDR` with those in Indonesia.",
    )


class CreditCheckout(BaseModel):
    """The data for the provider's checkout in the browser."""

    key_id: str | None = Field(
        default=None, description="`key` of Razorpay's checkout; null where the payer goes to `short_url`."
    )
    order_id: str | None = Field(
        default=None, description="`order_id` of Razorpay's checkout: Razorpay's id, not ours; null as `key_id`."
    )
    short_url: str | None = Field(
        description="The provider's payment page; null at Razorpay, which has none for an order."
    )


class CreditPurchase(BaseModel):
    """An order for credits, to be paid by checkout. Its payment is confirmed with `POST /subscription/verify`."""

    order_id: UUID = Field(description="Our id of the order.")
    package_id: str | None = Field(description="The package; null for a custom amount.")
    credit_micro_usd: int = Field(description="The credits that it pays for.")
    bonus_micro_usd: int = Field(description="What comes with them without payment.")
    amount: int = Field(description="The charge, in the smallest unit (paise, cents).")
    tax: int = Field(description="The tax in the charge.")
    currency: Currency = Field(description="The currency of both.")
    payment_provider: str = Field(description="Who takes the payment: `razorpay`, `stripe` or `midtrans`.")
    provider_terms: ProviderTerms = Field(description="How they take it.")
    expires_at: datetime = Field(description="Until when it can be paid. A later payment is refunded.")
    checkout: CreditCheckout = Field(description="The options of Razorpay's checkout in the browser.")


async def buy_credits(principal: Principal, request: CreditPurchaseRequest, key: str | None) -> CreditPurchase:
    """Opens an order; the same `key` returns the same order.

    Raises InvalidRequest with the field's name, BillingDetailsRequired, AccountSuspended, EmailNotConfirmed,
    CreditsBlocked, CreditLimitReached, RateLimited, IdempotencyConflict for a key of another purchase, and
    PaymentProviderUnavailable, after which the same request continues.
    """
    if (request.package_id is None) == (request.amount is None):
        raise invalid("package_id", "required", "Name either a package or an amount.")
    (country,) = await db.call("select oneai.billing_country(%s)", [principal.workspace_id], idempotent=True)
    payment_provider = next(iter(await choice.chosen(country, request.currency)), None)
    if payment_provider is None:
        raise invalid("currency", "not_sold", "Credits cannot be bought in that currency.")
    for _ in range(ATTEMPTS):
        await credit_packages.check_sold(request.package_id, request.amount, request.currency)
        (found,) = await db.call(
            "select oneai.start_credit_order(%s, %s, %s)",
            [principal.user_id, principal.workspace_id, json.dumps(_terms(payment_provider, request, key))],
        )
        if found is not None:
            # An open order stays at its provider when the rules change.
            provider = providers.of(found["payment_provider"])
            ref, page_url = found["ref"], found["page_url"]
            if ref is None:
                async with translate_errors(provider.NAME, "open", seconds=PROVIDER_SECONDS):
                    ref, page_url = await store_order(provider, principal.workspace_id, found)
            checkout = CreditCheckout(**provider.order_options(ref), short_url=page_url)
            terms = terms_of(provider.NAME)
            return CreditPurchase.model_validate(
                {**found, "order_id": found["id"], "checkout": checkout, "provider_terms": terms}
            )
        credit_packages.reset()
    raise Busy(retry_after=1)


def _terms(payment_provider: str, request: CreditPurchaseRequest, key: str | None) -> dict[str, Any]:
    return {**request.model_dump(), "key": key, **order_terms(payment_provider, request.currency)}


def order_terms(payment_provider: str, currency: str) -> dict[str, Any]:
    """What `oneai.start_credit_order` needs to know besides what is bought."""
    return {
        "provider": payment_provider,
        "confirmed": settings.read(SignUpSettings).require_confirmed_email,
        # Meanwhile it counts against what may be bought.
        "minutes": order_minutes(payment_provider),
        "added_tax": added_tax(currency),
        "terms": seller_terms("", currency, payment_provider),
    }


def added_tax(currency: str) -> int:
    """The tax on listed prices in this currency, in hundredths of a percent."""
    return gst.rate() if currency == "INR" and not prices.tax_inclusive() else 0


async def store_order(
    provider: PaymentProvider, workspace_id: UUID, found: Mapping[str, Any], terms: Mapping[str, Any] | None = None
) -> tuple[str, str | None]:
    """Creates a stored order at the provider and stores its ref and page, before it is shown; returns the stored ones.
    `terms`: those of `OrderCheckout`."""
    order = await provider.open_order(
        OrderCheckout(
            UUID(found["id"]),
            workspace_id,
            found["amount"],
            found["currency"],
            found["description"],
            expires_at=datetime.fromisoformat(found["expires_at"]),
            return_url=paid_address("/credits", provider.NAME, id=found["id"]),
            terms=terms or {},
        )
    )
    (stored,) = await db.call(
        "select oneai.save_credit_order(%s, %s, %s, %s)",
        [found["id"], our_id("order", *order.key), order.ref, order.page_url],
        idempotent=True,
    )
    return stored["ref"], stored["page_url"]
