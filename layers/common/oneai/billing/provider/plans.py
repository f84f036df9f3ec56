"""The provider's plans, on which it sells: what an amount is charged for, and how often."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oneai.billing.facts import Period
from oneai.billing.provider import entities as facts_of
from oneai.billing.provider.entities import Entity
from oneai.billing.provider.fetch import pages
from oneai.clients import razorpay

if TYPE_CHECKING:
    from oneai.billing.subscriptions.prices import Price

PERIODS: dict[str, Period] = {"monthly": "monthly", "yearly": "yearly"}


@dataclass(frozen=True)
class PlanSeen:
    """A plan as the provider has it: `amount` each `period`. `tier` is the one we noted there, if we made it."""

    ref: str
    tier: str | None
    period: Period
    currency: str
    amount: int


async def make_plan(price: "Price") -> str:
    """Makes a plan, which nobody can ever change or delete; its ref."""
    name = f"{price.tier.capitalize()} {price.period}"
    made = await razorpay.post(
        "/plans",
        {
            "period": price.period,
            "interval": 1,
            "item": {"name": name, "amount": price.amount, "currency": price.currency},
            "notes": {"oneai_tier": price.tier},
        },
    )
    return str(made["id"])


async def list_plans() -> tuple[PlanSeen, ...]:
    """All plans that are charged once a month or once a year, newest first."""
    found = [_plan(each) async for each in pages("/plans")]
    return tuple(each for each in found if each is not None)


def _plan(entity: Entity) -> PlanSeen | None:
    period, item = PERIODS.get(str(entity.get("period"))), entity.get("item")
    ref, notes = facts_of.word(entity.get("id")), entity.get("notes")
    if period is None or entity.get("interval") != 1 or ref is None or not isinstance(item, dict):
        return None
    amount, currency = facts_of.number(item.get("amount")), facts_of.word(item.get("currency"))
    if amount is None or currency is None:
        return None
    tier = facts_of.word(notes.get("oneai_tier")) if isinstance(notes, dict) else None
    return PlanSeen(ref, tier, period, currency, amount)
