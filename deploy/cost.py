"""`make cost`: what a month costs, with nobody there and at 10,000, a million and 100 million answers.

Prices and what an answer takes stand in `deploy/prices.toml`, with their date; functions, their memory, schedules,
alarms and secrets are read from `template.yaml`. Free tiers are left out, so that the model errs to the dear side.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local import cron
from local.data_folder import REPOSITORY
from local.template import document, read
from oneai import metrics

PRICES = Path(__file__).with_name("prices.toml")
VOLUMES = (0, 10_000, 1_000_000, 100_000_000)
SECONDS_OF_MONTH = 30 * 86_400
GB = 1e6  # in kB

type Prices = Mapping[str, Any]


@dataclass(frozen=True)
class Deployment:
    """What of the template has a price."""

    chat_gb: float
    """Memory of the function that answers."""
    request_gb: float
    """Memory of the other functions that requests reach."""
    snapshots_gb: float
    """Memory of all functions that have a snapshot."""
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

    def answers_at_once(self, clients: int) -> float:
        """How many the functions may write at once with a pooler of so many clients."""
        largest = max(self.chat_concurrency)
        return self.chat_concurrency.get(clients, clients * self.chat_concurrency[largest] / largest)


@dataclass(frozen=True)
class Month:
    """What a month with so many answers costs, in dollars."""

    answers: int
    lines: Mapping[str, float]
    model: float
    """What the models cost, which the plans' prices have to earn first."""
    compute: str
    """The database that takes the peak."""
    answers_at_once: float
    """At the peak."""

    @property
    def total(self) -> float:
        """Without the models."""
        return sum(self.lines.values())

    @property
    def dominating(self) -> list[tuple[str, float]]:
        """The largest lines with their share, until they are most of it."""
        ranked = sorted(self.lines.items(), key=lambda line: -line[1])
        return [(name, value / self.total) for name, value in ranked[:3] if value / self.total >= 0.1]


@dataclass
class _Bill:
    """The lines of a month as they add up."""

    prices: Prices
    lines: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, amount: float) -> None:
        """Adds to a line."""
        self.lines[name] = self.lines.get(name, 0.0) + amount


def deployment() -> Deployment:
    """Reads the template."""
    template = document(REPOSITORY / "template.yaml")
    defaults = template["Globals"]["Function"]
    functions = {
        name: defaults | resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    memory = {name: each["MemorySize"] / 1024 for name, each in functions.items()}
    snapshots = [name for name, each in functions.items() if each["SnapStart"]["ApplyOn"] == "PublishedVersions"]
    runs = list(_runs())
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    return Deployment(
        chat_gb=memory["ChatStreamFunction"],
        request_gb=memory["ConversationsFunction"],
        snapshots_gb=sum(memory[name] for name in snapshots),
        jobs_gb_runs=sum(memory[name] * count for name, count in runs),
        runs=sum(count for _, count in runs),
        alarm_metrics=sum(
            _metrics_of(each["Properties"])
            for each in template["Resources"].values()
            if each["Type"] == "AWS::CloudWatch::Alarm"
        ),
        composite_alarms=kinds.count("AWS::CloudWatch::CompositeAlarm"),
        dashboards=kinds.count("AWS::CloudWatch::Dashboard"),
        secrets=kinds.count("AWS::SecretsManager::Secret"),
        chat_concurrency={
            int(clients): row["ChatStream"] for clients, row in template["Mappings"]["Concurrency"].items()
        },
    )


def _metrics_of(alarm: Mapping[str, Any]) -> int:
    """How many metrics an alarm reads. A query counts as one, though each metric that it meets is paid."""
    return max(1, sum("MetricStat" in each for each in alarm.get("Metrics", ())))


def _runs() -> Iterator[tuple[str, float]]:
    """Every schedule's function with how often it runs in a month."""
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


def month(answers: int, prices: Prices, deployed: Deployment) -> Month:
    """What a month with so many answers costs."""
    bill = _Bill(prices)
    _functions(bill, answers, deployed)
    _traffic(bill, answers)
    _observation(bill, answers, deployed)
    bill.add("secrets, mail, files", _small(prices, answers, deployed))
    at_once = answers / SECONDS_OF_MONTH * prices["answer"]["seconds"] * prices["month"]["peak_factor"]
    compute = _database(bill, answers, at_once, deployed)
    asked = prices["answer"]
    tokens = (
        asked["prompt_tokens"] * prices["model"]["per_million_prompt_tokens"]
        + asked["completion_tokens"] * prices["model"]["per_million_completion_tokens"]
    )
    return Month(answers, bill.lines, answers * tokens / 1e6 * (1 + prices["model"]["fee"]), compute, at_once)


def _functions(bill: _Bill, answers: int, deployed: Deployment) -> None:
    price, answer = bill.prices["lambda"], bill.prices["answer"]
    others = answers * answer["other_requests"]
    waiting = answers * answer["seconds"] * deployed.chat_gb
    working = others * answer["other_request_seconds"] * deployed.request_gb
    jobs = deployed.jobs_gb_runs * bill.prices["job"]["seconds"]
    restored = (answers * deployed.chat_gb + others * deployed.request_gb) * answer["cold_starts_percent"] / 100
    per_request = price["per_million_requests"] / 1e6
    bill.add("Lambda: waiting for models", waiting * price["per_gb_second"] + answers * per_request)
    bill.add("Lambda: other requests", working * price["per_gb_second"] + others * per_request)
    schedule = deployed.runs * bill.prices["scheduler"]["per_million_runs"] / 1e6
    bill.add("Lambda: scheduled jobs", jobs * price["per_gb_second"] + deployed.runs * per_request + schedule)
    cached = deployed.snapshots_gb * SECONDS_OF_MONTH * price["snapstart_cache_per_gb_second"]
    bill.add("Lambda: SnapStart", cached + restored * price["snapstart_per_gb_restore"])


def _traffic(bill: _Bill, answers: int) -> None:
    price, answer = bill.prices["api_gateway"], bill.prices["answer"]
    streamed = max(1, answer["kb_sent"] / 1000 / price["streamed_mb_per_request"])
    left = answers * (streamed + answer["other_requests"]) / 1e6
    for millions, each in price["tiers"]:
        bill.add("API Gateway", min(left, millions) * each)
        left = max(0.0, left - millions)
    sent = answers * (answer["kb_sent"] + answer["other_requests"] * answer["kb_of_other_request"])
    bill.add("data out", sent / GB * bill.prices["data_transfer"]["per_gb"])


def _observation(bill: _Bill, answers: int, deployed: Deployment) -> None:
    price = bill.prices["cloudwatch"]
    logged = (answers * bill.prices["answer"]["kb_logged"] + deployed.runs) / GB
    bill.add("logs", logged * (price["per_gb_of_logs"] + price["per_gb_month_of_logs"]))
    bill.add("alarms, dashboards", deployed.alarm_metrics * price["per_alarm_metric"])
    bill.add("alarms, dashboards", deployed.composite_alarms * price["per_composite_alarm"])
    bill.add("alarms, dashboards", deployed.dashboards * price["per_dashboard"])
    bill.add("metrics", _metrics(answers, bill.prices) * price["per_metric"])


def _metrics(answers: int, prices: Prices) -> float:
    """How many metrics are sent for a whole month: idle, that jobs succeed; else all that answers send, and the others
    in some of its hours."""
    if not answers:
        return 1
    steady = [each for each in metrics.CATALOG if each.dimension is None]
    rare = sum(each.series for each in metrics.CATALOG if each.dimension is not None)
    share = float(prices["cloudwatch"]["rare_metric_hours_percent"]) / 100
    return len(steady) + rare * share


def _small(prices: Prices, answers: int, deployed: Deployment) -> float:
    answer = prices["answer"]
    starts = answers * (1 + answer["other_requests"]) * answer["cold_starts_percent"] / 100
    files = answers * answer["files_percent"] / 100
    return float(
        deployed.secrets * prices["secrets_manager"]["per_secret"]
        + starts / 10_000 * prices["secrets_manager"]["per_10k_reads"]
        + answers * answer["mails_percent"] / 100 / 1000 * prices["ses"]["per_1k_mails"]
        + files * answer["mb_of_file"] / 1000 * prices["s3"]["per_gb_month"]
        + files / 10_000 * prices["s3"]["per_10k_writes"]
    )


def _database(bill: _Bill, answers: int, at_once: float, deployed: Deployment) -> str:
    price, answer = bill.prices["supabase"], bill.prices["answer"]
    fitting = [each for each in price["compute"] if deployed.answers_at_once(each["clients"]) >= at_once]
    compute = fitting[0] if fitting else price["compute"][-1]
    bill.add("Supabase: plan, compute", price["plan"] + compute["price"])
    bill.add("Supabase: recovery to any moment", price["point_in_time_recovery"])
    disk = max(0.0, answers * answer["kb_stored"] / GB - price["included_gb_of_disk"])
    egress = max(0.0, answers * answer["kb_from_database"] / GB - price["included_gb_of_egress"])
    bill.add("Supabase: disk, egress", disk * price["per_gb_month_of_disk"] + egress * price["per_gb_of_egress"])
    if not fitting:
        return "more than the largest database takes: several projects"
    in_template = compute["clients"] in deployed.chat_concurrency
    missing = f", for which Concurrency in template.yaml has no row of {compute['clients']:,} clients yet"
    return f"a {compute['size']} database{'' if in_template else missing}"


def table(months: list[Month], prices: Prices) -> str:
    """The months side by side, and below what dominates each."""
    names = ["idle" if not each.answers else f"{_short(each.answers)} answers" for each in months]
    width = max(len(name) for name in months[0].lines) + 2
    rule = "  " + "─" * (width + 16 * len(months))

    def row(name: str, values: Iterable[str]) -> str:
        return "  " + name.ljust(width) + "".join(value.rjust(16) for value in values)

    lines = [
        f"US dollars a month in {prices['region']}, list prices of {prices['as_of']}, without free tiers",
        "",
        row("", names),
        rule,
        *(row(line, (_dollars(each.lines[line]) for each in months)) for line in months[0].lines),
        rule,
        row("to run it", (_dollars(each.total) for each in months)),
        row("… for 1,000 answers", (_per_thousand(each, each.total) for each in months)),
        row(prices["model"]["name"], (_dollars(each.model) for each in months)),
        row("… for 1,000 answers", (_per_thousand(each, each.model) for each in months)),
        rule,
        "",
        *(f"  {name.rjust(13)}: {_words(each)}" for name, each in zip(names, months, strict=True)),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _words(month: Month) -> str:
    parts = [f"{name} {share:.0%}" for name, share in month.dominating]
    if not month.answers:
        return ", ".join(parts)
    if month.model > month.total:
        parts.insert(0, f"the models cost {month.model / month.total:.1f} times the rest")
    return f"{', '.join(parts)}; at the peak {month.answers_at_once:,.1f} answers at once ({month.compute})"


def _short(number: int) -> str:
    return f"{number // 1_000_000}M" if number >= 1_000_000 else f"{number // 1000}k" if number >= 1000 else str(number)


def _dollars(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"


def _per_thousand(month: Month, value: float) -> str:
    return f"{value / month.answers * 1000:,.3f}" if month.answers else "–"


def main(arguments: list[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="make cost", description="What a month costs, by the number of answers.")
    parser.add_argument("answers", nargs="*", type=int, help="other numbers of answers a month")
    volumes = parser.parse_args(arguments).answers or VOLUMES
    if any(answers < 0 for answers in volumes):
        parser.error("a month has no fewer than 0 answers")
    prices = tomllib.loads(PRICES.read_text())
    deployed = deployment()
    print(table([month(answers, prices, deployed) for answers in volumes], prices))
    return 0


if __name__ == "__main__":
    sys.exit(main())
