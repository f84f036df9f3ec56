"""Business figures from daily totals as they are now: usage, revenue, cost, performance, and the monthly report."""

from oneai.analytics.cost import CostAnalytics, CostGroup, cost_analytics
from oneai.analytics.monthly_report import enqueue_report
from oneai.analytics.overview import Overview, overview
from oneai.analytics.performance import PerformanceAnalytics, PerformanceGroup, performance_analytics
from oneai.analytics.period import MAX_DAYS, ReportPeriod, resolve_period
from oneai.analytics.report_csv import report_csv
from oneai.analytics.report_settings import set_time_zone
from oneai.analytics.revenue import RevenueAnalytics, RevenueGroup, revenue_analytics
from oneai.analytics.rollup import roll_up
from oneai.analytics.usage import UsageAnalytics, UsageGroup, usage_analytics

__all__ = [
    "MAX_DAYS",
    "CostAnalytics",
    "CostGroup",
    "Overview",
    "PerformanceAnalytics",
    "PerformanceGroup",
    "ReportPeriod",
    "RevenueAnalytics",
    "RevenueGroup",
    "UsageAnalytics",
    "UsageGroup",
    "cost_analytics",
    "enqueue_report",
    "overview",
    "performance_analytics",
    "report_csv",
    "resolve_period",
    "revenue_analytics",
    "roll_up",
    "set_time_zone",
    "usage_analytics",
]
