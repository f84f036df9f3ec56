"""The id of the current request, or of the run of a job. It is in every line of its log, in the name under which
Postgres lists its statements, and in requests to the upstream."""

from contextvars import ContextVar

# The characters that all its destinations accept: a header, the name of a Postgres session, a path of the API.
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.:")
MAX_CHARACTERS = 56

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def begin(request_id: str) -> None:
    """Sets the id of the current request; tasks that the request starts have it too."""
    _request_id.set("".join([each for each in request_id[:MAX_CHARACTERS] if each in _ALLOWED]) or None)


def request_id() -> str | None:
    """The id; None outside of requests and jobs."""
    return _request_id.get()


def begin_trace(header: str | None) -> None:
    """Sets the trace of the current invocation, in X-Ray's form `Root=…;Parent=…;Sampled=…`; None: it has none."""
    _trace_id.set(header)


def trace_id() -> str | None:
    """The root of the current trace if `begin_trace` set it. A process with one invocation at a time has it in the
    environment, where AWS's libraries read it."""
    return (_trace_id.get() or "").partition(";")[0].removeprefix("Root=") or None
