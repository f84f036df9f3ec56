"""Creates users of a stack in SQL, with access tokens signed by the stack's key."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg

from stand_ins.supabase_auth.signer import LIFETIME, Signer


@dataclass(frozen=True)
class User:
    """A user with an access token or an API key."""

    id: UUID
    token: str


def sign_up(
    connection: psycopg.Connection[Any],
    signer: Signer,
    count: int,
    units: int | None = None,
    *,
    seconds: int = LIFETIME,
) -> list[User]:
    """Creates users with confirmed addresses and tokens that are valid for `seconds`.

    `units` is the limit of each of their quotas; None leaves those of the free plan.
    """
    ids = [uuid4() for _ in range(count)]
    connection.execute(
        "insert into auth.users (id, aud, role, email, email_confirmed_at) "
        "select id, 'authenticated', 'authenticated', id || '@example.com', now() from unnest(%s::uuid[]) as id",
        [ids],
    )
    if units is not None:
        connection.execute("update oneai.usage_quotas set quota_limit = %s where workspace_id = any(%s)", [units, ids])
    expires = {} if seconds == LIFETIME else {"exp": int(time.time()) + seconds}
    return [User(each, signer.token(each, f"{each}@example.com", **expires)) for each in ids]
