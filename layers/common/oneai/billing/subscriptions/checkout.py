"""Opening a subscription at the provider, once: our row first, then the provider, then what it said."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import alerts, log, settings
from oneai.billing import processing, provider, soon
from oneai.billing.facts import Observation, Snapshot
from oneai.billing.subscriptions import plan_list, prices
from oneai.billing.subscriptions.prices import Price
from oneai.errors import AlreadySubscribed, PaymentProviderUnavailable, SubscriptionNotChangeable
from oneai.field_errors import invalid
from oneai.postgres import db
from oneai.postgres.db import Person

# Its page can be paid for so long.
OPEN_HOURS = 24
# Ten years of charges: as long as mandates are given for.
CHARGES = {"monthly": 120, "yearly": 10}
# The provider usually answers within two seconds. While it is slow, every request that waits for it keeps an execution
# from others; what it does after all is found by the next try, or by the job.
PROVIDER_SECONDS = 10.0
# For the same purchase that another request opens just now.
WAIT_SECONDS, LOOK_SECONDS = 5.0, 0.2


@dataclass(frozen=True)
class SignUpSettings:
    """`require_confirmed_email`: nobody subscribes with an address that may be somebody else's."""

    require_confirmed_email: bool = False


class Checkout(BaseModel):
    """What the provider's checkout in the browser is given."""

    key_id: str = Field(description="`key` of Razorpay's checkout.")
    subscription_id: str = Field(description="`subscription_id` of Razorpay's checkout: Razorpay's id, not ours.")
    plan_id: str = Field(description="Razorpay's id of the plan.")


class OpenedSubscription(BaseModel):
    """A subscription to be paid: by checkout, or on the page at `short_url`."""

    subscription_id: UUID = Field(description="Our id of the subscription.")
    razorpay: Checkout = Field(description="The options of Razorpay's checkout in the browser.")
    short_url: str | None = Field(
        description="Razorpay's page to pay on, instead of the checkout; null where there is none."
    )
    charged_amount: int = Field(description="What is charged, in the smallest unit (paise, cents).")
    start_at: datetime | None = Field(default=None, description="The first charge, where that is not at once.")
    expires_at: datetime | None = Field(default=None, description="Until when it can be paid.")
    payment_needed: bool = Field(
        default=True, description="False where the plan was changed in place and is active already."
    )
    bank_confirmation: str | None = Field(
        default=None, description="A sentence, where the payer's bank asks them before every charge."
    )


@dataclass(frozen=True)
class Wish:
    """What somebody wants to pay. `replaces`: the live subscription whose place it takes, at `start_at` or at once."""

    price: Price
    offer_id: str | None = None
    replaces: UUID | None = None
    start_at: datetime | None = None


class _Row(BaseModel):
    """A subscription nobody has paid, as `oneai.start_checkout` tells of it."""

    state: Literal["open", "opening", "new", "unheard"]
    id: UUID
    ref: str | None
    short_url: str | None
    created_at: datetime
    start_at: datetime | None
    expires_at: datetime
    withdrawn: UUID | None = None


async def opened(person: Person, wish: Wish) -> tuple[OpenedSubscription, bool] | None:
    """The open subscription of this wish, and whether it is new; None where `replaces` is no longer the live one.

    Raises AccountSuspended, EmailNotConfirmed, BillingDetailsRequired, RateLimited, AlreadySubscribed where the same is
    authorized to begin then, InvalidRequest for an offer that does not fit, and PaymentProviderUnavailable, after which
    asking again finds what was opened.
    """
    if wish.price.plan_ref is None:
        raise await _unsold(wish.price)
    row = await _begun(person, wish, wish.price.plan_ref)
    if row is None:
        return None
    if row.ref is not None:
        return _shown(wish, row, row.ref, row.short_url, wish.price.plan_ref), False
    snapshot = await _at_the_provider(person, wish, row, wish.price.plan_ref)
    await _keep(row, snapshot)
    if row.withdrawn is not None:
        await soon.make([row.withdrawn], soon.FEW_SECONDS)
    return _shown(wish, row, snapshot.ref, snapshot.short_url, wish.price.plan_ref), row.state == "new"


async def _begun(person: Person, wish: Wish, plan_ref: str) -> _Row | None:
    """Our row first; waits while somebody else, perhaps the same person twice, is opening it."""
    for _ in range(int(WAIT_SECONDS / LOOK_SECONDS)):
        (told,) = await db.call(
            "select oneai.start_checkout(%s, %s)", [person.user_id, json.dumps(_terms(wish, plan_ref))]
        )
        match told["state"]:
            case "moved":
                return None
            case "chosen":
                raise AlreadySubscribed("You have chosen this already: it begins when the present period is over.")
            case "unsold":
                raise await _unsold(wish.price)
            case "opening":
                await asyncio.sleep(LOOK_SECONDS)
            case _:
                return _Row.model_validate(told)
    raise PaymentProviderUnavailable(retry_after=5)


def _terms(wish: Wish, plan_ref: str) -> dict[str, Any]:
    price = wish.price
    return {
        "provider": provider.PROVIDER,
        "plan_ref": plan_ref,
        "plan": price.tier,
        "period": price.period,
        "currency": price.currency,
        "amount": price.amount,
        "offer": wish.offer_id,
        "confirmed": settings.read(SignUpSettings).require_confirmed_email,
        "trial_days": prices.trial_days(price.tier),
        "open_hours": OPEN_HOURS,
        "replaces": None if wish.replaces is None else str(wish.replaces),
        "start_at": None if wish.start_at is None else wish.start_at.isoformat(),
    }


async def _at_the_provider(person: Person, wish: Wish, row: _Row, plan_ref: str) -> Snapshot:
    """Opens it there, unless an earlier try did and nobody heard; where this one fails, the next may try at once."""
    try:
        async with asyncio.timeout(PROVIDER_SECONDS):
            if row.state == "unheard":
                found = await provider.find_opened(row.id, plan_ref, row.created_at)
                if found is not None:
                    return found
            return await provider.open_subscription(
                row.id,
                plan_ref,
                start_at=row.start_at,
                expires_at=row.expires_at,
                offer_ref=wish.offer_id,
                total_count=CHARGES[wish.price.period],
                user_id=person.user_id,
            )
    except BaseException as error:
        await db.call("select oneai.release_checkout(%s)", [row.id], idempotent=True)
        match error:
            case TimeoutError():
                raise PaymentProviderUnavailable(retry_after=5) from error
            case provider.ProviderError(field="offer_id"):
                raise invalid("offer_id", "not_sold", "This offer does not go with this plan.") from error
            case provider.ProviderError():
                log.warning("the payment provider refused a subscription", error=str(error))
                await alerts.raise_alert_throttled("provider_refused", "open", price=wish.price.key, error=str(error))
                raise PaymentProviderUnavailable(retry_after=60) from error
        raise


async def _keep(row: _Row, snapshot: Snapshot) -> None:
    (kept,) = await db.call(
        "select oneai.save_checkout(%s, %s, %s)", [row.id, snapshot.ref, snapshot.short_url], idempotent=True
    )
    if not kept:
        raise SubscriptionNotChangeable("Something else was chosen in the meantime.")
    await processing.observe(Observation(snapshots=(snapshot,)), found_by="request")


async def _unsold(price: Price) -> PaymentProviderUnavailable:
    log.warning("a price has no plan of its own at the payment provider", price=price.key)
    await alerts.raise_alert_throttled(
        "provider_refused", "plans", price=price.key, error="RAZORPAY_PLANS has no plan of it"
    )
    return PaymentProviderUnavailable("This plan cannot be paid for right now. Please try again later.")


def _shown(wish: Wish, row: _Row, ref: str, short_url: str | None, plan_ref: str) -> OpenedSubscription:
    return OpenedSubscription(
        subscription_id=row.id,
        razorpay=Checkout.model_validate(provider.checkout(ref, plan_ref)),
        short_url=short_url,
        charged_amount=wish.price.amount,
        start_at=row.start_at,
        expires_at=row.expires_at,
        bank_confirmation=plan_list.bank_confirmation(wish.price),
    )
