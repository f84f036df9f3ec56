"""Seats that are added to the current period: an order for the rest of it, which is paid once."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from oneai import settings
from oneai.billing import processing, providers
from oneai.billing.facts import Currency, Observation
from oneai.billing.projection.added_seats import share_of_rest
from oneai.billing.projection.pool import limits_of_seat, units_of_added
from oneai.billing.providers.errors import translate_errors
from oneai.billing.providers.face import OrderCheckout, PaymentProvider
from oneai.billing.subscriptions.checkout import (
    PROVIDER_SECONDS,
    SeatOrder,
    SignUpSettings,
    is_payable,
    order_minutes,
    return_url,
)
from oneai.billing.subscriptions.current import ManageableSubscription
from oneai.billing.subscriptions.prices import Price
from oneai.plans.limits_and_prices import PLANS
from oneai.postgres import db
from oneai.postgres.db import Principal


@dataclass(frozen=True)
class SeatQuote:
    """What added seats cost for the rest of the period. `added` is not positive if that many seats are paid for."""

    subscription_id: UUID
    seats_now: int
    added: int
    amount: int
    currency: Currency
    quoted_at: datetime
    period_start: datetime
    period_end: datetime

    def units(self, tier: str) -> dict[str, int]:
        """What the added seats bring to the pool for the rest of the period, by the key of its limit."""
        share = share_of_rest(self.period_end - self.quoted_at, self.period_end - self.period_start)
        seat = limits_of_seat(PLANS[tier])
        return {key: units_of_added(of_seat, self.added, share) for key, of_seat in seat.items()}


class _Row(BaseModel):
    id: UUID
    payment_provider: str
    ref: str | None
    page_url: str | None
    seats: int
    amount: int
    currency: Literal["INR", "USD", "IDR"]
    period_end: datetime
    expires_at: datetime


async def quote_seats(principal: Principal, seats: int) -> SeatQuote:
    """What it costs to have this number of seats until the period ends. Read-only. Raises
    SubscriptionNotChangeable without a running paid period."""
    (row,) = await db.call("select oneai.quote_seats(%s, %s)", [principal.workspace_id, seats], idempotent=True)
    return SeatQuote(
        UUID(row["subscription_id"]),
        *(row["seats_now"], row["added"], row["amount"], row["currency"]),
        datetime.fromisoformat(row["quoted_at"]),
        datetime.fromisoformat(row["period_start"]),
        datetime.fromisoformat(row["period_end"]),
    )


async def open_seat_order(
    principal: Principal, subscription: ManageableSubscription, price: Price, seats: int
) -> SeatOrder | None:
    """The open order for the seats that are missing to `seats`, created if there is none; None if none is missing.

    Raises AccountSuspended, EmailNotConfirmed, RateLimited, SubscriptionNotChangeable, and PaymentProviderUnavailable,
    after which the same request continues.
    """
    confirmed = settings.read(SignUpSettings).require_confirmed_email
    request = {"seats": seats, "confirmed": confirmed, "minutes": order_minutes(subscription.payment_provider)}
    row = await _start(principal, request)
    if row is not None and row.ref is not None and not await is_payable(principal, row.payment_provider, row.ref):
        row = await _start(principal, request | {"instead": str(row.id)})
    if row is None:
        return None
    provider = providers.of(row.payment_provider)
    ref, page_url = row.ref, row.page_url
    if ref is None:
        ref, page_url = await _create(provider, principal, row, price)
    return SeatOrder.model_validate({**row.model_dump(), "short_url": page_url, **provider.order_options(ref)})


async def _start(principal: Principal, request: dict[str, Any]) -> _Row | None:
    (found,) = await db.call(
        "select oneai.start_seat_order(%s, %s, %s)", [principal.user_id, principal.workspace_id, json.dumps(request)]
    )
    return None if found is None else _Row.model_validate(found)


async def _create(provider: PaymentProvider, principal: Principal, row: _Row, price: Price) -> tuple[str, str | None]:
    """Creates the order at the provider and stores it, before it is shown; returns the stored ref and page."""
    name = f"{row.seats} more {'seat' if row.seats == 1 else 'seats'} of {PLANS[price.tier].name}"
    contents = (row.amount, row.currency, f"{name} until {row.period_end:%Y-%m-%d}")
    async with translate_errors(provider.NAME, "open", seconds=PROVIDER_SECONDS):
        order = await provider.open_order(
            OrderCheckout(
                row.id,
                principal.workspace_id,
                *contents,
                expires_at=row.expires_at,
                return_url=return_url(price, provider.NAME, row.id),
            )
        )
    (stored,) = await db.call(
        "select oneai.save_seat_order(%s, %s, %s)", [row.id, order.ref, order.page_url], idempotent=True
    )
    if stored["ref"] == order.ref:
        await processing.ingest(Observation(orders=(order,)), source="request")
    return stored["ref"], stored["page_url"]
