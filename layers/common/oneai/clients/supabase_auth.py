"""Verifies Supabase Auth's access tokens.

A token is valid if its signature matches one of the project's keys, this project issued it for signed-in users, it has
not expired, and it names a user. Only the public keys are fetched from Supabase, so a sign-out stops refreshes
immediately, but the last access token remains valid until it expires (an hour).

A verified token is not parsed and verified again, which takes a tenth of our time for a question, while its key is
still the project's and the token has not expired. Only a hash of the token is stored.
"""

import json
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING, Any
from uuid import UUID

from oneai import log, settings
from oneai.clients.jwks import RETRY_WITHOUT, KeySet
from oneai.errors import Busy, Forbidden, Unauthenticated

if TYPE_CHECKING:
    from jwt import PyJWK

__all__ = ["UserPrincipal", "principal", "ready", "reset_cache", "verify"]

# The maximum difference in seconds between our clock and Supabase's: a token is valid until ten seconds after `exp`.
LEEWAY = 10
AUDIENCE = ROLE = "authenticated"
REQUIRED = ["iss", "aud", "exp", "sub", "role"]
# The number of cached tokens, a kilobyte each; the oldest is evicted first.
MAX_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """The project. `SUPABASE_JWT_SECRET` is only for a project that signs, or signed, with HS256."""

    supabase_url: str
    supabase_jwt_secret: str | None = None
    supabase_publishable_key: str | None = None
    allow_anonymous: bool = False

    @property
    def issuer(self) -> str:
        return self.supabase_url.rstrip("/") + "/auth/v1"


@dataclass(frozen=True, slots=True)
class UserPrincipal:
    """A user whose token was verified; `claims` is Postgres's `request.jwt.claims`: `sub` and `role` as JSON text.

    `expires_at` is the token's `exp`, in seconds since 1970. `aal` is its authenticator assurance level: `aal2` after a
    second factor, else `aal1`. `signed_in_at` is when the session's newest credential was shown, in seconds since 1970;
    0 if the token does not say so.
    """

    user_id: UUID
    email: str | None
    session_id: str | None
    is_anonymous: bool
    claims: str
    expires_at: int = 0
    aal: str = "aal1"
    signed_in_at: int = 0

    @property
    def workspace_id(self) -> UUID:
        """The user's personal workspace, whose id is the user's."""
        return self.user_id


async def principal(authorization: str | None) -> UserPrincipal:
    """The user in the value of an `Authorization` header. Raises Unauthenticated without one."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(reason="token_missing")
    return await verify(token.strip())


async def verify(token: str) -> UserPrincipal:
    """Returns the user of an access token.

    Raises Unauthenticated for anything but a current access token of this project (also for its anon and service keys),
    Forbidden for an anonymous user if `ALLOW_ANONYMOUS` is not set, and Busy until the project's keys have been fetched
    once.
    """
    project = settings.read(AuthSettings)
    digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
    entry = _token_cache.get(digest)
    if entry is None or not await entry.holds(project):
        entry = await _verify(token, project)
        if len(_token_cache) >= MAX_TOKENS:
            _token_cache.pop(next(iter(_token_cache)), None)
        _token_cache[digest] = entry
    return entry.principal


@dataclass(frozen=True, slots=True)
class _CacheEntry:
    """The result of verifying a token, with the key that signed it, under these settings."""

    principal: UserPrincipal
    project: AuthSettings
    header: dict[str, Any]
    key: "PyJWK | str"

    async def holds(self, project: AuthSettings) -> bool:
        """Whether verifying the token again would give the same result: it has not expired, and neither the project nor
        the key with its id has changed."""
        if project is not self.project or self.principal.expires_at <= time.time() - LEEWAY:
            return False
        try:
            return (await _key(self.header, project))[1] is self.key
        except Unauthenticated:
            return False


# Keyed by the SHA-256 of the token.
_token_cache: dict[bytes, _CacheEntry] = {}


async def _verify(token: str, project: AuthSettings) -> _CacheEntry:
    import jwt

    try:
        header = _header(token)
        algorithm, key = await _key(header, project)
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=AUDIENCE,
            issuer=project.issuer,
            leeway=LEEWAY,
            # `iat` is not checked, because a laptop's clock may be late by more than the leeway.
            options={"require": REQUIRED, "verify_iat": False},
        )
        _check_plain(claims)
    except jwt.ExpiredSignatureError:
        raise Unauthenticated("Your session has ended. Please sign in again.", reason="token_expired") from None
    except (jwt.PyJWTError, ValueError, OverflowError, RecursionError):  # not a token
        raise Unauthenticated(reason="token_invalid") from None
    return _CacheEntry(_to_principal(claims, project), project, header, key)


async def ready() -> None:
    """Returns when there are keys to verify with; otherwise raises Busy."""
    project = settings.read(AuthSettings)
    keys = _keys(project.issuer, project.supabase_publishable_key)
    await keys.load()
    if not len(keys) and not project.supabase_jwt_secret:
        # Supabase never lists an HS256 key: every token of such a project would be refused silently.
        log.warning("the project lists no signing keys and SUPABASE_JWT_SECRET is not set")
        raise Busy(retry_after=RETRY_WITHOUT)


@cache
def _keys(issuer: str, apikey: str | None) -> KeySet:
    return KeySet(f"{issuer}/.well-known/jwks.json", apikey)


def reset_cache() -> None:
    """Drops all cached keys and tokens: the next token fetches the keys again."""
    _keys.cache_clear()
    _token_cache.clear()


def _header(token: str) -> dict[str, Any]:
    """The unverified header of the token; the rest of the token is read once, when it is verified. Raises
    ValueError."""
    first = token.partition(".")[0]
    header = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(header, dict) or not isinstance(header.get("kid", ""), str):
        raise ValueError("no header")
    return header


async def _key(header: dict[str, Any], project: AuthSettings) -> "tuple[str, PyJWK | str]":
    """The key for a token, with the only algorithm that it may be used for.

    The header's `alg` selects between our two kinds of keys, never how a key is used: a key from the JWKS is only used
    with its own algorithm, and the shared secret never verifies a token that names a public key.
    """
    keys = _keys(project.issuer, project.supabase_publishable_key)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm == "HS256" and project.supabase_jwt_secret and kid not in keys:
        return "HS256", project.supabase_jwt_secret
    if algorithm not in ("ES256", "RS256") or not isinstance(kid, str):
        raise Unauthenticated(reason="token_invalid")
    key = await keys.find(kid)
    if key is None:
        raise Unauthenticated(reason="token_invalid")
    return key.algorithm_name, key


def _check_plain(claim: Any) -> None:
    """Raises ValueError for values that Supabase never writes but a custom claims hook might: U+0000, lone surrogates,
    NaN and infinity."""
    match claim:
        case str():
            if b"\0" in claim.encode():  # raises for lone surrogates
                raise ValueError("U+0000")
        case float():
            if not isfinite(claim):
                raise ValueError("no number")
        case list():
            for each in claim:
                _check_plain(each)
        case dict():
            for name, each in claim.items():
                _check_plain(name)
                _check_plain(each)


def _to_principal(claims: dict[str, Any], project: AuthSettings) -> UserPrincipal:
    if claims["role"] != ROLE:
        raise Unauthenticated(reason="token_invalid")
    try:
        user_id = UUID(claims["sub"])
    except ValueError:
        raise Unauthenticated(reason="token_invalid") from None
    is_anonymous = claims.get("is_anonymous") is True
    if is_anonymous and not project.allow_anonymous:
        raise Forbidden("Please sign up with an email address first.")
    return UserPrincipal(
        user_id=user_id,
        email=_text(claims.get("email")),
        session_id=_text(claims.get("session_id")),
        is_anonymous=is_anonymous,
        # Only claims that policies read: `user_metadata` would add kilobytes to every query.
        claims=json.dumps({"sub": str(user_id), "role": ROLE}, separators=(",", ":")),
        expires_at=int(claims["exp"]),
        aal=_text(claims.get("aal")) or "aal1",
        signed_in_at=_signed_in_at(claims.get("amr")),
    )


def _signed_in_at(methods: Any) -> int:
    """The newest time in the claim `amr`, a list of `{method, timestamp}`; 0 without one."""
    entries = methods if isinstance(methods, list) else []
    times = [entry.get("timestamp") for entry in entries if isinstance(entry, dict)]
    return max((at for at in times if type(at) is int), default=0)


def _text(claim: Any) -> str | None:
    return claim if isinstance(claim, str) and claim else None
