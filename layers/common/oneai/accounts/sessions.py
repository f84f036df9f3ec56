"""Sessions: where a user is signed in, and ending one of them, this one or all.

A session that was ended here is refused at once, its access token included, by a row that every request checks
(`oneai.check_account`); Supabase itself would let the token live until it expires.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import log
from oneai.accounts.sign_in import session_of
from oneai.clients import supabase_auth_api
from oneai.clients.supabase_auth import Principal
from oneai.errors import NotFound, OneAIError
from oneai.postgres import db


class Session(BaseModel):
    """A session of Supabase Auth that can still be used."""

    id: UUID = Field(description="The session's id, which its access tokens name.")
    created_at: datetime = Field(description="When the user signed in.")
    last_used_at: datetime = Field(description="When an access token was last made for it, about once an hour.")
    user_agent: str | None = Field(description="The browser or program, as it names itself.")
    ip: str | None = Field(description="The address it came from last.")
    current: bool = Field(description="Whether it is the session of this request.")


class SessionList(BaseModel):
    """Where the user is signed in."""

    items: list[Session] = Field(description="The sessions, the one used last first; two hundred at most.")


class SignOut(BaseModel):
    """The body of `POST /api/auth/sign-out`, which may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scope: Literal["session", "all"] = Field(default="session", description="This session, or all of the user's.")


async def list_sessions(user: Principal) -> SessionList:
    """The user's sessions that have not ended."""
    (rows,) = await db.call(
        "select coalesce(json_agg(s), '[]') from oneai.list_sessions(%s) as s", [user.user_id], idempotent=True
    )
    current = session_of(user)
    return SessionList(items=[Session(**row, current=UUID(row["id"]) == current) for row in rows])


async def end_session(user: Principal, session_id: UUID) -> None:
    """Ends a session of the user, at once; again changes nothing. Raises NotFound where they have none of this id."""
    (ended,) = await db.call("select oneai.end_session(%s, %s)", [user.user_id, session_id], idempotent=True)
    if not ended:
        raise NotFound


async def sign_out(user: Principal, access_token: str, scope: Literal["session", "all"]) -> None:
    """Ends this session, or all of the user's, at once, and refreshing them at Supabase.

    While Supabase is unavailable the sessions are ended all the same: no token of them is accepted here any more.
    """
    everywhere = scope == "all"
    await db.call("select oneai.sign_out(%s, %s, %s)", [user.user_id, session_of(user), everywhere], idempotent=True)
    try:
        await supabase_auth_api.log_out(access_token, "global" if everywhere else "local")
    except OneAIError as error:
        log.warning("a sign-out did not reach Supabase", code=error.code, scope=scope)
