"""The tables of chatbots' figures as CSV, with the names of the API's fields."""

from collections.abc import Sequence

from oneai.chatbots.analytics import AnalyticsDay, AnalyticsOfChatbot, AnalyticsSums, Topic, UsedSource
from oneai.csv_file import csv_lines

_SUMS = (
    *("conversations", "messages", "visitors", "visitors_new", "visitors_returning", "answers", "handed_off"),
    *("resolved_by_bot", "cost_micro_usd", "charged_micro_usd"),
)


def days_csv(days: Sequence[AnalyticsDay]) -> str:
    """A line for each day."""
    return csv_lines([("day", *_header()), *((each.day.isoformat(), *_cells(each)) for each in days)])


def chatbots_csv(chatbots: Sequence[AnalyticsOfChatbot]) -> str:
    """A line for each chatbot."""
    rows = ((str(each.chatbot_id), each.name, *_cells(each)) for each in chatbots)
    return csv_lines([("chatbot_id", "name", *_header()), *rows])


def topics_csv(topics: Sequence[Topic]) -> str:
    """A line for each topic."""
    header = ("name", "questions", "visitors", "answered", "not_found")
    return csv_lines([header, *(tuple(getattr(each, name) for name in header) for each in topics)])


def sources_csv(sources: Sequence[UsedSource]) -> str:
    """A line for each document."""
    rows = ((str(each.document_id), each.name or "", each.answers) for each in sources)
    return csv_lines([("document_id", "name", "answers"), *rows])


def _header() -> tuple[str, ...]:
    return (*_SUMS, "satisfaction_score", "satisfaction_votes")


def _cells(sums: AnalyticsSums) -> tuple[object, ...]:
    score = sums.satisfaction.score
    return (*(getattr(sums, name) for name in _SUMS), "" if score is None else score, sums.satisfaction.votes)
