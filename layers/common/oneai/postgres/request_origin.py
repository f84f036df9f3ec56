"""The origin of a request that makes a change, for the audit log and for checkouts. Every message of the request to
Postgres contains it, so no function needs an argument for it."""

import json
from contextvars import ContextVar

# The setting that the SQL function `oneai.request_origin` reads.
SETTING = "oneai.request_origin"
USER_AGENT_CHARACTERS = 500

_current: ContextVar[str | None] = ContextVar("request_origin", default=None)


def begin(ip: str | None, user_agent: str | None, request_id: str, country: str | None = None) -> None:
    """Sets the origin of the current request; `ip` in a form that Postgres reads, `country` as a proof of
    `oneai/countries.py`."""
    fields = {"ip": ip, "user_agent": _text(user_agent), "request_id": _text(request_id)}
    if country is not None:
        fields["country"] = country
    _current.set(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def begin_unknown() -> None:
    """Sets that the current request makes no change, or that its origin is not recorded."""
    _current.set(None)


def current() -> str | None:
    """The origin as JSON text; None if there is none."""
    return _current.get()


def _text(header: str | None) -> str | None:
    """The part of a header that JSON in Postgres can contain: no U+0000 and no lone surrogates; None if empty."""
    if not header:
        return None
    return header[:USER_AGENT_CHARACTERS].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
