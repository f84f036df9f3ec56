"""Sessions and their refresh tokens: each is valid once, and using an old one ends the whole family.

The rules are GoTrue's. Two exceptions help clients that lost a response or sent a request twice: the parent of the
active token, and any token within ten seconds of its use, return the active token again. Time is the stack's.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from psycopg.rows import class_row

from stand_ins.supabase_auth.client import Client
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.refusals import OAuthRefusal, Refusal

REUSE_INTERVAL = timedelta(seconds=10)

# The methods of second factors.
SECOND_FACTORS = ("totp", "mfa/phone", "mfa/webauthn")

type Scope = Literal["global", "local", "others"]


@dataclass(frozen=True)
class Session:
    """A valid session, and the one token that refreshes it."""

    id: UUID
    user_id: UUID
    created_at: datetime
    methods: tuple[tuple[str, datetime], ...]
    """How and when the user was authenticated, the newest first, as the claim `amr` names it: `password`, `otp`,
    `oauth`, `totp` and so on."""
    refresh_token: str

    @property
    def aal(self) -> str:
        """The authenticator assurance level: `aal2` after a second factor, else `aal1`."""
        return "aal2" if any(method in SECOND_FACTORS for method, _ in self.methods) else "aal1"


@dataclass(frozen=True)
class _Token:
    token: str
    parent: str | None
    revoked: bool
    updated_at: datetime


@dataclass(frozen=True)
class _SessionRow:
    id: UUID
    user_id: UUID
    created_at: datetime
    not_after: datetime | None
    banned_until: datetime | None


async def begin(conn: Connection, user_id: UUID, method: str, client: Client) -> Session:
    """A new session for a user who has just been authenticated by `method`."""
    session_id, token = uuid4(), _new_token()
    row = {"id": session_id, "user": user_id, "agent": client.user_agent, "ip": client.ip, "now": conn.now}
    await conn.execute(
        """
        insert into auth.sessions (id, user_id, aal, user_agent, ip, created_at, updated_at)
        values (%(id)s, %(user)s, 'aal1', %(agent)s, %(ip)s, %(now)s, %(now)s)
        """,
        row,
    )
    await _add_method(conn, session_id, method)
    await _keep_token(conn, token, None, session_id, user_id)
    await conn.execute("update auth.users set last_sign_in_at = %(now)s, updated_at = %(now)s where id = %(user)s", row)
    return Session(session_id, user_id, conn.now, ((method, conn.now),), token)


async def refresh(conn: Connection, token: str, client: Client) -> Session:
    """The session of a refresh token, with the token to use next. Raises Refusal."""
    token = token.replace("\x00", "")
    if not token:
        raise OAuthRefusal(400, "invalid_request", "refresh_token required")
    session = await _lock_session(conn, token)
    if session is None:
        raise Refusal(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
    if session.banned_until is not None and session.banned_until > conn.now:
        raise Refusal(400, "user_banned", "Invalid Refresh Token: User Banned")
    if session.not_after is not None and session.not_after < conn.now:
        raise Refusal(400, "session_expired", "Invalid Refresh Token: Session Expired")
    tokens = await _tokens(conn, session.id)
    current = next(one for one in tokens if one.token == token)
    active = next((one for one in tokens if not one.revoked), None)
    if current is active:
        following = await _rotate(conn, session, token, client)
    elif active and (active.parent == token or current.updated_at > conn.now - REUSE_INTERVAL):
        following = active.token
    else:
        await conn.execute("update auth.refresh_tokens set revoked = true where session_id = %s", [session.id])
        await conn.commit()
        raise Refusal(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
    return Session(session.id, session.user_id, session.created_at, await _methods(conn, session.id), following)


async def raise_to_aal2(conn: Connection, id: UUID, factor_id: UUID, client: Client) -> Session:
    """The session after its user's second factor was verified, with a new refresh token."""
    await _add_method(conn, id, "totp")
    await conn.execute("update auth.sessions set aal = 'aal2', factor_id = %s where id = %s", [factor_id, id])
    cursor = await conn.execute(
        "select token from auth.refresh_tokens where session_id = %s and not revoked order by id desc limit 1", [id]
    )
    row = await cursor.fetchone()
    session = await _lock_session(conn, row[0]) if row else None
    if row is None or session is None:
        raise Refusal(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    following = await _rotate(conn, session, row[0], client)
    return Session(id, session.user_id, session.created_at, await _methods(conn, id), following)


async def lower_to_aal1(conn: Connection, factor_id: UUID) -> None:
    """The sessions that this factor raised lack it again."""
    await conn.execute(
        """
        delete from auth.mfa_amr_claims where authentication_method = 'totp'
          and session_id in (select id from auth.sessions where factor_id = %s)
        """,
        [factor_id],
    )
    await conn.execute("update auth.sessions set aal = 'aal1', factor_id = null where factor_id = %s", [factor_id])


async def is_aal2(conn: Connection, id: UUID | None) -> bool:
    """Whether the session's user entered a second factor."""
    cursor = await conn.execute("select from auth.sessions where id = %s and aal >= 'aal2'", [id])
    return await cursor.fetchone() is not None


async def exists(conn: Connection, id: UUID) -> bool:
    """Whether that session is not signed out."""
    return await (await conn.execute("select from auth.sessions where id = %s", [id])).fetchone() is not None


async def began_at(conn: Connection, id: UUID) -> datetime | None:
    """When that session was signed in; None if it is signed out."""
    row = await (await conn.execute("select created_at from auth.sessions where id = %s", [id])).fetchone()
    return row[0] if row else None


async def end(conn: Connection, user_id: UUID, id: UUID | None, scope: Scope) -> None:
    """Signs out all sessions, this one, or all others. Refresh tokens are deleted with their sessions."""
    if scope == "global" or id is None:
        await conn.execute("delete from auth.sessions where user_id = %s", [user_id])
    elif scope == "local":
        await conn.execute("delete from auth.sessions where id = %s", [id])
    else:
        await conn.execute("delete from auth.sessions where user_id = %s and id <> %s", [user_id, id])


async def _lock_session(conn: Connection, token: str) -> _SessionRow | None:
    # The session's row is the lock; the tokens are read only after it.
    await conn.execute(
        """
        select from auth.sessions where id = (select session_id from auth.refresh_tokens where token = %s) for update
        """,
        [token],
    )
    async with conn.cursor(row_factory=class_row(_SessionRow)) as cursor:
        await cursor.execute(
            """
            select s.id, s.user_id, s.created_at, s.not_after, u.banned_until
            from auth.refresh_tokens as t
            join auth.sessions as s on s.id = t.session_id
            join auth.users as u on u.id = s.user_id
            where t.token = %s
            """,
            [token],
        )
        return await cursor.fetchone()


async def _add_method(conn: Connection, id: UUID, method: str) -> None:
    await conn.execute(
        """
        insert into auth.mfa_amr_claims (id, session_id, authentication_method, created_at, updated_at)
        values (%(id)s, %(session)s, %(method)s, %(now)s, %(now)s)
        on conflict on constraint mfa_amr_claims_session_id_authentication_method_pkey
        do update set updated_at = %(now)s
        """,
        {"id": uuid4(), "session": id, "method": method, "now": conn.now},
    )


async def _methods(conn: Connection, id: UUID) -> tuple[tuple[str, datetime], ...]:
    cursor = await conn.execute(
        """
        select authentication_method, updated_at from auth.mfa_amr_claims where session_id = %s
        order by updated_at desc
        """,
        [id],
    )
    return tuple((method, at) for method, at in await cursor.fetchall())


async def _tokens(conn: Connection, session_id: UUID) -> list[_Token]:
    async with conn.cursor(row_factory=class_row(_Token)) as cursor:
        await cursor.execute(
            """
            select token, parent, revoked, updated_at
            from auth.refresh_tokens where session_id = %s order by id desc
            """,
            [session_id],
        )
        return await cursor.fetchall()


async def _rotate(conn: Connection, session: _SessionRow, token: str, client: Client) -> str:
    following = _new_token()
    await conn.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = %s where token = %s", [conn.now, token]
    )
    await _keep_token(conn, following, token, session.id, session.user_id)
    await conn.execute(
        """
        update auth.sessions set refreshed_at = %(now)s at time zone 'utc', user_agent = %(agent)s, ip = %(ip)s,
          updated_at = %(now)s
        where id = %(id)s
        """,
        {"id": session.id, "agent": client.user_agent, "ip": client.ip, "now": conn.now},
    )
    return following


async def _keep_token(conn: Connection, token: str, parent: str | None, session_id: UUID, user_id: UUID) -> None:
    await conn.execute(
        """
        insert into auth.refresh_tokens (token, parent, session_id, user_id, revoked, created_at, updated_at)
        values (%s, %s, %s, %s, false, %s, %s)
        """,
        [token, parent, session_id, str(user_id), conn.now, conn.now],
    )


def _new_token() -> str:
    return secrets.token_urlsafe(9)
