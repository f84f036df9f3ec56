"""The prices of subscriptions at Stripe, which are our plans there: the amount of a charge, and its interval."""

from oneai.billing.facts import Period
from oneai.billing.providers.face import ObservedPlan
from oneai.billing.providers.stripe import values as read
from oneai.billing.providers.stripe.reading import pages
from oneai.billing.providers.stripe.values import Entity
from oneai.clients import stripe

_INTERVALS: dict[str, Period] = {"month": "monthly", "year": "yearly"}
_TIER = "oneai_tier"


async def create_plan(*, tier: str, period: Period, currency: str, amount: int) -> str:
    """Creates a price with a product of its own, and returns its ref. Its amount can never be changed."""
    interval = next(each for each, of in _INTERVALS.items() if of == period)
    created = await stripe.post(
        "/prices",
        {
            "currency": currency.lower(),
            "unit_amount": read.stripe_amount(amount, currency),
            "recurring": {"interval": interval},
            "product_data": {"name": f"{tier.capitalize()} {period}"},
            "metadata": {_TIER: tier},
            # We send prices with tax, and issue the invoices.
            "tax_behavior": "inclusive",
        },
        idempotency_key=f"price:{tier}.{period}.{currency}={amount}",
    )
    return str(created["id"])


async def list_plans() -> tuple[ObservedPlan, ...]:
    """All active monthly and yearly prices, newest first."""
    plans = [_plan(each) async for each in pages("/prices", active=True, type="recurring")]
    return tuple(each for each in plans if each is not None)


def _plan(entity: Entity) -> ObservedPlan | None:
    recurring = read.inner(entity, "recurring")
    period = _INTERVALS.get(str(recurring.get("interval")))
    amount, currency = read.number(entity.get("unit_amount")), read.word(entity.get("currency"))
    if period is None or recurring.get("interval_count") != 1 or amount is None or currency is None:
        return None
    tier, currency = read.word(read.metadata(entity).get(_TIER)), currency.upper()
    return ObservedPlan(read.required(entity, "id"), tier, period, currency, read.our_amount(amount, currency))
