"""Structured logs and metrics through Powertools, imported on first use: most cold starts log nothing.

Log lines never hold message texts, e-mail addresses or keys.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

NAMESPACE = "OneAI"


@cache
def _logger() -> "Logger":
    from aws_lambda_powertools.logging import Logger

    return Logger(service="oneai", log_uncaught_exceptions=False)


def info(event: str, **fields: Any) -> None:
    """Logs a normal event."""
    _logger().info(event, extra=fields)


def warning(event: str, **fields: Any) -> None:
    """Logs a problem that was handled."""
    _logger().warning(event, extra=fields)


def error(event: str, **fields: Any) -> None:
    """Logs a defect that needs fixing."""
    _logger().error(event, extra=fields)


def exception(event: str, **fields: Any) -> None:
    """Logs the current exception with its traceback; call it in an `except` block."""
    _logger().exception(event, extra=fields)


def count(metric: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
    """Emits one CloudWatch metric (embedded metric format on stdout) at once."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=metric, unit=MetricUnit(unit), value=value, namespace=NAMESPACE) as one:
        for name, text in dimensions.items():
            one.add_dimension(name=name, value=text)
