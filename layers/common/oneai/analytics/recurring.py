"""Monthly recurring revenue and customers: the state before a day, and the changes since."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from oneai.analytics.period import ReportPeriod
from oneai.postgres import db

ALL_PLANS = ""

type Movement = Literal["new", "reactivation", "expansion", "contraction", "churn"]


@dataclass
class MovementRow:
    """The change of a plan's recurring revenue (smallest unit) and customers by one kind of movement on a day.

    The plan `ALL_PLANS` covers all plans together: it counts a customer of two plans once.
    """

    day: date
    currency: str
    plan_id: str
    movement: Movement
    mrr: int
    customers: int


@dataclass
class _OpeningRow:
    currency: str
    plan_id: str
    mrr: int
    customers: int


@dataclass
class Recurring:
    """Recurring revenue and customers at the start, and the movements since."""

    mrr_before: int = 0
    customers_before: int = 0
    mrr: Counter[Movement] = field(default_factory=Counter)
    customers: Counter[Movement] = field(default_factory=Counter)

    @property
    def mrr_after(self) -> int:
        """The recurring revenue at the end, in the currency's smallest unit."""
        return self.mrr_before + sum(self.mrr.values())

    @property
    def customers_after(self) -> int:
        """The number of customers at the end."""
        return self.customers_before + sum(self.customers.values())

    def add(self, rows: Iterable[MovementRow]) -> "Recurring":
        """Adds these movements and returns itself."""
        for row in rows:
            self.mrr[row.movement] += row.mrr
            self.customers[row.movement] += row.customers
        return self


async def openings(day: date) -> dict[tuple[str, str], Recurring]:
    """Recurring revenue and customers before the day, by currency and plan."""
    rows = await db.as_service(
        """
        select currency, plan_id, sum(mrr)::bigint as mrr, sum(customers)::bigint as customers
        from oneai.daily_mrr_now where day < %s group by 1, 2 having sum(mrr) <> 0 or sum(customers) <> 0
        """,
        [day],
        _OpeningRow,
    )
    return {(row.currency, row.plan_id): Recurring(row.mrr, row.customers) for row in rows}


async def movements(period: ReportPeriod) -> list[MovementRow]:
    """All movements of the period, by day."""
    return await db.as_service(
        """
        select day, currency, plan_id, movement, sum(mrr)::bigint as mrr, sum(customers)::bigint as customers
        from oneai.daily_mrr_now where day between %s and %s
        group by 1, 2, 3, 4 having (sum(mrr), sum(customers)) <> (0, 0) order by 1, 2, 3, 4
        """,
        [period.since, period.until],
        MovementRow,
    )
