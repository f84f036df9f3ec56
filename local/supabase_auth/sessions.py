"""Sessions and their refresh tokens: each is valid once, and using an old one ends the whole family.

The rules are GoTrue's. Two exceptions help clients that lost a response or sent a request twice: the parent of the
active token, and any token within ten seconds of its use, return the active token again.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import class_row

from local.supabase_auth.refusals import OAuthRefusal, Refusal

REUSE_SECONDS = 10

type Scope = Literal["global", "local", "others"]


@dataclass(frozen=True)
class Session:
    """A valid session, and the one token that refreshes it."""

    id: UUID
    user_id: UUID
    created_at: datetime
    refresh_token: str


@dataclass(frozen=True)
class _Token:
    token: str
    parent: str | None
    revoked: bool
    just_used: bool


async def begin(conn: AsyncConnection, user_id: UUID) -> Session:
    """A new session for a user who has just been authenticated."""
    session_id, token = uuid4(), _new_token()
    cursor = await conn.execute(
        """
        insert into auth.sessions (id, user_id, created_at, updated_at) values (%s, %s, now(), now())
        returning created_at
        """,
        [session_id, user_id],
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - an insert that returns
    await _keep_token(conn, token, None, session_id, user_id)
    await conn.execute("update auth.users set last_sign_in_at = now(), updated_at = now() where id = %s", [user_id])
    return Session(session_id, user_id, row[0], token)


async def refresh(conn: AsyncConnection, token: str) -> Session:
    """The session of a refresh token, with the token to use next."""
    token = token.replace("\x00", "")
    if not token:
        raise OAuthRefusal(400, "invalid_request", "refresh_token required")
    # The session's row is the lock; the tokens are read only after it.
    cursor = await conn.execute(
        """
        select id, user_id, created_at from auth.sessions
        where id = (select session_id from auth.refresh_tokens where token = %s) for update
        """,
        [token],
    )
    session = await cursor.fetchone()
    if session is None:
        raise Refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    session_id, user_id, created_at = session
    tokens = await _tokens(conn, session_id)
    given = next(one for one in tokens if one.token == token)
    active = next((one for one in tokens if not one.revoked), None)
    if given is active:
        following = _new_token()
        await conn.execute(
            "update auth.refresh_tokens set revoked = true, updated_at = now() where token = %s", [token]
        )
        await _keep_token(conn, following, token, session_id, user_id)
        await conn.execute(
            "update auth.sessions set refreshed_at = now(), updated_at = now() where id = %s", [session_id]
        )
        return Session(session_id, user_id, created_at, following)
    if active and (active.parent == token or given.just_used):
        return Session(session_id, user_id, created_at, active.token)
    await conn.execute("update auth.refresh_tokens set revoked = true where session_id = %s", [session_id])
    await conn.commit()
    raise Refusal(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")


async def exists(conn: AsyncConnection, id: UUID) -> bool:
    """Whether that session is not signed out."""
    return await (await conn.execute("select from auth.sessions where id = %s", [id])).fetchone() is not None


async def end(conn: AsyncConnection, user_id: UUID, id: UUID | None, scope: Scope) -> None:
    """Signs out all sessions, this one, or all others. Refresh tokens are deleted with their sessions."""
    if scope == "global" or id is None:
        await conn.execute("delete from auth.sessions where user_id = %s", [user_id])
    elif scope == "local":
        await conn.execute("delete from auth.sessions where id = %s", [id])
    else:
        await conn.execute("delete from auth.sessions where user_id = %s and id <> %s", [user_id, id])


async def _tokens(conn: AsyncConnection, session_id: UUID) -> list[_Token]:
    async with conn.cursor(row_factory=class_row(_Token)) as cursor:
        await cursor.execute(
            """
            select token, parent, revoked,
                   updated_at > statement_timestamp() - make_interval(secs => %s) as just_used
            from auth.refresh_tokens where session_id = %s order by id desc
            """,
            [REUSE_SECONDS, session_id],
        )
        return await cursor.fetchall()


async def _keep_token(conn: AsyncConnection, token: str, parent: str | None, session_id: UUID, user_id: UUID) -> None:
    await conn.execute(
        """
        insert into auth.refresh_tokens (token, parent, session_id, user_id, revoked, created_at, updated_at)
        values (%s, %s, %s, %s, false, now(), now())
        """,
        [token, parent, session_id, str(user_id)],
    )


def _new_token() -> str:
    return secrets.token_urlsafe(9)
