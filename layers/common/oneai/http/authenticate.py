"""Finds who makes a request, and prepares the check that goes to Postgres with its first statement."""

from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from oneai.clients import supabase_auth
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import Busy, InsufficientScope, InvalidApiKey, OneAIError, Unauthenticated
from oneai.http.rate_limits import RateName, limit_of, limit_of_team, network_of
from oneai.http.workspace_choice import PERSONAL, WorkspaceChoice, in_workspace
from oneai.postgres import db, request_check
from oneai.postgres.request_check import ApiKeyCheck, RequestCheck

if TYPE_CHECKING:
    from oneai.api_keys.fields import ScopeName
    from oneai.api_keys.principal import KeyPrincipal

# States in which a request may still be allowed: two of the account, one of the service, and one of the token, which
# lacks the second factor of its user.
type Permit = Literal["suspended", "deleting", "maintenance", "aal1"]

# Reads a larger body only for a valid API key, because anyone can make a secret with the right checksum.
LARGE_BODY_BYTES = 4096
# The prefix of secrets in `oneai.api_keys`, which is imported with the first key.
KEY_PREFIX = "oneai_sk_"


async def signed_in(
    authorization: str | None,
    rate: RateName = "other",
    permits: tuple[Permit, ...] = (),
    choice: WorkspaceChoice = PERSONAL,
) -> UserPrincipal:
    """The user of an `Authorization` header; the first statement checks the user's rate, session and account, and the
    workspace that the request chooses with its rate.

    `permits` are states in which the user may still make this request. Raises Unauthenticated, and InsufficientScope or
    InvalidApiKey for an API key, which this route does not accept. The first statement raises RateLimited, Maintenance,
    Unauthenticated, SecondFactorRequired, AccountSuspended, AccountDeleting, WorkspaceNotFound and RoleInsufficient.
    """
    if (secret := _api_key(authorization)) is not None:
        _require_well_formed(secret)
        raise InsufficientScope
    user = await supabase_auth.principal(authorization)
    check = RequestCheck(
        subject=str(user.user_id),
        rate=limit_of(rate),
        team_rate=limit_of_team(rate),
        user_id=user.user_id,
        session_id=_uuid(user.session_id),
        aal=user.aal,
        permits=permits,
        workspace=choice.workspace,
        right=choice.right,
    )
    request_check.begin(check)
    return in_workspace(user, check)


async def signed_in_or_key(
    authorization: str | None,
    scope: "ScopeName",
    address: str | None,
    rate: RateName = "other",
    choice: WorkspaceChoice = PERSONAL,
) -> "UserPrincipal | KeyPrincipal":
    """Like `signed_in`, or the owner of an API key with this scope, in a request from this address.

    Raises InvalidApiKey for a key with a wrong checksum. For all other keys the first statement raises it, and
    InsufficientScope, IpNotAllowed, RateLimited, Maintenance, AccountSuspended, AccountDeleting, RoleInsufficient, and
    Forbidden if the request names another workspace than the key's.
    """
    secret = _api_key(authorization)
    if secret is None:
        return await signed_in(authorization, rate, choice=choice)
    return _with_key(secret, scope, address, rate, choice)


def with_key(
    authorization: str | None,
    scope: "ScopeName",
    address: str | None,
    rate: RateName = "other",
    choice: WorkspaceChoice = PERSONAL,
) -> "KeyPrincipal":
    """The same for routes that only accept API keys. Raises Unauthenticated without a credential, InvalidApiKey for
    another one."""
    secret = _api_key(authorization)
    if secret is None:
        raise InvalidApiKey if (authorization or "").strip() else Unauthenticated(reason="token_missing")
    return _with_key(secret, scope, address, rate, choice)


def anonymous(address: str | None, rate: RateName = "public", permits: tuple[Permit, ...] = ()) -> None:
    """A request without sign-in; the first statement checks the rate of its address."""
    request_check.begin(RequestCheck(network_of(address), limit_of(rate), permits=permits))


async def require_key_of(authorization: str | None, address: str | None) -> None:
    """Refuses a request with an invalid API key before a large body is parsed, and consumes the rate of its address.
    Does nothing without an API key. Raises InvalidApiKey, RateLimited, Busy."""
    if (secret := _api_key(authorization)) is None:
        return
    from oneai.api_keys.secret import hash_of

    _require_well_formed(secret)
    rate = limit_of("public")
    # The request's own check is part of its first statement, which is not sent after a refusal: one rate is consumed.
    check = request_check.current()
    request_check.begin(None)
    (exists,) = await db.call(
        "select oneai.is_api_key(%s, %s, %s, %s)",
        [hash_of(secret), network_of(address), rate.per_minute, rate.burst],
    )
    if not exists:
        raise InvalidApiKey
    request_check.begin(check)


async def first_refusal(error: OneAIError) -> OneAIError:
    """The error to refuse the request with: `error`, unless its check refuses it, which is sent now if no statement
    carried it. So a request with invalid fields consumes its rate too, and strangers learn nothing else."""
    try:
        await db.check_request(request_check.current())
    except Busy:
        return error
    except OneAIError as refusal:
        return refusal
    return error


def ip_text(address: str | None) -> str | None:
    """The address in the form that Postgres compares with ranges: IPv4 within IPv6 becomes IPv4; None: no address."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return None
    if ip.version == 6:
        return str(ip.ipv4_mapped or ip).partition("%")[0]
    return str(ip)


def _with_key(
    secret: str, scope: "ScopeName", address: str | None, rate: RateName, choice: WorkspaceChoice
) -> "KeyPrincipal":
    from oneai.api_keys.principal import KeyPrincipal
    from oneai.api_keys.secret import hash_of

    _require_well_formed(secret)
    check = ApiKeyCheck(
        secret_hash=hash_of(secret),
        scope=scope,
        rate=limit_of(rate),
        team_rate=limit_of_team(rate),
        address=ip_text(address),
        network=network_of(address),
        network_rate=limit_of("public"),
        workspace=choice.workspace,
        right=choice.right,
    )
    request_check.begin(check)
    return KeyPrincipal(check)


def _api_key(authorization: str | None) -> str | None:
    """The API key in an `Authorization` header; None for anything else."""
    scheme, _, secret = (authorization or "").strip().partition(" ")
    secret = secret.strip()
    return secret if scheme.lower() == "bearer" and secret.startswith(KEY_PREFIX) else None


def _require_well_formed(secret: str) -> None:
    from oneai.api_keys.secret import is_well_formed

    if not is_well_formed(secret):
        raise InvalidApiKey


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
