"""Counts refused requests by the error's code."""

from oneai import metrics
from oneai.errors import OneAIError
from oneai.postgres.request_refusals import CODES

# A request that is wrong, or without a credential: how many there are follows from the clients, and each code would be
# a metric that is paid for.
OTHER = "other"


def count(error: OneAIError, route: str | None) -> None:
    """Counts the refusal, of `route` as its pattern; the line in the log has the exact code."""
    of = error.code if error.status >= 500 or error.code in CODES else OTHER
    metrics.count(metrics.REFUSALS, of=of, status=error.status, error_code=error.code, route=route)
