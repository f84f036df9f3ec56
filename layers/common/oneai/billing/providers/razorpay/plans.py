"""Razorpay's plans: the amount of a charge, and its interval."""

from oneai.billing.facts import Period
from oneai.billing.providers.face import ObservedPlan
from oneai.billing.providers.razorpay import entities as parse
from oneai.billing.providers.razorpay.entities import Entity
from oneai.billing.providers.razorpay.fetch import pages
from oneai.clients import razorpay

PERIODS: dict[str, Period] = {"monthly": "monthly", "yearly": "yearly"}


async def create_plan(*, tier: str, period: Period, currency: str, amount: int) -> str:
    """Creates a plan, which can never be changed or deleted, and returns its reference."""
    created = await razorpay.post(
        "/plans",
        {
            "period": period,
            "interval": 1,
            "item": {"name": f"{tier.capitalize()} {period}", "amount": amount, "currency": currency},
            "notes": {"oneai_tier": tier},
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
