"""`make cost`: what a month costs without any answer and at 10,000, a million and 100 million, for each ChatCapacity.

Prices and the resources of an answer are in `deploy/prices.toml`, with their date. Functions, memory, schedules, alarms
and secrets are read from `template.yaml`. The model overestimates: free tiers are left out, and instances run all month
at the number for the busiest minute.
"""

import argparse
import math
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy import following
from deploy.billable import MANAGED_INSTANCES, ON_DEMAND, SECONDS_OF_MONTH, Deployment, deployment
from oneai import metrics

PRICES = Path(__file__).with_name("prices.toml")
VOLUMES = (0, 10_000, 1_000_000, 100_000_000)
GB = 1e6  # in kB
# What Supabase sells beside its plan, and nothing here needs.
_RECOVERY = "… with recovery to any moment"
# What AWS charges for where the parameter ProviderKeys is on.
_OWN_KEYS = "… with keys of workspaces (ProviderKeys)"

type Prices = Mapping[str, Any]


@dataclass(frozen=True)
class Month:
    """The cost of a month with this number of answers, in dollars."""

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
        """The largest lines with their share, up to most of the total."""
        ranked = sorted(self.lines.items(), key=lambda line: -line[1])
        return [(name, value / self.total) for name, value in ranked[:3] if value / self.total >= 0.1]


@dataclass
class _Bill:
    """The lines of a month and their total."""

    prices: Prices
    lines: dict[str, float] = field(default_factory=dict)

    def add(self, name: str, amount: float) -> None:
        """Adds to a line."""
        self.lines[name] = self.lines.get(name, 0.0) + amount


def month(answers: int, prices: Prices, deployed: Deployment) -> Month:
    """The cost of a month with this number of answers."""
    bill = _Bill(prices)
    at_once = answers / SECONDS_OF_MONTH * prices["answer"]["seconds"] * prices["month"]["peak_factor"]
    if deployed.answers_per_environment is None:
        _waiting(bill, answers, deployed)
    else:
        _instances(bill, answers, instances(at_once, prices, deployed.answers_per_environment))
    _functions(bill, answers, deployed)
    _traffic(bill, answers)
    _observation(bill, answers, deployed)
    bill.add("secrets, mail, files", _small(prices, answers, deployed))
    compute = _database(bill, answers, at_once, deployed)
    asked = prices["answer"]
    tokens = (
        asked["prompt_tokens"] * prices["model"]["per_million_prompt_tokens"]
        + asked["completion_tokens"] * prices["model"]["per_million_completion_tokens"]
    )
    return Month(answers, bill.lines, answers * tokens / 1e6 * (1 + prices["model"]["fee"]), compute, at_once)


def instances(at_once: float, prices: Prices, answers_per_environment: int) -> int:
    """The number of managed instances for this number of concurrent answers, by their count and by their CPU. An
    environment has one vCPU, and the instance keeps one for itself. Lambda starts three of both, for three zones."""
    managed, answer = prices["managed_instances"], prices["answer"]
    vcpus = at_once / answer["seconds"] * answer["cpu_seconds"] / managed["cpu_utilization"]
    environments = max(managed["least"], math.ceil(at_once / answers_per_environment), math.ceil(vcpus))
    return int(max(managed["least"], math.ceil(environments / (managed["vcpus"] - 1))))


def _instances(bill: _Bill, answers: int, count: int) -> None:
    hours = SECONDS_OF_MONTH / 3600
    managed, nat = bill.prices["managed_instances"], bill.prices["nat_gateway"]
    bill.add("instances, management fee", count * hours * managed["per_hour"] * (1 + managed["management_fee"]))
    bill.add("NAT gateways", nat["count"] * hours * nat["per_hour"])
    bill.add("NAT gateways", answers * bill.prices["answer"]["kb_through_nat"] / GB * nat["per_gb"])
    bill.add("Lambda: requests of the chat", answers * bill.prices["lambda"]["per_million_requests"] / 1e6)


def _waiting(bill: _Bill, answers: int, deployed: Deployment) -> None:
    price, answer = bill.prices["lambda"], bill.prices["answer"]
    waiting = answers * answer["seconds"] * deployed.chat_gb
    bill.add(
        "Lambda: waiting for models",
        waiting * price["per_gb_second"] + answers * price["per_million_requests"] / 1e6,
    )
    _starts(bill, answers * deployed.chat_gb, float(deployed.chat_has_snapshot), "Lambda: waiting for models")


def _functions(bill: _Bill, answers: int, deployed: Deployment) -> None:
    price, answer = bill.prices["lambda"], bill.prices["answer"]
    others = answers * answer["other_requests"]
    working = others * answer["other_request_seconds"] * deployed.request_gb
    jobs = deployed.jobs_gb_runs * bill.prices["job"]["seconds"]
    per_request = price["per_million_requests"] / 1e6
    bill.add("Lambda: other requests", working * price["per_gb_second"] + others * per_request)
    schedule = deployed.runs * bill.prices["scheduler"]["per_million_runs"] / 1e6
    bill.add("Lambda: scheduled jobs", jobs * price["per_gb_second"] + deployed.runs * per_request + schedule)
    cached = deployed.snapshots_gb * SECONDS_OF_MONTH * price["snapstart_cache_per_gb_second"]
    bill.add("Lambda: SnapStart", cached)
    _starts(bill, others * deployed.request_gb, deployed.requests_with_snapshot, "Lambda: other requests")


def _starts(bill: _Bill, gb: float, share: float, line: str) -> None:
    """Adds new environments for requests with this many gigabytes: this share is restored, the others pay for
    their init, in the line of the requests."""
    price, answer = bill.prices["lambda"], bill.prices["answer"]
    started = gb * answer["cold_starts_percent"] / 100
    bill.add("Lambda: SnapStart", started * share * price["snapstart_per_gb_restore"])
    bill.add(line, started * (1 - share) * answer["init_seconds"] * price["per_gb_second"])


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
    """The number of metrics for a whole month. An idle stack sends those of jobs. A busy one sends all metrics of
    answers, and others in some hours."""
    if not answers:
        return 1
    steady = [each for each in metrics.CATALOG if each.dimension is None]
    rare = sum(each.series for each in metrics.CATALOG if each.dimension is not None)
    share = float(prices["cloudwatch"]["rare_metric_hours_percent"]) / 100
    return len(steady) + rare * share


def _own_keys(prices: Prices, answers: int) -> float:
    """The key that wraps data keys, and a request to KMS for each cold start."""
    starts = answers * prices["answer"]["cold_starts_percent"] / 100
    return float(prices["kms"]["per_key"] + starts / 10_000 * prices["kms"]["per_10k_requests"])


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
    disk = max(0.0, answers * answer["kb_stored"] / GB - price["included_gb_of_disk"])
    egress = max(0.0, answers * answer["kb_from_database"] / GB - price["included_gb_of_egress"])
    bill.add("Supabase: disk, egress", disk * price["per_gb_month_of_disk"] + egress * price["per_gb_of_egress"])
    if not fitting:
        return "more than the largest database takes: several projects"
    in_template = compute["clients"] in deployed.chat_concurrency
    missing = f", for which template.yaml has no row of {compute['clients']:,} clients yet"
    return f"a {compute['size']} database{'' if in_template else missing}"


def pays_from(prices: Prices, on_demand: Deployment, managed: Deployment) -> int:
    """The answers per day from which managed instances cost less, rounded to a thousand."""

    def saves(thousands: int) -> bool:
        answers = thousands * 1000 * 30
        return month(answers, prices, managed).total < month(answers, prices, on_demand).total

    most = 1
    while not saves(most):
        most *= 2
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if saves(middle) else (middle, most)
    return most * 1000


def table(months: list[Month], prices: Prices) -> str:
    """The months side by side, and below the dominant lines of each."""
    names = ["idle" if not each.answers else f"{_short(each.answers)} answers" for each in months]
    width = max(len(name) for name in (*months[0].lines, _RECOVERY, _OWN_KEYS)) + 2
    recovery = prices["supabase"]["point_in_time_recovery"]
    rule = "  " + "─" * (width + 16 * len(months))

    def row(name: str, values: Iterable[str]) -> str:
        return "  " + name.ljust(width) + "".join(value.rjust(16) for value in values)

    lines = [
        row("", names),
        rule,
        *(row(line, (_dollars(each.lines[line]) for each in months)) for line in months[0].lines),
        rule,
        row("to run it", (_dollars(each.total) for each in months)),
        row(_RECOVERY, (_dollars(each.total + recovery) for each in months)),
        row(_OWN_KEYS, (_dollars(each.total + _own_keys(prices, each.answers)) for each in months)),
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
    by_capacity = {capacity: deployment(capacity) for capacity in (ON_DEMAND, MANAGED_INSTANCES)}
    print(f"US dollars a month in {prices['region']}, list prices of {prices['as_of']}, without free tiers")
    for capacity, deployed in by_capacity.items():
        print(f"\nChatCapacity {capacity}")
        print(table([month(answers, prices, deployed) for answers in volumes], prices))
    print("\nOne page for an hour that follows an inbox or a conversation, asking what changed:")
    print("\n".join(following.lines(prices, by_capacity[ON_DEMAND])))
    print(f"\nManaged instances cost less from about {pays_from(prices, *by_capacity.values()):,} answers a day.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
