"""Where a request that changes something comes from, for the audit log: every message of the request that Postgres gets
says it, so that no function needs an argument for it."""

import json
from contextvars import ContextVar

# The setting that the SQL function `oneai.request_origin` reads.
SETTING = "oneai.request_origin"
USER_AGENT_CHARACTERS = 500

_current: ContextVar[str | None] = ContextVar("request_origin", default=None)


def begin(ip: str | None, user_agent: str | None, request_id: str) -> None:
    """States where the current request comes from; `ip` as Postgres reads it."""
    fields = {"ip": ip, "user_agent": _text(user_agent), "request_id": _text(request_id)}
    _current.set(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def begin_unknown() -> None:
    """States that the current request changes nothing, or that its origin is not recorded."""
    _current.set(None)


def current() -> str | None:
    """The origin as JSON text; None where there is none."""
    return _current.get()


def _text(header: str | None) -> str | None:
    """What JSON in Postgres can hold of a header, no U+0000 and no half a character; None for an empty one."""
    if not header:
        return None
    return header[:USER_AGENT_CHARACTERS].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
