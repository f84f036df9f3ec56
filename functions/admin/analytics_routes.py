"""Business figures: usage, revenue, cost and performance, as JSON or as the CSV of what a page shows."""

from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query, Response
from staff import STAFF

from oneai import analytics
from oneai.analytics import (
    CostAnalytics,
    CostGroup,
    PerformanceAnalytics,
    PerformanceGroup,
    RevenueAnalytics,
    RevenueGroup,
    UsageAnalytics,
    UsageGroup,
)
from oneai.times import BOUNDARY

router = APIRouter(tags=["Admin"])

Since = Annotated[
    str | None,
    Query(
        alias="from",
        max_length=40,
        description="The start of the period, a day or an instant. Absent: thirty days up to `to`.",
    ),
    BOUNDARY,
]
Until = Annotated[
    str | None,
    Query(
        alias="to",
        max_length=40,
        description="The end of the period: a day (inclusive) or an instant (exclusive). Absent: today.",
    ),
    BOUNDARY,
]
Zone = Annotated[str | None, Query(max_length=64, description="The operator's time zone, the only one with figures.")]
Format = Annotated[Literal["json", "csv"], Query(description="`csv` returns the items as lines, with a header.")]
# For the grouping of a report.
ITEMS = "How the items are grouped."
CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get(
    "/admin/analytics/usage",
    dependencies=[STAFF],
    summary="Get usage of the whole service",
    responses=CSV,
    response_model=UsageAnalytics,
    response_model_exclude_unset=True,
)
async def get_usage_analytics(
    since: Since = None,
    until: Until = None,
    tz: Zone = None,
    group_by: Annotated[UsageGroup, Query(description=ITEMS)] = "day",
    format: Format = "json",
) -> UsageAnalytics | Response:
    """Returns users, answers, tokens and ratings, in total and by day, week, month, model, provider or plan."""
    report = await analytics.usage_analytics(await analytics.resolve_period(since, until, tz), group_by)
    return report if format == "json" else _file("usage", report, group_by)


@router.get(
    "/admin/analytics/revenue",
    dependencies=[STAFF],
    summary="Get revenue",
    responses=CSV,
    response_model=RevenueAnalytics,
    response_model_exclude_unset=True,
)
async def get_revenue_analytics(
    since: Since = None,
    until: Until = None,
    tz: Zone = None,
    group_by: Annotated[RevenueGroup, Query(description=ITEMS)] = "day",
    format: Format = "json",
) -> RevenueAnalytics | Response:
    """Returns payments, recurring revenue and customers by currency, in total and by day, week, month or plan."""
    report = await analytics.revenue_analytics(await analytics.resolve_period(since, until, tz), group_by)
    return report if format == "json" else _file("revenue", report, group_by)


@router.get(
    "/admin/analytics/cost",
    dependencies=[STAFF],
    summary="Get cost and margin",
    responses=CSV,
    response_model=CostAnalytics,
    response_model_exclude_unset=True,
)
async def get_cost_analytics(
    since: Since = None,
    until: Until = None,
    tz: Zone = None,
    group_by: Annotated[CostGroup, Query(description=ITEMS)] = "day",
    format: Format = "json",
) -> CostAnalytics | Response:
    """Returns the cost of models and their revenue, by day, week, month, model, plan, provider or purpose.

    It also suggests cheaper models.
    """
    report = await analytics.cost_analytics(await analytics.resolve_period(since, until, tz), group_by)
    return report if format == "json" else _file("cost", report, group_by)


@router.get(
    "/admin/analytics/performance",
    dependencies=[STAFF],
    summary="Get latency and errors",
    responses=CSV,
    response_model=PerformanceAnalytics,
    response_model_exclude_unset=True,
)
async def get_performance_analytics(
    since: Since = None,
    until: Until = None,
    tz: Zone = None,
    group_by: Annotated[PerformanceGroup, Query(description=ITEMS)] = "day",
    format: Format = "json",
) -> PerformanceAnalytics | Response:
    """Returns latency and failures of answers, by day, week, month, model, provider or error."""
    report = await analytics.performance_analytics(await analytics.resolve_period(since, until, tz), group_by)
    return report if format == "json" else _file("performance", report, group_by)


def _file(
    name: str, report: UsageAnalytics | RevenueAnalytics | CostAnalytics | PerformanceAnalytics, group_by: str
) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}-by-{group_by}-{report.since}-{report.until}.csv"'}
    (item,) = get_args(type(report).model_fields["items"].annotation)
    return Response(analytics.report_csv(item, report.items, group_by), 200, headers, "text/csv; charset=utf-8")
