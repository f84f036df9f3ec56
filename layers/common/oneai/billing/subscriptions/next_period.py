"""One more period of a prepaid plan: a page to pay it, which adds it at the end of what is paid."""

import json
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from oneai import settings
from oneai.billing import processing, providers
from oneai.billing.facts import Observation
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import SubscriptionCheckout
from oneai.billing.subscriptions.checkout import (
    PROVIDER_SECONDS,
    CheckoutSession,
    SignUpSettings,
    is_payable,
    return_url,
    ways_to_pay,
)
from oneai.billing.subscriptions.current import ManageableSubscription
from oneai.billing.subscriptions.prices import Price
from oneai.billing_errors import AlreadySubscribed
from oneai.postgres import db
from oneai.postgres.db import Principal


class _Row(BaseModel):
    """The answer of `oneai.start_next_period`."""

    state: Literal["ahead", "open", "new"]
    id: UUID
    short_url: str | None
    expires_at: datetime


def is_next_period(subscription: ManageableSubscription, price: Price) -> bool:
    """Whether buying this price adds a period to a prepaid plan."""
    same = (subscription.plan_id, subscription.period, subscription.currency) == (
        price.tier,
        price.period,
        price.currency,
    )
    return subscription.prepaid and same and subscription.status == "active"


async def open_next_period(
    principal: Principal, subscription: ManageableSubscription, price: Price, seats: int | None
) -> tuple[CheckoutSession, bool]:
    """Returns a page for the next period, and whether it is new. One period can be paid ahead at most.

    Raises AlreadySubscribed if the next period is paid, AccountSuspended, EmailNotConfirmed, RateLimited, and
    PaymentProviderUnavailable.
    """
    terms = {
        "id": str(subscription.id),
        "amount": price.amount,
        "seats": seats or 1,
        "confirmed": settings.read(SignUpSettings).require_confirmed_email,
    }
    (found,) = await db.call(
        "select oneai.start_next_period(%s, %s, %s)",
        [principal.user_id, principal.workspace_id, json.dumps(terms)],
    )
    row = _Row.model_validate(found)
    if row.state == "ahead":
        raise AlreadySubscribed("The next period is paid already. You can pay for one more when it begins.")
    url, is_new = row.short_url, row.state == "new"
    if is_new or not await is_payable(principal, subscription.payment_provider, subscription.ref):
        is_new = True
        async with translate_errors(subscription.payment_provider, "open", seconds=PROVIDER_SECONDS, price=price.key):
            snapshot = await providers.of(subscription.payment_provider).open_checkout(
                SubscriptionCheckout(
                    our_id=row.id,
                    workspace_id=principal.workspace_id,
                    plan_ref=price.plan_ref or "",
                    quantity=seats or 1,
                    amount=price.amount,
                    currency=price.currency,
                    period=price.period,
                    charges=1,
                    expires_at=row.expires_at,
                    return_url=return_url(price, subscription.payment_provider, row.id),
                )
            )
        url = snapshot.short_url
        await db.call("select oneai.save_checkout(%s, %s, %s)", [row.id, snapshot.ref, url], idempotent=True)
        await processing.ingest(Observation(snapshots=(snapshot,)), source="request")
    return (
        CheckoutSession(
            subscription_id=row.id,
            **ways_to_pay(subscription.payment_provider, subscription.ref, price.plan_ref or "", url),
            charged_amount=price.amount * (seats or 1),
            expires_at=row.expires_at,
            seats=seats,
        ),
        is_new,
    )
