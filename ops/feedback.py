"""`python -m ops.feedback`, which is `make feedback`: how answers were rated, by model and day.

Uses the database at DATABASE_URL, else that of the local stack. `MONTH=2026-11` selects another month than the current
one.
"""

import argparse
import sys
from collections.abc import Iterable
from datetime import date

from oneai.usage.feedback_report import FeedbackReport, Ratings, feedback_report
from ops import command
from ops.command import Connection, counted


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or MONTH is not a month."""
    parser = argparse.ArgumentParser(
        prog="make feedback",
        usage="make feedback [MONTH=2026-11]",
        description="Ratings of answers in a month, by model and by day.",
    )
    return command.run(parser, _do, arguments)


def _do(connection: Connection, _: argparse.Namespace) -> int:
    connection.execute("set role oneai_service")
    month = command.selected_month(connection)
    if month is None:
        return 1
    print("\n".join(_lines(month, feedback_report(connection, month))))
    return 0


def _lines(month: date, report: FeedbackReport) -> Iterable[str]:
    yield f"{month:%B %Y}, ratings of answers"
    yield ""
    yield "By model"
    yield from _table(report.by_model, "nothing was asked")
    yield ""
    yield "By day"
    yield from _table(report.by_day, "nothing was rated")


def _table(rows: list[Ratings], empty: str) -> Iterable[str]:
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        rated = row.positive + row.negative
        share = f"{row.positive / rated:4.0%} positive" if rated else "not rated"
        ratings = f"{row.positive:>7,} up {row.negative:>7,} down  {share}"
        yield f"  {row.name:{width}} {counted(row.answers, 'answer'):>16} {ratings}"
    if not rows:
        yield f"  {empty}"


if __name__ == "__main__":
    sys.exit(main())
