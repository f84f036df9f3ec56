"""Metrics in CloudWatch's embedded metric format: a JSON line on stdout, from which CloudWatch Logs extracts metrics.

We write these lines ourselves, because importing Powertools' `Metrics` takes a quarter of a second of a cold start, and
the first token would wait for it. The format is "Specification: Embedded metric format" in CloudWatch's user guide.

CloudWatch charges for each metric and value of its dimension, per hour in which it was sent
(docs/operations/costs.md). So the list is short, and a metric has at most one dimension. Data that only helps to find
a log line is a property: the log can be searched for properties, and they cost nothing.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from oneai import request_context, settings

# The objectives (docs/operations/slo.md) count an answer as slow if its first token takes longer, in milliseconds.
SLOW_FIRST_TOKEN_MS = 2000


@dataclass(frozen=True)
class MetricsSettings:
    """`metrics` switches metrics on and off. Lambda provides the log group's name, which the template sets to
    `/oneai/STACK/FUNCTION`."""

    metrics: bool = True
    aws_lambda_log_group_name: str = ""

    @property
    def namespace(self) -> str:
        """The stack's own namespace, so that stages in one account do not trigger each other's alarms."""
        match self.aws_lambda_log_group_name.split("/"):
            case ["", "oneai", stack, _]:
                return f"OneAI/{stack}"
            case _:
                return "OneAI"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its name and unit as in CloudWatch, and the name of its dimension, if it has one.

    `kind` is Prometheus' term. The buckets of a histogram are added up; a gauge has its newest value. `series` is the
    maximum number of CloudWatch metrics that it becomes, one for each value of its dimension.
    """

    name: str
    unit: Literal["Count", "Milliseconds", "Seconds", "None"]
    about: str
    dimension: str | None = None
    kind: Literal["counter", "histogram", "gauge"] = "counter"
    series: int = 1


ANSWERS = Metric("Answers", "Count", "Answers that have ended, failed ones included.")
ANSWERS_FAILED = Metric("AnswersFailed", "Count", "Answers that failed or were interrupted.")
FIRST_TOKEN = Metric(
    "FirstToken",
    "Milliseconds",
    "From the start of generation until the model started to write, reasoning included.",
    kind="histogram",
)
SLOW_FIRST_TOKENS = Metric("SlowFirstTokens", "Count", "Answers whose model started to write after two seconds.")
PROMPT_TOKENS = Metric("PromptTokens", "Count", "Tokens that models read.")
COMPLETION_TOKENS = Metric("CompletionTokens", "Count", "Tokens that models wrote.")
COST = Metric("CostMicroUsd", "None", "What models cost, in millionths of a dollar.")
REFUSALS = Metric("Refusals", "Count", "Requests that were refused, by the error's code.", "code", series=40)
UPSTREAM_FAILURES = Metric(
    "UpstreamFailures", "Count", "Attempts at providers of models that failed.", "kind", series=8
)
PROVIDERS_SET_ASIDE = Metric(
    "ProvidersSetAside", "Count", "How often a process has set a provider of models aside.", "provider", series=4
)
WEBHOOK_LAG = Metric(
    "WebhookLag", "Seconds", "From the payment provider's event until it was processed.", kind="histogram"
)
EXPIRED_LEASES = Metric(
    "ExpiredLeases", "Count", "Answers that were settled because their process had ended unexpectedly."
)
JOBS_SUCCEEDED = Metric("JobsSucceeded", "Count", "Runs of scheduled jobs that succeeded.")
JOBS_FAILED = Metric("JobsFailed", "Count", "Runs of scheduled jobs that failed, by job.", "job", series=12)
QUEUE_AGE = Metric(
    "QueueAge", "Seconds", "How long the oldest item of a queue has been due.", "queue", kind="gauge", series=8
)
OPERATOR_ALERTS = Metric("OperatorAlert", "Count", "Operator alerts, by kind.", "kind", series=32)
EVENTS_NOT_SIGNED = Metric("EventsNotSigned", "Count", "Webhook events whose signature is wrong.", "reason", series=6)
MAIL_STOPPED = Metric("MailStopped", "Count", "Addresses that no longer receive mail.", "reason", series=4)
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
    PROVIDERS_SET_ASIDE,
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
    """Emits one metric immediately; `of` is the value of its dimension."""
    emit({metric: value}, of=of, **properties)


def emit(values: Mapping[Metric, float], *, of: str | None = None, **properties: Any) -> None:
    """Emits metrics with the same dimension, or without one, as one line with `properties`; those that are None are
    left out.

    Properties must not contain message texts, email addresses or keys.
    """
    config = settings.read(MetricsSettings)
    if not config.metrics:
        return
    dimension = next(iter(values)).dimension
    if any(metric.dimension != dimension for metric in values) or (dimension is None) != (of is None):
        raise ValueError("metrics of one line must have the same dimension and value")
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
    # A single write, so that lines of two tasks do not mix.
    sys.stdout.write(json.dumps(line, separators=(",", ":"), default=str) + "\n")
    sys.stdout.flush()


def count_expired_lease() -> None:
    """Counts an answer that was settled because its process had ended unexpectedly, which triggers an alarm."""
    count(EXPIRED_LEASES)
    count(OPERATOR_ALERTS, of="reservation_lapsed")
