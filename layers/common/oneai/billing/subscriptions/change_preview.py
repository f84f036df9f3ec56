"""Previews what a change of plan would charge and refund, before the user pays."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from oneai.billing import providers
from oneai.billing.facts import Currency, Period
from oneai.billing.projection import prepaid
from oneai.billing.projection.lifecycle import SubscriptionLifecycle
from oneai.billing.projection.refunds import RefundAmounts, RefundTerms
from oneai.billing.provider_requests import count_request
from oneai.billing.providers.errors import translate_errors
from oneai.billing.subscriptions.change import (
    CheckedChange,
    PlanChange,
    check_change,
    may_change_in_place,
    scheduled_start,
)
from oneai.billing.subscriptions.checkout import PROVIDER_SECONDS
from oneai.billing.subscriptions.plan_list import bank_confirmation
from oneai.billing.subscriptions.prices import Price
from oneai.billing.subscriptions.refund_preview import RefundPreview, preview_refund
from oneai.billing.subscriptions.seats import quote_seats
from oneai.postgres import db
from oneai.postgres.db import Principal

SEATS = "Added seats are charged for the rest of the period. From its end on, each charge is for all seats."
PREPAID_SEATS = (
    "Added seats are charged for the rest of the period. You choose the seats of the next period when you pay for it."
)
IN_PLACE = "Your plan is changed in place: only the difference for the rest of the period is charged."


class PlanChangePreview(BaseModel):
    """What `POST /api/subscription/update` would do now. Amounts are in paise or cents and include tax."""

    plan_id: str = Field(description="The new plan.")
    period: Period = Field(description="The period of a charge.")
    currency: Currency = Field(description="The currency of all amounts.")
    payment_needed: bool = Field(description="`false`: the plan is changed in place, and charged without a checkout.")
    charged_now: int = Field(
        description="The charge of the change itself. 0 if the plan starts later, unless it is paid ahead; in place, "
        "the difference for the rest of the period."
    )
    charged_amount: int = Field(description="The charge for each period from `starts_at` on.")
    refund_amount: int = Field(description="The refund for the current plan.")
    returned_as: Literal["money", "time"] | None = Field(
        default=None,
        description="What the rest of the current plan becomes: `money`, or `time` of the new plan where the payment "
        "method cannot be refunded. Null if nothing is returned.",
    )
    added_days: float = Field(
        default=0, description="With `time`: by how many days the first period of the new plan is longer."
    )
    limited_by: str | None = Field(
        description="What limits that: `time`, the key of a quota, or `price`: no more than the new plan costs. Null "
        "where nothing ends that was paid for."
    )
    explanation: str | None = Field(description="The limit as a sentence.")
    starts_at: datetime = Field(description="When the plan starts.")
    seats: int | None = Field(default=None, description="The seats of each charge; null: not sold by the seat.")
    seats_now: int | None = Field(default=None, description="The seats that are paid for until the period ends.")
    added_seats: int = Field(
        default=0, description="The seats that `charged_now` adds to the current period, which ends at `starts_at`."
    )
    added_units: dict[str, int] | None = Field(
        default=None,
        description="What the added seats bring until the period ends: units of each quota, `document_pages` and "
        "`storage_bytes`. Null without any.",
    )
    bank_confirmation: str | None = Field(
        default=None, description="A sentence for the payer, if their bank asks for confirmation of every charge."
    )


async def preview_change(principal: Principal, change: PlanChange) -> PlanChangePreview:
    """Returns what the change would do. Read-only. Raises what `check_change` raises, and RateLimited and
    PaymentProviderUnavailable if the card decides whether the plan is changed in place."""
    checked = await check_change(principal, change)
    subscription, price = checked.subscription, checked.price
    if checked.adds_seats and checked.seats is not None:
        quote = await quote_seats(principal, checked.seats)
        added = _preview(checked, RefundPreview(quote.period_end), charged_now=quote.amount)
        return added.model_copy(
            update={
                "added_seats": quote.added,
                "added_units": quote.units(price.tier),
                "explanation": PREPAID_SEATS if subscription.prepaid else SEATS,
            }
        )
    full = price.amount * (checked.seats or 1)
    if (later := scheduled_start(checked)) is not None:
        # A plan that is paid ahead is paid on its page at once, whenever it starts.
        return _preview(checked, RefundPreview(later), charged_now=full if subscription.prepaid else 0)
    if checked.now and may_change_in_place(subscription, price):
        in_place = await _in_place(principal, checked)
        if in_place is not None:
            return in_place

    def replaced(amounts: RefundAmounts, lifecycle: SubscriptionLifecycle, at: datetime) -> list[RefundTerms]:
        return amounts.on_replacement(lifecycle, at, full)

    return _preview(checked, await preview_refund(principal, subscription.id, replaced), charged_now=full)


def _added_days(kept: int, price: Price, seats: int) -> float:
    """The days that an amount buys at the price of the new plan, rounded down to hundredths."""
    length = prepaid.LENGTHS[price.period].total_seconds() / 86_400
    return int(100 * length * kept / (price.amount * seats)) / 100


def _preview(checked: CheckedChange, refund: RefundPreview, *, charged_now: int) -> PlanChangePreview:
    price, seats = checked.price, checked.seats
    return PlanChangePreview(
        plan_id=price.tier,
        period=price.period,
        currency=price.currency,
        payment_needed=True,
        charged_now=charged_now,
        charged_amount=price.amount * (seats or 1),
        refund_amount=refund.amount,
        returned_as="time" if refund.kept else "money" if refund.amount else None,
        added_days=_added_days(refund.kept, price, seats or 1),
        limited_by=refund.limited_by,
        explanation=refund.explanation,
        starts_at=refund.at,
        seats=seats,
        seats_now=checked.subscription.seats if checked.subscription.kind == "team" else None,
        bank_confirmation=bank_confirmation(price, seats or 1),
    )


@dataclass
class _Running:
    """The current period, its price, and its newest payment."""

    amount: int
    starts: datetime
    ends: datetime
    now: datetime
    payment_provider: str
    payment_ref: str


async def _in_place(principal: Principal, checked: CheckedChange) -> PlanChangePreview | None:
    """What the provider charges for the rest of the period; None if the card has a mandate, as all Indian cards have,
    and another subscription has to replace this one."""
    subscription, price = checked.subscription, checked.price
    rows = await db.as_service(
        """
        select s.amount, s.current_period_start as starts, s.current_period_end as ends, oneai.now() as now,
          p.payment_provider, p.provider_payment_id as payment_ref
        from oneai.subscriptions as s join oneai.payments as p on p.subscription_id = s.id
        where s.id = %s and p.captured_at is not null and s.current_period_end > oneai.now()
        order by p.captured_at desc limit 1
        """,
        [subscription.id],
        _Running,
    )
    if not rows:
        return None
    (running,) = rows
    provider = providers.of(running.payment_provider)
    await count_request(principal.workspace_id)
    async with translate_errors(provider.NAME, "preview_change", seconds=PROVIDER_SECONDS):
        if not await provider.changes_in_place(running.payment_ref):
            return None
    difference = provider.proration(price.amount - running.amount, running.starts, running.ends, running.now)
    changed = _preview(checked, RefundPreview(running.now), charged_now=difference)
    return changed.model_copy(update={"payment_needed": False, "explanation": IN_PLACE})
