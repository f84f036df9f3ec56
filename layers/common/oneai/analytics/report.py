"""What every analytics report has: its period, and how far the figures have been added up."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

from pydantic import BaseModel, Field

from oneai.analytics.period import ReportPeriod
from oneai.postgres import db


class Report(BaseModel):
    """A report's period in the operator's days."""

    since: date = Field(serialization_alias="from", description="The first day.")
    until: date = Field(serialization_alias="to", description="The last day, which is a part of it.")
    tz: str = Field(description="The operator's time zone, whose days are counted.")
    as_of: datetime | None = Field(
        description="When the figures were last added up: every hour, and before the first time for each report."
    )
    next_cursor: None = Field(description="Always null: the items are one page.")

    @classmethod
    async def of(cls, period: ReportPeriod, **figures: object) -> Self:
        """The report of a period with these figures."""
        return cls.model_validate(
            {
                "since": period.since,
                "until": period.until,
                "tz": period.tz,
                "as_of": await rolled_up_until(),
                "next_cursor": None,
                **figures,
            }
        )


def share(part: int, whole: int) -> float | None:
    """Which part of a whole, from 0 to 1, to four digits; None of nothing."""
    return round(part / whole, 4) if whole else None


@dataclass
class _Cursor:
    done_until: datetime


async def rolled_up_until() -> datetime | None:
    """When everything was last added up, by the job or before its first run for a report; in UTC. None before both."""
    rows = await db.as_service(
        "select done_until from oneai.job_cursors where job in ('analytics', 'analytics_first') "
        "order by done_until desc limit 1",
        [],
        _Cursor,
    )
    return rows[0].done_until.astimezone(UTC) if rows else None
