"""The provider's plans: the amount of a charge, and its interval."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oneai.billing.facts import Period
from oneai.billing.provider import entities as parse
from oneai.billing.provider.entities import Entity
from oneai.billing.provider.fetch import pages
from oneai.clients import razorpay

if TYPE_CHECKING:
    from oneai.billing.subscriptions.prices import Price

PERIODS: dict[str, Period] = {"monthly": "monthly", "yearly": "yearly"}


@dataclass(frozen=True)
class ObservedPlan:
    """A plan at the provider: `amount` for each `period`. `tier` is in its notes if we created it."""

    ref: str
    tier: str | None
    period: Period
    currency: str
    amount: int


async def create_plan(price: "Price") -> str:
    """Creates a plan, which can never be changed or deleted, and returns its reference."""
    name = f"{price.tier.capitalize()} {price.period}"
    created = await razorpay.post(
        "/plans",
        {
            "period": price.period,
            "interval": 1,
            "item": {"name": name, "amount": price.amount, "currency": price.currency},
            "notes": {"oneai_tier": price.tier},
        },
    )
    return str(created["id"])


async def list_plans() -> tuple[ObservedPlan, ...]:
    """All monthly and yearly plans, newest first."""
    plans = [_plan(each) async for each in pages("/plans")]
    return tuple(each for each in plans if each is not None)


def _plan(entity: Entity) -> ObservedPlan | None:
    period, item = PERIODS.get(str(entity.get("period"))), entity.get("item")
    ref, notes = parse.word(entity.get("id")), entity.get("notes")
    if period is None or entity.get("interval") != 1 or ref is None or not isinstance(item, dict):
        return None
    amount, currency = parse.number(item.get("amount")), parse.word(item.get("currency"))
    if amount is None or currency is None:
        return None
    tier = parse.word(notes.get("oneai_tier")) if isinstance(notes, dict) else None
    return ObservedPlan(ref, tier, period, currency, amount)
