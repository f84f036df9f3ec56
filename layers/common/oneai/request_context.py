"""The id of the request that is being answered, or of the run of a job: in every line of its log, in the name under
which Postgres lists its statements, and in what the upstream is sent."""

from contextvars import ContextVar

# What every place takes that it goes to: a header, the name of a Postgres session, a path of the API.
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.:")
MOST_CHARACTERS = 56

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def begin(request_id: str) -> None:
    """States the id of the current request; tasks that it starts have it too."""
    _request_id.set("".join([each for each in request_id[:MOST_CHARACTERS] if each in _ALLOWED]) or None)


def request_id() -> str | None:
    """The id; None outside of requests and jobs."""
    return _request_id.get()


def begin_trace(header: str | None) -> None:
    """States the trace of the current invocation, in X-Ray's form `Root=…;Parent=…;Sampled=…`; None: it has none."""
    _trace_id.set(header)


def trace_id() -> str | None:
    """The root of the current trace where it was stated here; a process with one invocation at a time has it in the
    environment, where AWS's libraries read it."""
    return (_trace_id.get() or "").partition(";")[0].removeprefix("Root=") or None
