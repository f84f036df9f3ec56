"""Reports defects to Sentry if the operator has configured a project (parameter `SentryDsn`).

`sentry_sdk` is in its own layer, which is attached only then, and it is imported with the first report. A cold start
takes the same time with and without it. A report contains the exception's type, where it was raised, and the request's
id. It never contains the exception's text, which may quote a user, nor values of variables, nor the request.
"""

import os
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from oneai import __version__, request_context, settings

# A report has to be sent before Lambda freezes the process, and must not delay the process longer.
SECONDS_TO_SEND = 1.0


@dataclass(frozen=True)
class SentrySettings:
    """`sentry_dsn`: the address for reports to a Sentry project; without it there are no reports."""

    sentry_dsn: str = ""


def report(event: str) -> None:
    """Reports the exception that is being handled. `event` is its log line. Never fails."""
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
        # Integrations would read requests, environment and log lines, and each one would be imported.
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
