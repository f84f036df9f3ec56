"""One more period of a prepaid plan: a page to pay it, which adds it at the end of what is paid."""

import asyncio
import json
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from oneai import settings
from oneai.billing import processing, providers
from oneai.billing.facts import Observation
from oneai.billing.provider_requests import count_request
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import SubscriptionCheckout
from oneai.billing.subscriptions.checkout import (
    PROVIDER_SECONDS,
    RETRY_SECONDS,
    WAIT_SECONDS,
    CheckoutSession,
    SignUpSettings,
    is_payable,
    return_url,
    ways_to_pay,
)
from oneai.billing.subscriptions.current import ManageableSubscription
from oneai.billing.subscriptions.prices import Price
from oneai.billing_errors import AlreadySubscribed, PaymentProviderUnavailable
from oneai.postgres import db
from oneai.postgres.db import Principal


class _Row(BaseModel):
    """The answer of `oneai.start_next_period`."""

    state: Literal["ahead", "opening", "open", "new"]
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
    row = await _start(principal, terms)
    if row.state == "open" and not await is_payable(principal, subscription.payment_provider, subscription.ref):
        row = await _start(principal, terms | {"instead": row.short_url})
    if row.state == "ahead":
        raise AlreadySubscribed("The next period is paid already. You can pay for one more when it begins.")
    is_new = row.state == "new"
    url = await _open_page(principal, subscription, row, price, seats or 1) if is_new else row.short_url
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


async def _start(principal: Principal, terms: dict[str, Any]) -> _Row:
    """Returns the state of the next period; waits while another request opens its page."""
    for _ in range(int(WAIT_SECONDS / RETRY_SECONDS)):
        (found,) = await db.call(
            "select oneai.start_next_period(%s, %s, %s)",
            [principal.user_id, principal.workspace_id, json.dumps(terms)],
        )
        row = _Row.model_validate(found)
        if row.state != "opening":
            return row
        await asyncio.sleep(RETRY_SECONDS)
    raise PaymentProviderUnavailable(retry_after=5)


async def _open_page(
    principal: Principal, subscription: ManageableSubscription, row: _Row, price: Price, seats: int
) -> str | None:
    """Opens a page at the provider and returns its address. After a failure the next request may open one at once."""
    try:
        await count_request(principal.workspace_id)
        async with translate_errors(subscription.payment_provider, "open", seconds=PROVIDER_SECONDS, price=price.key):
            snapshot = await providers.of(subscription.payment_provider).open_checkout(
                SubscriptionCheckout(
                    our_id=row.id,
                    workspace_id=principal.workspace_id,
                    plan_ref=price.plan_ref or "",
                    quantity=seats,
                    amount=price.amount,
                    currency=price.currency,
                    period=price.period,
                    charges=1,
                    expires_at=row.expires_at,
                    return_url=return_url(price, subscription.payment_provider, row.id),
                )
            )
        # The page and its terms are stored together. Then other requests may see them.
        await processing.ingest(Observation(snapshots=(snapshot,)), source="request")
    except BaseException:
        await db.call("select oneai.release_checkout(%s)", [row.id], idempotent=True)
        raise
    await db.call("select oneai.save_checkout(%s, %s, %s)", [row.id, snapshot.ref, snapshot.short_url], idempotent=True)
    return snapshot.short_url
