"""Counts refused requests by the error's code."""

from oneai import metrics
from oneai.errors import OneAIError
from oneai.postgres.request_refusals import CODES

# Refusals of invalid requests, or of requests without a credential. Their number depends on clients, and each code
# would be a metric that costs money.
OTHER = "other"


def count(error: OneAIError, route: str | None) -> None:
    """Counts the refusal of `route`, given as its pattern; the log line has the exact code."""
    of = error.code if error.status >= 500 or error.code in CODES else OTHER
    metrics.count(metrics.REFUSALS, of=of, status=error.status, error_code=error.code, route=route)
