"""Stores what this process has learned of the operator's providers, so that others know it.

Imported by the first report.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from oneai import log, metrics
from oneai.errors import OneAIError
from oneai.models.set_aside import RouteReport
from oneai.postgres import db


async def store(reports: Sequence[RouteReport]) -> None:
    """Stores the reports. Never fails: the answer that caused them continues."""
    for report in reports:
        if report.seconds:
            metrics.count(metrics.PROVIDERS_SET_ASIDE, of=report.provider, code=report.code)
    try:
        await db.call("select oneai.report_routes(%s)", [json.dumps([asdict(each) for each in reports])])
    except OneAIError as error:
        log.warning("a provider's state is not stored", providers=[each.provider for each in reports], code=error.code)
