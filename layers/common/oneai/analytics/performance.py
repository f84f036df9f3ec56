"""Latency and reliability of answers: percentiles and errors by day, week, month, model, provider or error."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai.analytics.period import ReportPeriod, TimeGroup
from oneai.analytics.report import Report, share
from oneai.postgres import db
from oneai.usage import percentile

# What an answer waits for, in order. Not a `type`: OpenAPI would make a schema of it.
AnswerStage = Literal["admission", "preparation", "model", "writing"]
type PerformanceGroup = Literal["day", "week", "month", "model", "provider", "error"]

PERCENTS = (50, 95, 99)
STAGES: tuple[AnswerStage, ...] = ("admission", "preparation", "model", "writing")


class StageFigures(BaseModel):
    """How long answers were in one stage. Percentiles are to five percent."""

    stage: AnswerStage = Field(
        description="`admission`: the question is checked and stored. `preparation`: passages, files and images are "
        "read. `model`: the model has not written yet. `writing`: it writes."
    )
    ms_p50: int = Field(description="Median milliseconds.")
    ms_p95: int = Field(description="The 95th percentile.")


class PerformanceFigures(BaseModel):
    """Percentiles are accurate to 5%; those of a total cannot be derived from those of its parts. Null without
    answers, and with `group_by=error`."""

    answers: int = Field(description="Answers that ended; with `group_by=error`, those with the error.")
    errors: int = Field(description="Answers that failed or were interrupted.")
    error_share: float | None = Field(description="The share of answers with errors.")
    first_token_ms_p50: int | None = Field(description="Median milliseconds to the first text.")
    first_token_ms_p95: int | None = Field(description="The 95th percentile of the same.")
    first_token_ms_p99: int | None = Field(description="The 99th.")
    duration_ms_p50: int | None = Field(description="Median milliseconds until an answer was complete.")
    duration_ms_p95: int | None = Field(description="The 95th percentile of the same.")
    duration_ms_p99: int | None = Field(description="The 99th.")


class PerformanceAnalyticsItem(PerformanceFigures):
    """One day, week, month, model, provider or error."""

    day: date | None = Field(default=None, description="The day; with `group_by=day` only.")
    week: date | None = Field(
        default=None, description="The Monday on which the week starts; with `group_by=week` only."
    )
    month: str | None = Field(default=None, description="The month, `2026-11`; with `group_by=month` only.")
    model: str | None = Field(default=None, description="The model; with `group_by=model` and `group_by=error`.")
    provider: str | None = Field(
        default=None, description="The provider; only with `group_by=provider` and `group_by=error`."
    )
    error_code: str | None = Field(
        default=None, description="The error's code, empty if it has none; with `group_by=error` only."
    )


class PerformanceAnalytics(Report):
    """Latency and errors of a period."""

    totals: PerformanceFigures = Field(description="All answers together.")
    stages: list[StageFigures] = Field(
        description="The time of answers by stage, in order, without stages that no answer reached."
    )
    items: list[PerformanceAnalyticsItem] = Field(description="The figures by `group_by`; errors are sorted by count.")


@dataclass
class _LatencyRow:
    part: str
    measure: str
    bucket: int
    answers: int


@dataclass
class _AnswerRow:
    part: str
    answers: int
    errors: int


@dataclass
class _ErrorRow:
    model: str
    provider: str
    error_code: str
    answers: int


@dataclass
class Latency:
    """Answers, errors, and the histograms of the two durations and of the stages."""

    answers: int = 0
    errors: int = 0
    first_token: Counter[int] = field(default_factory=Counter)
    duration: Counter[int] = field(default_factory=Counter)
    by_stage: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, measure: str, bucket: int, answers: int) -> None:
        """Adds answers to the bucket of a measure of `oneai.daily_latency`."""
        match measure:
            case "first_token":
                self.first_token[bucket] += answers
            case "duration":
                self.duration[bucket] += answers
            case stage:
                self.by_stage[stage][bucket] += answers

    def stages(self) -> list[StageFigures]:
        """The figures of each stage that an answer reached."""
        found = []
        for stage in STAGES:
            median, p95 = (percentile(self.by_stage[stage], percent) for percent in (50, 95))
            if median is not None and p95 is not None:
                found.append(StageFigures(stage=stage, ms_p50=median, ms_p95=p95))
        return found

    def slowest_stage(self) -> StageFigures | None:
        """The stage with the highest 95th percentile; None without any answer."""
        return max(self.stages(), key=lambda figures: figures.ms_p95, default=None)

    def figures(self) -> dict[str, Any]:
        """The fields of PerformanceFigures."""
        percentiles = {
            f"{measure}_ms_p{percent}": percentile(counts, percent)
            for measure, counts in (("first_token", self.first_token), ("duration", self.duration))
            for percent in PERCENTS
        }
        return percentiles | {
            "answers": self.answers,
            "errors": self.errors,
            "error_share": share(self.errors, self.answers),
        }


async def performance_analytics(period: ReportPeriod, group_by: PerformanceGroup = "day") -> PerformanceAnalytics:
    """Returns latency and errors in the period, from the daily totals."""
    total = (await latency_by(period, None)).get("", Latency())
    if group_by == "error":
        items = [_error_item(row, total) for row in await _errors(period)]
    else:
        parts = await latency_by(period, group_by)
        if group_by in ("day", "week", "month"):
            names = period.labels(group_by)
        else:
            names = sorted(parts, key=lambda name: (-parts[name].answers, name))
        items = [
            PerformanceAnalyticsItem.model_validate(parts.get(name, Latency()).figures() | {group_by: name})
            for name in names
        ]
    return await PerformanceAnalytics.of(
        period, totals=PerformanceFigures.model_validate(total.figures()), stages=total.stages(), items=items
    )


def _error_item(row: _ErrorRow, total: Latency) -> PerformanceAnalyticsItem:
    figures = Latency(row.answers, row.answers).figures() | {"error_share": share(row.answers, total.answers)}
    return PerformanceAnalyticsItem.model_validate(
        figures | {"model": row.model, "provider": row.provider, "error_code": row.error_code}
    )


async def latency_by(
    period: ReportPeriod, group_by: TimeGroup | Literal["model", "provider"] | None
) -> dict[str, Latency]:
    """The answers of each part, or of everything as the part ``""``."""
    parts: dict[str, Latency] = defaultdict(Latency)
    for counted in await _answers(period, group_by):
        parts[counted.part].answers, parts[counted.part].errors = counted.answers, counted.errors
    for row in await _latency(period, group_by):
        parts[row.part].add(row.measure, row.bucket, row.answers)
    return dict(parts)


async def _answers(period: ReportPeriod, group_by: str | None) -> list[_AnswerRow]:
    return await db.as_service(
        """
        select case %s when 'day' then day::text when 'week' then date_trunc('week', day)::date::text
            when 'month' then to_char(day, 'YYYY-MM') when 'model' then model when 'provider' then provider else '' end
            as part,
          sum(requests)::bigint as answers, sum(truncated + failed)::bigint as errors
        from oneai.daily_usage_now where day between %s and %s and purpose = 'answer' group by 1
        """,
        [group_by or "", period.since, period.until],
        _AnswerRow,
    )


async def _latency(period: ReportPeriod, group_by: str | None) -> list[_LatencyRow]:
    return await db.as_service(
        """
        select case %s when 'day' then day::text when 'week' then date_trunc('week', day)::date::text
            when 'month' then to_char(day, 'YYYY-MM') when 'model' then model when 'provider' then provider else '' end
            as part,
          measure, bucket, sum(answers)::bigint as answers
        from oneai.daily_latency_now where day between %s and %s group by 1, 2, 3
        """,
        [group_by or "", period.since, period.until],
        _LatencyRow,
    )


async def _errors(period: ReportPeriod) -> list[_ErrorRow]:
    return await db.as_service(
        """
        select model, provider, error_code, sum(answers)::bigint as answers
        from oneai.daily_errors_now where day between %s and %s
        group by 1, 2, 3 having sum(answers) > 0 order by 4 desc, 1, 2, 3
        """,
        [period.since, period.until],
        _ErrorRow,
    )
