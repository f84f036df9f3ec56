"""Who makes a request, and the check that goes to Postgres with its first statement."""

from typing import Literal
from uuid import UUID

from oneai.clients import supabase_auth
from oneai.clients.supabase_auth import Principal
from oneai.http.rate_limits import RateName, limit_of, network_of
from oneai.postgres import request_check
from oneai.postgres.request_check import RequestCheck

type AccountState = Literal["suspended", "deleting"]


async def signed_in(
    authorization: str | None, rate: RateName = "other", permits: tuple[AccountState, ...] = ()
) -> Principal:
    """The user of an `Authorization` header, whose rate, session and account are checked by the first statement.

    `permits` names the states of an account in which it may make this request all the same. Raises Unauthenticated;
    the first statement raises RateLimited, Unauthenticated, AccountSuspended and AccountDeleting.
    """
    user = await supabase_auth.principal(authorization)
    request_check.begin(RequestCheck(str(user.user_id), limit_of(rate), user.user_id, _uuid(user.session_id), permits))
    return user


def anonymous(address: str | None, rate: RateName = "public") -> None:
    """A request of a client that is not signed in, whose address's rate is checked by the first statement."""
    request_check.begin(RequestCheck(network_of(address), limit_of(rate)))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
