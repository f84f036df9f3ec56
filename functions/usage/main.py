"""The API of usage and quotas, and unsubscribing from mail."""

from typing import Annotated, Any

import mail_routes
import quota_routes
from fastapi import Query, Response

from oneai import usage
from oneai.clients import secrets_manager
from oneai.conversations.archive import ExportAccepted
from oneai.http.fastapi_app import UsageReader, application, handler_of
from oneai.http.usage_query import Grouped, Since, Until, Zone
from oneai.usage import Forecast, UsageReport
from oneai.usage.export import UsageFile, UsageFormat

FileFormat = Annotated[UsageFormat, Query(description="`csv` with a header line, or `jsonl` with one object per line.")]

EXPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Usage as a file, up to 4.5 MB.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/jsonl": {"schema": {"type": "string"}}},
    },
    202: {"description": "The file is larger, so a job writes it.", "model": ExportAccepted},
}

secrets_manager.load()
app = application("Usage", quota_routes.router, mail_routes.router)


@app.get("/user/usage", tags=["Usage"], summary="Get usage", response_model_exclude_unset=True)
async def get_usage(
    user: UsageReader, since: Since = None, until: Until = None, tz: Zone = "UTC", group_by: Grouped = None
) -> UsageReport:
    """Returns your usage, by default of the last thirty days: its totals, and by day, model, provider or key. In a team
    it is what you asked, and for owners and admins what all members asked, also by member."""
    return await usage.report(user, await usage.resolve_range(since, until, tz), group_by)


@app.get(
    "/user/usage/export",
    tags=["Usage"],
    summary="Export usage",
    response_class=Response,
    response_model=None,
    responses=EXPORT,
)
async def export_usage(
    user: UsageReader, format: FileFormat = "csv", since: Since = None, until: Until = None, tz: Zone = "UTC"
) -> Response:
    """Exports every answer and correction as a line of a file. Above 4.5 MB a job writes it, see `GET
    /exports/{id}`."""
    result = await usage.export(user, await usage.resolve_range(since, until, tz), format)
    if isinstance(result, UsageFile):
        headers = {"content-disposition": f'attachment; filename="{result.name}"'}
        return Response(result.body, 200, headers, result.media_type)
    return Response(result.model_dump_json(), 202, media_type="application/json")


@app.get("/user/usage/forecast", tags=["Usage"], summary="Forecast this month's usage")
async def forecast_usage(user: UsageReader) -> Forecast:
    """Forecasts the usage at the end of this month, with its method and interval."""
    return await usage.forecast(user)


handler = handler_of(app)
