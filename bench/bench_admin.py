"""Measures operators' pages over 1,000,000 users, 2,000,000 messages, and 1,000,000 usage events and actions of a year.

Every report covers ninety days and is compared with reading the same days' sums by primary key. The overview of thirty
days is also measured while an hour's events wait for the job. It asserts that reports read no single users, events,
messages or payments other than those that wait, which they find by index. It also asserts that a report of thirty days,
the default of the pages, scans no whole table of sums; for a quarter of all days Postgres rightly does. Lists of users,
subscriptions and actions are those of `admin_lists`.

`python -m bench.bench_admin 0.01` uses less data. `--keep` keeps the database for the next run with `--keep`.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from bench import admin_lists, admin_seed, kept, plans
from bench.admin_seed import Size
from bench.report import median, ms, ratio, step, table
from local.migrations import BOOTSTRAP, content_hash, migration_files
from oneai import analytics
from oneai.analytics import ReportPeriod
from oneai.postgres import db

ROUNDS = 15
DAYS, DAYS_AT_FIRST = 90, 30
type Measured = dict[str, tuple[float, float]]

# Events that wait for the job: those of an hour at five answers a second.
WAITING = 20_000
# Tables with a row per user, event or payment. Reports read what waits in them, by index.
BY_INDEX = {
    *("users", "usage_events", "active_days", "subscriptions", "payments", "refunds", "disputes", "invoices"),
    *("payment_revenue", "customer_mrr"),
}
# Tables with a row per user, event or message that reports never read.
NEVER = {"usage_rollups", "conversations", "chat_messages", "message_feedback"}
# Tables with a row per day and model.
SUMS = {"daily_usage", "daily_latency", "daily_errors", "daily_active_users"}


@dataclass
class Case:
    """A report, and the statement that reads the same days' sums by key."""

    name: str
    do: Callable[[], Awaitable[Any]]
    by_key: LiteralString


USAGE: LiteralString = "select * from oneai.daily_usage where day between %s and %s"
LATENCY: LiteralString = "select * from oneai.daily_latency where day between %s and %s"
REVENUE: LiteralString = """
    select r.* from oneai.daily_revenue as r join oneai.daily_mrr as m using (day) where r.day between %s and %s"""


def cases(period: ReportPeriod) -> list[Case]:
    """The measured reports."""
    return [
        Case("overview", lambda: analytics.overview(period.days, until=period.until), LATENCY),
        Case("usage by day", lambda: analytics.usage_analytics(period, "day"), USAGE),
        Case("usage by model", lambda: analytics.usage_analytics(period, "model"), USAGE),
        Case("revenue by day", lambda: analytics.revenue_analytics(period, "day"), REVENUE),
        Case("revenue by plan", lambda: analytics.revenue_analytics(period, "plan"), REVENUE),
        Case("cost by day", lambda: analytics.cost_analytics(period, "day"), USAGE),
        Case("cost by model", lambda: analytics.cost_analytics(period, "model"), USAGE),
        Case("performance by day", lambda: analytics.performance_analytics(period, "day"), LATENCY),
        Case("performance by model", lambda: analytics.performance_analytics(period, "model"), LATENCY),
        Case("errors", lambda: analytics.performance_analytics(period, "error"), LATENCY),
    ]


def period_of(now: datetime, days: int = DAYS) -> ReportPeriod:
    """The last days, up to and including today."""
    today = now.date()
    return ReportPeriod(today - timedelta(days=days - 1), today, "Asia/Kolkata")


async def timed(do: Callable[[], Awaitable[Any]], by_key: Callable[[], Awaitable[Any]]) -> tuple[float, float]:
    """Median seconds of each case and of reading the same rows by key, measured in turns."""
    ours, plain = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await do()
        between = time.perf_counter()
        await by_key()
        plain.append(time.perf_counter() - between)
        ours.append(between - started)
    return median(ours), median(plain)


async def prove(address: str, period: ReportPeriod, in_part: AbstractSet[str] = frozenset()) -> None:
    """Asserts that no report reads single rows other than those that wait, or scans one of the tables in `in_part`."""
    await plans.report_plans(address)
    scanned = in_part | plans.larger_tables(address, BY_INDEX)
    for case in cases(period):
        found = await plans.plans_of(case.do())
        assert found, case.name
        plans.refuse(case.name, found, plans.relations(found) & NEVER)
        plans.refuse(case.name, found, plans.read_through(found, scanned))
    await db.close()


@contextmanager
def waiting(address: str, count: int) -> Iterator[None]:
    """The newest `count` events wait for the job; `address` is a superuser's."""
    change = """
        update oneai.usage_events set rolled_up = %s
        where id > (select max(e.id) from oneai.usage_events as e) - %s"""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(change, [False, count])
        connection.execute("vacuum analyze oneai.usage_events")
        yield
        connection.execute(change, [True, count])


async def both(address: str, now: datetime, waiting_count: int) -> tuple[Measured, Measured]:
    """Measures reports and lists, and reads their plans afterwards, which takes time."""
    reports, lists, period = {}, {}, period_of(now)
    for case in cases(period):
        step(case.name)
        days = [period.since, period.until]
        reports[case.name] = await timed(case.do, partial(db.as_service, case.by_key, days, dict))
    month = period_of(now, DAYS_AT_FIRST)
    days, name = [month.since, month.until], f"overview, {DAYS_AT_FIRST} days"
    step(name)
    overview = partial(analytics.overview, month.days, until=month.until)
    by_key = partial(db.as_service, LATENCY, days, dict)
    reports[name] = await timed(overview, by_key)
    with waiting(address, waiting_count):
        reports[f"the same, {waiting_count:,} events wait"] = await timed(overview, by_key)
    for each in await admin_lists.cases():
        step(each.name)
        keys = await admin_lists.keys(each)
        lists[each.name] = await timed(each.read, partial(db.as_admin, each.by_key, [keys], dict))
    await prove(address, period)
    with waiting(address, waiting_count):
        await prove(address, month, plans.larger_tables(address, SUMS))
    await admin_lists.prove(address)
    return reports, lists


def main() -> None:
    """Fills a database, measures, asserts the plans, and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_admin")
    parser.add_argument("part", nargs="?", type=float, default=1.0, help="how much of it; 0.01 is a hundredth")
    parser.add_argument("--keep", action="store_true", help="keep the database, and use a kept one of this size again")
    options = parser.parse_args()
    size = Size().part(options.part)
    with _database(size, keep=options.keep) as (address, now):
        reports, lists = asyncio.run(both(address, now, round(WAITING * options.part)))
    _print(f"{size.people:,} people, {size.events:,} events, {DAYS} days", "sums by key, ms", reports)
    print(f"No report scans users, events or payments, reads messages, or reads all sums for {DAYS_AT_FIRST} days.")
    ratio("the slowest report, in seconds", max(ours for ours, _ in reports.values()), 1.0)
    _print(f"{size.people:,} people, {size.acts:,} acts, pages of {admin_lists.LIMIT}", "rows by key, ms", lists)
    print("No list reads a table that grows with use from one end to the other.")
    ratio("the slowest list, in seconds", max(ours for ours, _ in lists.values()), 0.2)


@contextmanager
def _database(size: Size, *, keep: bool) -> Iterator[tuple[str, datetime]]:
    """Connects the package to a filled database. Yields a superuser's address and the time of the filling."""
    name = f"admin_{size.people}"
    with kept.database("admin", name, _content(), lambda url: admin_seed.fill(url, size).isoformat(), keep=keep) as (
        address,
        filled_at,
    ):
        yield address, datetime.fromisoformat(filled_at)


def _content() -> str:
    return content_hash([*BOOTSTRAP, *migration_files(), Path(admin_seed.__file__)])


def _print(what: str, plain_head: str, measured: Measured) -> None:
    rows = [[name, ms(ours), ms(plain), f"{ours / plain:.1f}"] for name, (ours, plain) in measured.items()]
    table([what, "ms", plain_head, "ratio"], rows)


if __name__ == "__main__":
    main()
