"""Structured logs with Powertools, imported on first use because most cold starts log nothing.

Every line has the id of its request. Log lines never contain message texts, email addresses or keys.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from oneai import error_reports, request_context

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@cache
def _logger() -> "Logger":
    from aws_lambda_powertools.logging import Logger

    return Logger(service="oneai", log_uncaught_exceptions=False)


def info(event: str, **fields: Any) -> None:
    """Logs a normal event."""
    _logger().info(event, extra=_fields(fields))


def warning(event: str, **fields: Any) -> None:
    """Logs a problem that was handled."""
    _logger().warning(event, extra=_fields(fields))


def error(event: str, **fields: Any) -> None:
    """Logs a defect that needs fixing."""
    _logger().error(event, extra=_fields(fields))


def exception(event: str, **fields: Any) -> None:
    """Logs the current exception with its traceback, and reports it; call it in an `except` block."""
    _logger().exception(event, extra=_fields(fields))
    error_reports.report(event)


def _fields(fields: dict[str, Any]) -> dict[str, Any]:
    context = {"request_id": request_context.request_id(), "trace_id": request_context.trace_id()}
    return {name: value for name, value in context.items() if value is not None} | fields
