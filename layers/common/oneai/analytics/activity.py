"""Active and new users: in a period, by day, week or month, and in trailing windows.

A user is active on a day on which they request an answer or an embedding, with any result.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from oneai.analytics.period import ReportPeriod, TimeGroup
from oneai.postgres import db

# The lengths of the trailing windows of weekly and monthly active users, in days.
WEEK, MONTH = 7, 30


@dataclass
class _Count:
    part: str
    count: int


@dataclass
class _WindowChange:
    day: date
    users: int


async def active_users(period: ReportPeriod) -> int:
    """The number of distinct users who were active in the period."""
    (row,) = await db.as_service(
        """
        select '' as part, coalesce(sum(users), 0)::bigint as count
        from oneai.daily_active_users_now where day between %s and %s and previous_day < %s
        """,
        [period.since, period.until, period.since],
        _Count,
    )
    return row.count


async def active_users_by_time(period: ReportPeriod, group: TimeGroup) -> dict[str, int]:
    """The number of distinct active users of each day, week or month, limited to the period."""
    rows = await db.as_service(
        """
        select case %s when 'month' then to_char(a.day, 'YYYY-MM') else b.begins::text end as part,
          coalesce(sum(a.users) filter (where a.previous_day < greatest(b.begins, %s)), 0)::bigint as count
        from oneai.daily_active_users_now as a
        cross join lateral (select date_trunc(%s, a.day)::date as begins) as b
        where a.day between %s and %s group by 1
        """,
        [group, period.since, group, period.since, period.until],
        _Count,
    )
    return {row.part: row.count for row in rows}


async def new_users(period: ReportPeriod) -> int:
    """The number of users who signed up in the period."""
    return sum((await new_users_by_time(period, "month")).values())


async def new_users_by_time(period: ReportPeriod, group: TimeGroup) -> dict[str, int]:
    """The number of users who signed up, for each day, week or month of the period."""
    rows = await db.as_service(
        """
        select case %s when 'month' then to_char(day, 'YYYY-MM') else date_trunc(%s, day)::date::text end as part,
          sum(signed_up)::bigint as count
        from oneai.daily_users_now where day between %s and %s group by 1
        """,
        [group, group, period.since, period.until],
        _Count,
    )
    return {row.part: row.count for row in rows}


async def trailing_active_users(period: ReportPeriod, days: int) -> dict[date, int]:
    """For each day of the period, the number of distinct users who were active in the `days` days that end with it."""
    rows = await db.as_service(
        """
        select c.day, sum(c.users)::bigint as users
        from (
          -- Counted from the day itself, or from when the day before it has left the window, until it leaves it too.
          select greatest(day, previous_day + %s) as day, users
          from oneai.daily_active_users_now where day > %s and day <= %s
          union all
          select day + %s, -users from oneai.daily_active_users_now where day > %s and day <= %s
        ) as c
        group by 1 order by 1
        """,
        [days, *(window := [period.since - timedelta(days=days), period.until]), days, *window],
        _WindowChange,
    )
    changes: Counter[date] = Counter()
    for row in rows:
        changes[max(row.day, period.since)] += row.users
    users, total = {}, 0
    for day in (period.since + timedelta(days=n) for n in range(period.days)):
        total += changes[day]
        users[day] = total
    return users
