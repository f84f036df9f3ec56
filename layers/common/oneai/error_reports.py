"""Reports of defects to Sentry, for operators who have named a project there (parameter `SentryDsn`).

`sentry_sdk` is in a layer of its own that is attached only then, and is imported with the first report: a cold start is
the same with it and without it. A report has the type of the exception, where it was raised, and the request's id:
never its text, which may quote what a user wrote, nor the values of variables, nor anything of the request.
"""

import os
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from oneai import __version__, request_context, settings

# A report has to leave before Lambda freezes the process, and holds up what follows for no longer.
SECONDS_TO_SEND = 1.0


@dataclass(frozen=True)
class SentrySettings:
    """`sentry_dsn`: where Sentry takes the reports of a project; without it nothing is reported."""

    sentry_dsn: str = ""


def report(event: str) -> None:
    """Reports the exception that is being handled. `event` is the line that is logged of it. Never fails."""
    dsn = settings.read(SentrySettings).sentry_dsn
    if not dsn:
        return
    try:
        sentry = _sentry(dsn)
        with sentry.new_scope() as scope:
            scope.set_tag("event", event)
            scope.set_tag("request_id", request_context.request_id())
            sentry.capture_exception()
        sentry.flush(timeout=SECONDS_TO_SEND)
    except Exception:  # noqa: BLE001  it is in the log, which is where who misses it here will look
        return


@cache
def _sentry(dsn: str) -> ModuleType:
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        release=__version__,
        server_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "local"),
        before_send=_without_texts,
        # Integrations would read requests, environment and log lines, and each would be imported.
        default_integrations=False,
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
    )
    return sentry_sdk


def _without_texts(event: Any, _: Any) -> Any:
    for exception in event.get("exception", {}).get("values", ()):
        exception["value"] = ""
    return event
