"""Who makes a request, and the check that goes to Postgres with its first statement."""

from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from oneai.clients import supabase_auth
from oneai.clients.supabase_auth import Principal
from oneai.errors import Busy, InsufficientScope, InvalidApiKey, OneAIError, Unauthenticated
from oneai.http.rate_limits import RateName, limit_of, network_of
from oneai.postgres import db, request_check
from oneai.postgres.request_check import ApiKeyCheck, RequestCheck

if TYPE_CHECKING:
    from oneai.api_keys.fields import ScopeName
    from oneai.api_keys.principal import KeyPrincipal

# In what states a request may be made all the same: two of the account, one of the service.
type Permit = Literal["suspended", "deleting", "maintenance"]

# A larger body is read only for an API key that is one, because anybody can write a secret with the right checksum.
LARGE_BODY_BYTES = 4096
# Of the secrets of `oneai.api_keys`, which the first key imports.
KEY_PREFIX = "oneai_sk_"


async def signed_in(authorization: str | None, rate: RateName = "other", permits: tuple[Permit, ...] = ()) -> Principal:
    """The user of an `Authorization` header, whose rate, session and account are checked by the first statement.

    `permits` names the states in which the user may make this request all the same. Raises Unauthenticated, and
    InsufficientScope or InvalidApiKey for an API key, none of which will do; the first statement raises RateLimited,
    Maintenance, Unauthenticated, AccountSuspended and AccountDeleting.
    """
    if (secret := _api_key(authorization)) is not None:
        _require_well_formed(secret)
        raise InsufficientScope
    user = await supabase_auth.principal(authorization)
    request_check.begin(RequestCheck(str(user.user_id), limit_of(rate), user.user_id, _uuid(user.session_id), permits))
    return user


async def signed_in_or_key(
    authorization: str | None, scope: "ScopeName", address: str | None, rate: RateName = "other"
) -> "Principal | KeyPrincipal":
    """`signed_in`, or the owner of an API key with this scope, who asks from this address.

    Raises InvalidApiKey for a key whose checksum is wrong; of all other keys the first statement raises it, and
    InsufficientScope, IpNotAllowed, RateLimited, Maintenance, AccountSuspended and AccountDeleting.
    """
    secret = _api_key(authorization)
    return await signed_in(authorization, rate) if secret is None else _with_key(secret, scope, address, rate)


def with_key(
    authorization: str | None, scope: "ScopeName", address: str | None, rate: RateName = "other"
) -> "KeyPrincipal":
    """The same where only an API key will do. Raises Unauthenticated without a credential, InvalidApiKey for another
    one."""
    secret = _api_key(authorization)
    if secret is None:
        raise InvalidApiKey if (authorization or "").strip() else Unauthenticated(reason="token_missing")
    return _with_key(secret, scope, address, rate)


def anonymous(address: str | None, rate: RateName = "public", permits: tuple[Permit, ...] = ()) -> None:
    """A request of a client that is not signed in, whose address's rate is checked by the first statement."""
    request_check.begin(RequestCheck(network_of(address), limit_of(rate), permits=permits))


async def require_key_of(authorization: str | None, address: str | None) -> None:
    """Before a large body is parsed: refuses a request whose API key is none, which takes the rate of its address.
    Nothing where the request has no API key. Raises InvalidApiKey, RateLimited, Busy."""
    if (secret := _api_key(authorization)) is None:
        return
    from oneai.api_keys.secret import hash_of

    _require_well_formed(secret)
    rate = limit_of("public")
    # The request's own check goes with its first statement, and is not sent where this refuses: one rate is enough.
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
    """What a request is refused for: `error`, unless its check, which is sent now where no statement has carried it,
    refuses it. So a request with wrong fields takes its rate too, and a stranger learns nothing else."""
    try:
        await db.check_request(request_check.current())
    except Busy:
        return error
    except OneAIError as refusal:
        return refusal
    return error


def ip_text(address: str | None) -> str | None:
    """The address as Postgres compares it with ranges: an IPv4 address within IPv6 as itself; None for no address."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return None
    if ip.version == 6:
        return str(ip.ipv4_mapped or ip).partition("%")[0]
    return str(ip)


def _with_key(secret: str, scope: "ScopeName", address: str | None, rate: RateName) -> "KeyPrincipal":
    from oneai.api_keys.principal import KeyPrincipal
    from oneai.api_keys.secret import hash_of

    _require_well_formed(secret)
    check = ApiKeyCheck(
        secret_hash=hash_of(secret),
        scope=scope,
        rate=limit_of(rate),
        address=ip_text(address),
        network=network_of(address),
        network_rate=limit_of("public"),
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
