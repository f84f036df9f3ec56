"""The list of what was reported, as operators' commands print it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from ops import command


class Reported(Protocol):
    """Something that was reported and is not decided."""

    report_count: int
    last_reported_at: datetime
    due_at: datetime
    overdue: bool


def print_reported[T: Reported](
    found: list[T], head: Callable[[T, str], str], reports: Callable[[T], Iterable[str]]
) -> None:
    """Prints each with its reports below. `head` gets how often, when and until when, in one text. `head` and `reports`
    give as `repr` what users and models wrote."""
    for each in found:
        times = (
            f"{command.counted(each.report_count, 'time')}, last {each.last_reported_at:%Y-%m-%d %H:%M}, "
            f"due {command.end(each.due_at)}{' OVERDUE' if each.overdue else ''}"
        )
        print(head(each, times))
        for report in reports(each):
            print(f"    {report}")
    if not found:
        print("Nothing that is open was reported.")
