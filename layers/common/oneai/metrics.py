"""Metrics in CloudWatch's embedded metric format: a JSON line on stdout, of which CloudWatch Logs makes metrics.

Lines of our own instead of Powertools' `Metrics`, whose import costs a cold start a quarter of a second and which the
path of the first token would wait for. The format: "Specification: Embedded metric format" in CloudWatch's user guide.

CloudWatch charges for each combination of a metric with a value of its dimension, by the hours in which it was sent
(docs/operations/costs.md). So the list is short, a metric has one dimension at most, and what only helps to find a line
is a property: properties are searched in the log and cost nothing.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from oneai import request_context, settings

# What the objectives (docs/operations/slo.md) count as a slow beginning of an answer, in milliseconds.
SLOW_FIRST_TOKEN_MS = 2000


@dataclass(frozen=True)
class MetricsSettings:
    """`metrics` switches them off. Lambda says which log group a function has; the template names it
    `/oneai/STACK/FUNCTION`."""

    metrics: bool = True
    aws_lambda_log_group_name: str = ""

    @property
    def namespace(self) -> str:
        """The stack's own: stages of one account do not ring each other's alarms."""
        match self.aws_lambda_log_group_name.split("/"):
            case ["", "oneai", stack, _]:
                return f"OneAI/{stack}"
            case _:
                return "OneAI"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name and unit as CloudWatch has them, and the name of its dimension, if it has one.

    `kind` is what Prometheus would call it. A histogram's values are added up by their buckets, a gauge has its newest.
    `series`: how many metrics it may be in CloudWatch, one for each value of its dimension.
    """

    name: str
    unit: Literal["Count", "Milliseconds", "Seconds", "None"]
    about: str
    dimension: str | None = None
    kind: Literal["counter", "histogram", "gauge"] = "counter"
    series: int = 1


ANSWERS = Metric("Answers", "Count", "Answers that have ended, failed ones included.")
ANSWERS_FAILED = Metric("AnswersFailed", "Count", "Answers that failed or broke off.")
FIRST_TOKEN = Metric(
    "FirstToken",
    "Milliseconds",
    "From the start of generation until the model began to write, reasoning included.",
    kind="histogram",
)
SLOW_FIRST_TOKENS = Metric("SlowFirstTokens", "Count", "Answers whose model began to write after two seconds.")
PROMPT_TOKENS = Metric("PromptTokens", "Count", "Tokens that models read.")
COMPLETION_TOKENS = Metric("CompletionTokens", "Count", "Tokens that models wrote.")
COST = Metric("CostMicroUsd", "None", "What models cost, in millionths of a dollar.")
REFUSALS = Metric("Refusals", "Count", "Requests that were refused, by the error's code.", "code", series=32)
UPSTREAM_FAILURES = Metric("UpstreamFailures", "Count", "Attempts at OpenRouter that failed.", "kind", series=8)
WEBHOOK_LAG = Metric(
    "WebhookLag", "Seconds", "From the payment provider's event until it was processed.", kind="histogram"
)
EXPIRED_LEASES = Metric("ExpiredLeases", "Count", "Answers that were settled because their process had died.")
JOBS_SUCCEEDED = Metric("JobsSucceeded", "Count", "Runs of scheduled jobs that succeeded.")
JOBS_FAILED = Metric("JobsFailed", "Count", "Runs of scheduled jobs that failed, by job.", "job", series=12)
QUEUE_AGE = Metric(
    "QueueAge", "Seconds", "How long the oldest item of a queue has been due.", "queue", kind="gauge", series=8
)
OPERATOR_ALERTS = Metric("OperatorAlert", "Count", "Alerts of operators, by kind.", "kind", series=26)
EVENTS_NOT_SIGNED = Metric("EventsNotSigned", "Count", "Webhook events whose signature is wrong.", "reason", series=6)
MAIL_STOPPED = Metric("MailStopped", "Count", "Addresses that mail is no longer sent to.", "reason", series=4)
SEARCH_WITHOUT_GUESSES = Metric("SearchWithoutGuesses", "Count", "Searches that left out guesses at typing errors.")

CATALOG = (
    ANSWERS,
    ANSWERS_FAILED,
    FIRST_TOKEN,
    SLOW_FIRST_TOKENS,
    PROMPT_TOKENS,
    COMPLETION_TOKENS,
    COST,
    REFUSALS,
    UPSTREAM_FAILURES,
    WEBHOOK_LAG,
    EXPIRED_LEASES,
    JOBS_SUCCEEDED,
    JOBS_FAILED,
    QUEUE_AGE,
    OPERATOR_ALERTS,
    EVENTS_NOT_SIGNED,
    MAIL_STOPPED,
    SEARCH_WITHOUT_GUESSES,
)


def count(metric: Metric, value: float = 1, *, of: str | None = None, **properties: Any) -> None:
    """Emits one metric at once; `of` is the value of its dimension."""
    emit({metric: value}, of=of, **properties)


def emit(values: Mapping[Metric, float], *, of: str | None = None, **properties: Any) -> None:
    """Emits metrics that share a dimension, or have none, as one line with `properties`, of which None is left out.

    Properties never hold message texts, e-mail addresses or keys.
    """
    config = settings.read(MetricsSettings)
    if not config.metrics:
        return
    dimension = next(iter(values)).dimension
    if any(metric.dimension != dimension for metric in values) or (dimension is None) != (of is None):
        raise ValueError("metrics of one line have the same dimension, and its value")
    directive = {
        "Namespace": config.namespace,
        "Dimensions": [[] if dimension is None else [dimension]],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in values],
    }
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        **({} if dimension is None else {dimension: of}),
        **{metric.name: value for metric, value in values.items()},
        **{name: value for name, value in properties.items() if value is not None},
    }
    if (current := request_context.request_id()) is not None:
        line.setdefault("request_id", current)
    # One write: lines of two tasks must not mix.
    sys.stdout.write(json.dumps(line, separators=(",", ":"), default=str) + "\n")
    sys.stdout.flush()


def count_expired_lease() -> None:
    """Counts an answer that was settled because its process had died; operators are alerted."""
    count(EXPIRED_LEASES)
    count(OPERATOR_ALERTS, of="reservation_lapsed")
