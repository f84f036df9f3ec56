"""The common fields of analytics reports: the period, and when the daily totals were last updated."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

from pydantic import BaseModel, Field

from oneai.analytics.period import ReportPeriod
from oneai.postgres import db


class Report(BaseModel):
    """A report's period in the operator's days."""

    since: date = Field(serialization_alias="from", description="The first day.")
    until: date = Field(serialization_alias="to", description="The last day (inclusive).")
    tz: str = Field(description="The operator's time zone.")
    as_of: datetime = Field(
        description="Up to when the figures have everything: the time of the request, unless more than 100,000 answers "
        "wait for the job that adds them up."
    )
    next_cursor: None = Field(description="Always null, because all items are on one page.")

    @classmethod
    async def of(cls, period: ReportPeriod, **figures: object) -> Self:
        """Returns a report of a period with these figures."""
        return cls.model_validate(
            {
                "since": period.since,
                "until": period.until,
                "tz": period.tz,
                "as_of": await _as_of(),
                "next_cursor": None,
                **figures,
            }
        )


def share(part: int, whole: int) -> float | None:
    """The part's share of the whole, from 0 to 1, to four digits; None if the whole is 0."""
    return round(part / whole, 4) if whole else None


@dataclass
class _AsOf:
    as_of: datetime


async def _as_of() -> datetime:
    (row,) = await db.as_service("select oneai.sums_as_of() as as_of", [], _AsOf)
    return row.as_of.astimezone(UTC)
