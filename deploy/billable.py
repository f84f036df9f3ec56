"""The resources of the template with a price: functions, memory, schedules, alarms and secrets, by ChatCapacity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local import cron
from local.conditions import Conditions
from local.data_folder import REPOSITORY
from local.template import document, read

SECONDS_OF_MONTH = 30 * 86_400
ON_DEMAND, MANAGED_INSTANCES = "OnDemand", "ManagedInstances"
"""The values of ChatCapacity."""


@dataclass(frozen=True)
class Deployment:
    """The deployed resources with a price."""

    chat_gb: float
    """Memory of the function that answers."""
    request_gb: float
    """Memory of the other functions that requests reach."""
    snapshots_gb: float
    """Memory of all functions that have a snapshot."""
    chat_has_snapshot: bool
    requests_with_snapshot: float
    """The share of the other functions that requests reach which have one."""
    jobs_gb_runs: float
    """Memory times runs in a month, of all scheduled functions."""
    runs: float
    """Scheduled runs in a month."""
    alarm_metrics: int
    """Metrics that alarms read, each as often as it is read."""
    composite_alarms: int
    dashboards: int
    secrets: int
    chat_concurrency: Mapping[int, int]
    """Answers at once, by the clients that the pooler takes."""
    answers_per_environment: int | None
    """On managed instances; None where Lambda makes an environment for each answer."""

    def answers_at_once(self, clients: int) -> float:
        """The number of concurrent answers for a pooler with this number of clients."""
        largest = max(self.chat_concurrency)
        return self.chat_concurrency.get(clients, clients * self.chat_concurrency[largest] / largest)


def deployment(capacity: str = ON_DEMAND) -> Deployment:
    """Reads the template as deployed with this ChatCapacity."""
    template = document(REPOSITORY / "template.yaml")
    conditions = Conditions(template, {"ChatCapacity": capacity})
    resources = {name: each for name, each in template["Resources"].items() if conditions.exists(each)}
    defaults = template["Globals"]["Function"]
    functions = {
        name: defaults | resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    memory = {name: each["MemorySize"] / 1024 for name, each in functions.items()}
    snapshots = {name for name, each in functions.items() if _has_snapshot(each, template["Parameters"])}
    reached = {route.function.logical_id for route in read(REPOSITORY / "template.yaml").routes if not route.streamed}
    runs = list(_runs())
    kinds = [resource["Type"] for resource in resources.values()]
    per_environment = None
    concurrency = {int(clients): row["ChatStream"] for clients, row in template["Mappings"]["Concurrency"].items()}
    if capacity == MANAGED_INSTANCES:
        per_environment = int(template["Parameters"]["ChatAnswersPerEnvironment"]["Default"])
        rows = template["Mappings"]["ManagedEnvironments"].items()
        concurrency = {int(clients): row[str(per_environment)] * per_environment for clients, row in rows}
    return Deployment(
        chat_gb=memory["ChatStreamFunction"],
        request_gb=memory["ConversationsFunction"],
        snapshots_gb=sum(memory[name] for name in snapshots),
        chat_has_snapshot="ChatStreamFunction" in snapshots,
        requests_with_snapshot=len(reached & snapshots) / len(reached),
        jobs_gb_runs=sum(memory[name] * count for name, count in runs),
        runs=sum(count for _, count in runs),
        alarm_metrics=sum(
            _metrics_of(each["Properties"]) for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"
        ),
        composite_alarms=kinds.count("AWS::CloudWatch::CompositeAlarm"),
        dashboards=kinds.count("AWS::CloudWatch::Dashboard"),
        secrets=kinds.count("AWS::SecretsManager::Secret"),
        chat_concurrency=concurrency,
        answers_per_environment=per_environment,
    )


def _has_snapshot(function: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    """Whether SnapStart applies, where it is a parameter by its default."""
    match function["SnapStart"]["ApplyOn"]:
        case {"Ref": name}:
            return str(parameters[name]["Default"]) == "PublishedVersions"
        case applied:
            return bool(applied == "PublishedVersions")


def _metrics_of(alarm: Mapping[str, Any]) -> int:
    """The number of metrics of an alarm. A query counts as one, although each metric that it matches is paid."""
    return max(1, sum("MetricStat" in each for each in alarm.get("Metrics", ())))


def _runs() -> Iterator[tuple[str, float]]:
    """The function of every schedule, with its runs per month."""
    begins = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
    for trigger in read(REPOSITORY / "template.yaml").triggers:
        expression = cron.parse(trigger.expression, trigger.timezone)
        if isinstance(expression, cron.Rate):
            moment = expression.next_after(begins)
            following = expression.next_after(moment) if moment else None
            yield trigger.function.logical_id, _month_over(moment, following)
            continue
        count, at = 0, expression.next_after(begins)
        while at is not None and at < begins + timedelta(days=30):
            count, at = count + 1, expression.next_after(at)
        yield trigger.function.logical_id, count


def _month_over(first: datetime | None, second: datetime | None) -> float:
    return SECONDS_OF_MONTH / (second - first).total_seconds() if first and second else 0.0
