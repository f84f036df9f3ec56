"""Ratings of answers, by the operator's day of the answer."""

from dataclasses import dataclass
from typing import Literal

from oneai.analytics.period import ReportPeriod, TimeGroup
from oneai.postgres import db


@dataclass
class Ratings:
    """Thumbs up and down of a day, week, month or model, or of everything."""

    part: str
    positive: int
    negative: int


async def ratings_by(period: ReportPeriod, group_by: TimeGroup | Literal["model"] | None) -> list[Ratings]:
    """The ratings of the period's answers; empty if no answer was rated."""
    return await db.as_service(
        """
        select case %s when 'day' then day::text when 'week' then date_trunc('week', day)::date::text
            when 'month' then to_char(day, 'YYYY-MM') when 'model' then model else '' end as part,
          sum(positive)::bigint as positive, sum(negative)::bigint as negative
        from oneai.daily_ratings where day between %s and %s group by 1
        """,
        [group_by or "", period.since, period.until],
        Ratings,
    )
