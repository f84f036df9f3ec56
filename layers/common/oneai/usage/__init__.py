"""Usage and cost: rolled up by a job, reported by day, model, provider and key, forecast, and exported."""

from oneai.usage.date_range import DateRange, resolve_range
from oneai.usage.export import WRITERS, UsageFile, export, export_pieces
from oneai.usage.forecast import Forecast, forecast
from oneai.usage.receipt import Receipt, receipt
from oneai.usage.report import GroupBy, UsageReport, percentile, report
from oneai.usage.rollup import add_up

__all__ = [
    "WRITERS",
    "DateRange",
    "Forecast",
    "GroupBy",
    "Receipt",
    "UsageFile",
    "UsageReport",
    "add_up",
    "export",
    "export_pieces",
    "forecast",
    "percentile",
    "receipt",
    "report",
    "resolve_range",
]
