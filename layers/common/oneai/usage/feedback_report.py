"""Ratings of answers in a month, by model and day; operators read it as `oneai_service`."""

from dataclasses import dataclass
from datetime import date
from typing import LiteralString

from oneai.postgres.operators import OperatorConnection, fetch_all


@dataclass
class Ratings:
    """The number of answers of a model or day, and of those rated thumbs up and thumbs down."""

    name: str
    answers: int
    positive: int
    negative: int


@dataclass
class FeedbackReport:
    """A month's ratings."""

    by_model: list[Ratings]
    by_day: list[Ratings]


def feedback_report(connection: OperatorConnection, month: date) -> FeedbackReport:
    """The report of the month that starts on this day in UTC; models with the most ratings come first."""
    return FeedbackReport(
        by_model=fetch_all(connection, BY_MODEL, [month, month], Ratings),
        by_day=fetch_all(connection, BY_DAY, [month, month], Ratings),
    )


BY_MODEL: LiteralString = """
    select model as name, sum(answers)::bigint as answers, sum(positive)::bigint as positive,
      sum(negative)::bigint as negative
    from oneai.feedback_by_model_day where day >= %s and day < (%s + interval '1 month')
    group by model order by sum(positive) + sum(negative) desc, sum(answers) desc, model
"""
BY_DAY: LiteralString = """
    select to_char(day, 'DD Dy') as name, sum(answers)::bigint as answers, sum(positive)::bigint as positive,
      sum(negative)::bigint as negative
    from oneai.feedback_by_model_day where day >= %s and day < (%s + interval '1 month')
    group by day having sum(positive) + sum(negative) > 0 order by day
"""
