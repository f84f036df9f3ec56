"""Records requests that failed: the log line of one that could not be served, with what an operator needs to find the
cause and without the request's data; and the number of refusals."""

from types import TracebackType

from oneai import error_reports, log, metrics
from oneai.errors import InternalError, Maintenance, OneAIError
from oneai.postgres.request_refusals import CODES

EVENT = "a request could not be served"
# A request that is wrong, or without a credential: how many there are follows from the clients, and each code would be
# a metric that is paid for.
OTHER = "other"


def log_failure(error: OneAIError, route: str | None) -> None:
    """Logs a 5xx error except maintenance; call it in the `except` block that caught it. `cause` has the classes of the
    exceptions behind it, with Postgres' SQLSTATE and constraint, and `raised_in` the function of ours where it
    occurred. Exceptions' texts are left out, because they may quote rows, addresses and keys. An internal error is a
    defect, and is reported as one."""
    if error.status < 500 or isinstance(error, Maintenance):
        return
    defect = isinstance(error, InternalError)
    (log.error if defect else log.warning)(
        EVENT,
        code=error.code,
        route=route,
        cause=" < ".join(causes(error)) or None,
        raised_in=_raised_in(error.__traceback__),
    )
    if defect:
        error_reports.report(EVENT)


def count_refusal(error: OneAIError, route: str | None) -> None:
    """Counts the refusal, of `route` as its pattern; the line in the log has the exact code."""
    of = error.code if error.status >= 500 or error.code in CODES else OTHER
    metrics.count(metrics.REFUSALS, of=of, status=error.status, error_code=error.code, route=route)


def causes(error: BaseException) -> list[str]:
    """The causes of an error, nearest first: `InsufficientPrivilege 42501`, `ConnectTimeout`."""
    result = []
    while (cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        diag = getattr(cause, "diag", None)
        parts = (type(cause).__name__, getattr(cause, "sqlstate", None), getattr(diag, "constraint_name", None))
        result.append(" ".join(part for part in parts if part))
        error = cause
    return result


def _raised_in(traceback: TracebackType | None) -> str | None:
    """The innermost function of the package, without its Postgres client, whose callers are more informative."""
    result = None
    while traceback is not None:
        frame = traceback.tb_frame
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("oneai.") and not module.startswith(("oneai.postgres.", "oneai.http.")):
            result = f"{module}.{frame.f_code.co_name}"
        traceback = traceback.tb_next
    return result
