"""The daily ceiling: the maximum that one user's answers may reserve and cost in a UTC day, in micro-dollars."""

from dataclasses import dataclass
from decimal import Decimal

from oneai import settings
from oneai.models.price import PER_MILLION
from oneai.plans.limits_and_prices import Plan


@dataclass(frozen=True)
class SpendSettings:
    """`daily_spend_limit_usd` limits all users' reserved and settled cost of one UTC day, of what plans pay;
    `credit_spend_limit_usd` that of what credits pay. None: no limit."""

    daily_spend_limit_usd: Decimal | None = None
    credit_spend_limit_usd: Decimal | None = None


def daily_spend_limit() -> int | None:
    """The limit of all users together, in micro-dollars; None if the operator set none."""
    limit = settings.read(SpendSettings).daily_spend_limit_usd
    return None if limit is None else int(limit * PER_MILLION)


def credit_spend_limit() -> int | None:
    """The limit of what credits pay, of all users together, in micro-dollars; None if the operator set none."""
    limit = settings.read(SpendSettings).credit_spend_limit_usd
    return None if limit is None else int(limit * PER_MILLION)


def daily_ceiling(plan: Plan) -> int | None:
    """The plan's share of that limit per user, in micro-dollars; None if there is no limit."""
    limit = daily_spend_limit()
    return None if limit is None else int(limit * plan.daily_share)
