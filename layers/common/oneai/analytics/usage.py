"""Usage of the whole service: users, answers, tokens and ratings, by day, week, month, model, provider or plan."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from oneai.analytics import activity
from oneai.analytics.period import ReportPeriod, TimeGroup
from oneai.analytics.ratings import Ratings, ratings_by
from oneai.analytics.report import Report, share
from oneai.postgres import db

type UsageGroup = Literal["day", "week", "month", "model", "provider", "plan"]


class UsageFigures(BaseModel):
    """Totals over answers. Shares are between 0 and 1; null if they are undefined."""

    answers: int = Field(description="Answers that ended.")
    answer_share: float | None = Field(description="The share of the period's answers.")
    complete: int = Field(description="Answers that the model completed.")
    stopped: int = Field(description="Answers that their users stopped.")
    truncated: int = Field(description="Answers that were interrupted.")
    failed: int = Field(description="Answers that failed before their first text.")
    completion_rate: float | None = Field(description="The share of complete answers.")
    embeddings: int = Field(description="Requests of embeddings.")
    prompt_tokens: int = Field(description="Tokens of prompts.")
    completion_tokens: int = Field(description="Tokens of answers, including reasoning.")
    positive: int | None = Field(default=None, description="Thumbs up; not by provider or plan.")
    negative: int | None = Field(default=None, description="Thumbs down; not by provider or plan.")
    positive_share: float | None = Field(default=None, description="The share of thumbs up of all ratings.")
    active_users: int | None = Field(
        default=None, description="Distinct users who sent a question; not by model, provider or plan."
    )
    new_users: int | None = Field(default=None, description="Users who signed up.")
    tokens_per_user: int | None = Field(default=None, description="Tokens of prompts and answers per active user.")


class UsageAnalyticsTotals(UsageFigures):
    """The figures of the whole period, and of the trailing windows at its last day."""

    daily_active_users: int = Field(description="Distinct active users on the last day.")
    weekly_active_users: int = Field(description="Distinct active users in the seven days that end with it.")
    monthly_active_users: int = Field(description="Distinct active users in the thirty days that end with it.")


class UsageAnalyticsItem(UsageFigures):
    """One day, week, month, model, provider or plan."""

    day: date | None = Field(default=None, description="The day; with `group_by=day` only.")
    week: date | None = Field(
        default=None, description="The Monday on which the week starts; with `group_by=week` only."
    )
    month: str | None = Field(default=None, description="The month, `2026-11`; with `group_by=month` only.")
    model: str | None = Field(default=None, description="The model that answered; with `group_by=model` only.")
    provider: str | None = Field(default=None, description="The provider; only with `group_by=provider`.")
    plan: str | None = Field(default=None, description="The users' plan; with `group_by=plan` only.")
    weekly_active_users: int | None = Field(
        default=None, description="Distinct active users in the seven days that end with the day."
    )
    monthly_active_users: int | None = Field(
        default=None, description="Distinct active users in the thirty days that end with the day."
    )


class UsageAnalytics(Report):
    """Usage of the whole service in a period."""

    totals: UsageAnalyticsTotals = Field(description="The sums.")
    items: list[UsageAnalyticsItem] = Field(
        description="The figures by `group_by`; models and plans are sorted by answers."
    )


@dataclass
class _UsageRow:
    part: str
    answers: int
    complete: int
    stopped: int
    truncated: int
    failed: int
    embeddings: int
    prompt_tokens: int
    completion_tokens: int


async def usage_analytics(period: ReportPeriod, group_by: UsageGroup = "day") -> UsageAnalytics:
    """Returns usage in the period, from the daily totals."""
    total = next(iter(await _usage(period, None)), _nothing(""))
    figures = _figures(total, total.answers) | _ratings(next(iter(await ratings_by(period, None)), None))
    figures |= _users(total, await activity.active_users(period), await activity.new_users(period))
    last = replace(period, since=period.until)
    for name, days in (("daily", 1), ("weekly", activity.WEEK), ("monthly", activity.MONTH)):
        figures[f"{name}_active_users"] = (await activity.trailing_active_users(last, days))[period.until]
    totals = UsageAnalyticsTotals.model_validate(figures)
    rows = {row.part: row for row in await _usage(period, group_by)}
    if group_by in ("day", "week", "month"):
        items = await _items_by_time(period, group_by, rows, total.answers)
    else:
        items = await _items_by_part(period, group_by, rows, total.answers)
    return await UsageAnalytics.of(period, totals=totals, items=items)


async def _items_by_time(
    period: ReportPeriod, group: TimeGroup, rows: dict[str, _UsageRow], answers: int
) -> list[UsageAnalyticsItem]:
    """One item for each day, week or month, including those without usage."""
    active = await activity.active_users_by_time(period, group)
    new = await activity.new_users_by_time(period, group)
    ratings = {each.part: each for each in await ratings_by(period, group)}
    week = await activity.trailing_active_users(period, activity.WEEK) if group == "day" else {}
    month = await activity.trailing_active_users(period, activity.MONTH) if group == "day" else {}
    items = []
    for name in period.labels(group):
        row = rows.get(name) or _nothing(name)
        figures = _figures(row, answers) | _ratings(ratings.get(name)) | {group: name}
        figures |= _users(row, active.get(name, 0), new.get(name, 0))
        if group == "day":
            at = date.fromisoformat(name)
            figures |= {"weekly_active_users": week[at], "monthly_active_users": month[at]}
        items.append(UsageAnalyticsItem.model_validate(figures))
    return items


async def _items_by_part(
    period: ReportPeriod, group: UsageGroup, rows: dict[str, _UsageRow], answers: int
) -> list[UsageAnalyticsItem]:
    """One item for each model, provider or plan that was used, most used first."""
    ratings = {each.part: each for each in await ratings_by(period, "model")} if group == "model" else None
    items = []
    for row in sorted(rows.values(), key=lambda row: (-row.answers, row.part)):
        figures = _figures(row, answers) | {group: row.part}
        if ratings is not None:
            figures |= _ratings(ratings.get(row.part))
        items.append(UsageAnalyticsItem.model_validate(figures))
    return items


def _nothing(part: str) -> _UsageRow:
    return _UsageRow(part, 0, 0, 0, 0, 0, 0, 0, 0)


def _figures(row: _UsageRow, answers: int) -> dict[str, Any]:
    counts = {name: value for name, value in vars(row).items() if name != "part"}
    return counts | {
        "answer_share": share(row.answers, answers),
        "completion_rate": share(row.complete, row.answers),
    }


def _users(row: _UsageRow, active: int, new: int) -> dict[str, Any]:
    tokens = row.prompt_tokens + row.completion_tokens
    return {"active_users": active, "new_users": new, "tokens_per_user": round(tokens / active) if active else None}


def _ratings(row: Ratings | None) -> dict[str, Any]:
    positive, negative = (row.positive, row.negative) if row else (0, 0)
    return {
        "positive": positive,
        "negative": negative,
        "positive_share": share(positive, positive + negative),
    }


async def _usage(period: ReportPeriod, group_by: UsageGroup | None) -> list[_UsageRow]:
    """Totals by part, or of everything. Titles are left out, because the operator requests them."""
    return await db.as_service(
        """
        select case %s when 'day' then day::text when 'week' then date_trunc('week', day)::date::text
            when 'month' then to_char(day, 'YYYY-MM') when 'model' then model when 'provider' then provider
            when 'plan' then subscription_tier else '' end as part,
          coalesce(sum(requests) filter (where purpose = 'answer'), 0)::bigint as answers,
          coalesce(sum(complete) filter (where purpose = 'answer'), 0)::bigint as complete,
          coalesce(sum(stopped) filter (where purpose = 'answer'), 0)::bigint as stopped,
          coalesce(sum(truncated) filter (where purpose = 'answer'), 0)::bigint as truncated,
          coalesce(sum(failed) filter (where purpose = 'answer'), 0)::bigint as failed,
          coalesce(sum(requests) filter (where purpose = 'embedding'), 0)::bigint as embeddings,
          sum(prompt_tokens)::bigint as prompt_tokens, sum(completion_tokens)::bigint as completion_tokens
        from oneai.daily_usage_now where day between %s and %s and not oneai.is_paid_by_operator(purpose) group by 1
        """,
        [group_by or "", period.since, period.until],
        _UsageRow,
    )
