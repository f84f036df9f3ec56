"""Shared by all routes of the stand-in: the project, a request's body, and a session's response."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request

from stand_ins.supabase_auth import people
from stand_ins.supabase_auth.connection import Connection, connect
from stand_ins.supabase_auth.refusals import Refusal
from stand_ins.supabase_auth.sessions import Session
from stand_ins.supabase_auth.signer import LIFETIME, Signer
from stand_ins.supabase_auth.user_json import user_json


@dataclass(frozen=True)
class Project:
    """The settings of a Supabase project that signing in needs."""

    database_url: str
    """For a role that may write `auth.*`."""
    signer: Signer
    address: str
    """The address before `/auth/v1`."""
    site_url: str
    """The target of links in mails, unless a request names another allowed one."""
    confirm_email: bool
    outbox: Path
    """The folder in which mail is stored."""
    secret_key: str = field(repr=False)
    """The key of the admin routes."""

    async def connect(self) -> Connection:
        """A connection for one request, to be closed by `async with`."""
        return await connect(self.database_url)


def project_of(request: Request) -> Project:
    """The project whose app serves this request."""
    project: Project = request.app.state.project
    return project


async def session_response(project: Project, conn: Connection, session: Session) -> dict[str, Any]:
    """GoTrue's response with a session. Its access token lives by real time, because verifiers know no other."""
    user = await people.require(conn, session.user_id)
    access_token = project.signer.token(
        user.id,
        user.email,
        session_id=str(session.id),
        aal=session.aal,
        amr=[{"method": method, "timestamp": int(at.timestamp())} for method, at in session.methods],
        app_metadata=user.raw_app_meta_data or {},
        user_metadata=user.raw_user_meta_data or {},
        is_anonymous=user.is_anonymous,
    )
    return {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": LIFETIME,
        "expires_at": project.signer.claims(access_token)["exp"],
        "refresh_token": session.refresh_token,
        "user": await user_json(conn, user),
    }


async def json_body(request: Request) -> dict[str, Any]:
    """The body, an object. Raises Refusal for anything else."""
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise bad_json() from None
    if not isinstance(body, dict):
        raise bad_json()
    return body


def text(body: dict[str, Any], field: str) -> str:
    """A text field, empty if it is missing. Raises Refusal for another type."""
    value = body.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise bad_json()
    # Half a surrogate pair is valid JSON but not text.
    return value.encode(errors="replace").decode()


def json_object(body: dict[str, Any], field: str) -> dict[str, Any] | None:
    """A field that holds an object, None if it is missing. Raises Refusal for another type."""
    value = body.get(field)
    if value is not None and not isinstance(value, dict):
        raise bad_json()
    return value


def flag(body: dict[str, Any], field: str, *, default: bool) -> bool:
    """A field that holds true or false, `default` if it is missing. Raises Refusal for another type."""
    value = body.get(field)
    if value is not None and not isinstance(value, bool):
        raise bad_json()
    return default if value is None else value


def bad_json() -> Refusal:
    """The error of a body that the route does not accept."""
    return Refusal(400, "bad_json", "Could not parse request body as JSON")
