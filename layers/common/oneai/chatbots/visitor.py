"""Visitors: who asks a chatbot on a website, and the signed tokens that say so.

A visitor has a random handle, which only their browser knows. Their id is a hash of it and of the chatbot, so that
nothing has to be stored before the first message, and no one can name another visitor.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from oneai import settings
from oneai.chatbot_errors import VisitorTokenInvalid
from oneai.chatbots.identity import Identity
from oneai.settings import SettingsError

TOKEN_SECONDS = 3600
# How long a handle is good for after the last message; oneai.visitor_lifetime says the same.
HANDLE_DAYS = 30
_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")
_MIN_KEY_CHARACTERS = 32
# A token of ours has fewer characters.
_MAX_TOKEN_CHARACTERS = 4000


@dataclass(frozen=True)
class VisitorSettings:
    """`visitor_keys` sign the tokens of visitors: the first signs, all are accepted, so that a new one can be put
    before the old one, which is removed an hour later."""

    visitor_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who makes a request: a visitor of one chatbot. `identity` is who the website says that it is.

    It stands where a user does (`oneai.postgres.db.Principal`), with the visitor's id, which is no user's.
    """

    public_id: str
    visitor_id: UUID
    identity: Identity | None = None

    @property
    def user_id(self) -> UUID:
        """The visitor's id, under which a process keeps its running answers."""
        return self.visitor_id

    @property
    def workspace_id(self) -> UUID:
        """Not known here: Postgres finds the chatbot's. Always raises RuntimeError."""
        raise RuntimeError("A visitor has no workspace.")

    @property
    def identity_json(self) -> str | None:
        """The identity as Postgres stores it with the visitor; None: the website does not say."""
        return json.dumps(asdict(self.identity), ensure_ascii=False) if self.identity else None

    @property
    def claims(self) -> str:
        """None: row-level security shows a visitor nothing."""
        return "{}"


def new_handle() -> str:
    """A random handle of 256 bits."""
    return secrets.token_urlsafe(32)


def is_handle(text: str) -> bool:
    """Whether this has the form of a handle."""
    return _HANDLE.fullmatch(text) is not None


def by_handle(public_id: str, handle: str) -> Visitor:
    """The chatbot's visitor with this handle."""
    return Visitor(public_id, _id_of("handle", public_id, handle))


def by_identity(public_id: str, identity: Identity) -> Visitor:
    """The chatbot's visitor whom the website calls so, on whichever device."""
    return Visitor(public_id, _id_of("external", public_id, identity.external_id), identity)


def token(visitor: Visitor) -> tuple[str, int]:
    """A signed token for this visitor, and when it expires, in seconds since 1970. Raises SettingsError."""
    expires_at = int(time.time()) + TOKEN_SECONDS
    fields: dict[str, Any] = {"c": visitor.public_id, "v": visitor.visitor_id.hex, "e": expires_at}
    if visitor.identity is not None:
        fields["i"] = asdict(visitor.identity)
    payload = _encoded(json.dumps(fields, ensure_ascii=False).encode())
    return f"{payload}.{_signature(_keys()[0], payload)}", expires_at


def of_token(authorization: str | None, public_id: str) -> Visitor:
    """The visitor of this chatbot whose token an `Authorization` header has. Raises VisitorTokenInvalid for any other
    header, also for a token of another chatbot; SettingsError."""
    scheme, _, text = (authorization or "").strip().partition(" ")
    payload, _, signature = text.strip().partition(".")
    if scheme.lower() != "bearer" or len(text) > _MAX_TOKEN_CHARACTERS or not text.isascii():
        raise VisitorTokenInvalid
    # Each key is tried: which one matched must not be seen in the time that it takes.
    matches = [hmac.compare_digest(_signature(key, payload), signature) for key in _keys()]
    if not any(matches):
        raise VisitorTokenInvalid
    fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if fields["c"] != public_id or fields["e"] <= time.time():
        raise VisitorTokenInvalid
    identity = Identity(**fields["i"]) if "i" in fields else None
    return Visitor(public_id, UUID(fields["v"]), identity)


def network_hash(network: str) -> bytes:
    """A salted hash of a client's network (`oneai.http.rate_limits.network_of`), for limits. It is another one in each
    month (UTC), so that no network is recognised for longer. Raises SettingsError."""
    return hmac.digest(_derived(_keys()[0], f"network {_month()}"), network.encode(), "sha256")[:16]


def _month() -> str:
    return time.strftime("%Y-%m", time.gmtime())


def derived_keys(purpose: str) -> list[bytes]:
    """The keys for one purpose, of each of the deployment's keys, newest first. Raises SettingsError."""
    return [_derived(key, purpose) for key in _keys()]


def _id_of(kind: str, public_id: str, name: str) -> UUID:
    return UUID(bytes=hashlib.sha256(json.dumps([kind, public_id, name]).encode()).digest()[:16])


@settings.cached
def _keys() -> tuple[str, ...]:
    keys = settings.read(VisitorSettings).visitor_keys
    if not keys or any(len(key) < _MIN_KEY_CHARACTERS for key in keys):
        raise SettingsError(f"The setting VISITOR_KEYS needs keys of {_MIN_KEY_CHARACTERS} characters or more.")
    return keys


def _signature(key: str, payload: str) -> str:
    return _encoded(hmac.digest(_derived(key, "token"), payload.encode(), "sha256"))


def _derived(key: str, purpose: str) -> bytes:
    """The key for one purpose: a hash of an address must never be a signature."""
    return hmac.digest(key.encode(), f"oneai visitor {purpose}".encode(), "sha256")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
