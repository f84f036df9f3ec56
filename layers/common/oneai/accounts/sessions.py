"""Sessions: list where a user is signed in, and end one session or all.

A session that is ended here is refused immediately, with its access token: every request checks for its row
(`oneai.check_account`). Supabase alone would accept the token until it expires.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import log
from oneai.accounts.sign_in import session_of
from oneai.clients import supabase_auth_api
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import NotFound, OneAIError
from oneai.postgres import db


class Session(BaseModel):
    """A session of Supabase Auth that can still be used."""

    id: UUID = Field(description="The session's id, as in its access tokens.")
    created_at: datetime = Field(description="When the user signed in.")
    last_used_at: datetime = Field(description="When it last received an access token, about once an hour.")
    user_agent: str | None = Field(description="The browser or program, as it identifies itself.")
    ip: str | None = Field(description="The address of its last request.")
    current: bool = Field(description="Whether it is the session of this request.")


class SessionList(BaseModel):
    """Where the user is signed in."""

    items: list[Session] = Field(description="The sessions, most recently used first; at most 200.")


class SignOut(BaseModel):
    """The body of `POST /api/auth/sign-out`; optional."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scope: Literal["session", "all"] = Field(default="session", description="This session, or all of the user's.")


async def list_sessions(user: UserPrincipal) -> SessionList:
    """The user's sessions that have not ended."""
    (rows,) = await db.call(
        "select coalesce(json_agg(s), '[]') from oneai.list_sessions(%s) as s", [user.user_id], idempotent=True
    )
    current = session_of(user)
    return SessionList(items=[Session(**row, current=UUID(row["id"]) == current) for row in rows])


async def end_session(user: UserPrincipal, session_id: UUID) -> None:
    """Ends a session of the user immediately. Idempotent. Raises NotFound if the user has no session with this id."""
    (ended,) = await db.call("select oneai.end_session(%s, %s)", [user.user_id, session_id], idempotent=True)
    if not ended:
        raise NotFound


async def sign_out(user: UserPrincipal, access_token: str, scope: Literal["session", "all"]) -> None:
    """Ends this session, or all of the user's sessions, immediately, and stops Supabase from refreshing them.

    The sessions end even if Supabase is unavailable: their tokens are no longer accepted here.
    """
    everywhere = scope == "all"
    await db.call("select oneai.sign_out(%s, %s, %s)", [user.user_id, session_of(user), everywhere], idempotent=True)
    try:
        await supabase_auth_api.log_out(access_token, "global" if everywhere else "local")
    except OneAIError as error:
        log.warning("a sign-out did not reach Supabase", code=error.code, scope=scope)
