"""Writes a report's items as CSV."""

from collections.abc import Sequence

from pydantic import BaseModel

from oneai.csv_file import csv_lines

# The columns that identify an item come first. A report by errors has the first two besides.
NAMES = ("day", "week", "month", "model", "provider", "plan", "purpose", "error_code", "currency")
_OF_ERRORS = ("model", "provider", "error_code")
_TIMES = ("day", "week", "month")
# Figures that exist only with these groupings.
_BY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("positive", "negative", "positive_share"), (*_TIMES, "model")),
    **dict.fromkeys(("active_users", "new_users", "tokens_per_user"), _TIMES),
    **dict.fromkeys(("weekly_active_users", "monthly_active_users"), ("day",)),
}


def report_csv(item: type[BaseModel], items: Sequence[BaseModel], group_by: str) -> str:
    """One line per item below a header line, which is always there. An empty cell stands for null."""
    columns = report_columns(item, group_by)
    values = (each.model_dump(mode="json") for each in items)
    return csv_lines([columns, *([row[name] for name in columns] for row in values)])


def report_columns(item: type[BaseModel], group_by: str) -> list[str]:
    """The columns of a report by `group_by`: those that identify an item, then its figures."""
    names = _OF_ERRORS if group_by == "error" else (group_by, "currency")
    figures = [each for each in item.model_fields if each not in NAMES and group_by in _BY.get(each, (group_by,))]
    return [*(each for each in NAMES if each in names and each in item.model_fields), *figures]
