"""Shared by all routes of the stand-in: the project, a connection, the request's body, and a session's response."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from starlette.requests import Request

from local.supabase_auth import people
from local.supabase_auth.people import Person
from local.supabase_auth.refusals import Refusal
from local.supabase_auth.sessions import Session
from local.supabase_auth.signer import LIFETIME, Signer


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

    async def connect(self) -> AsyncConnection:
        """A connection for one request: sign-ins are rare, and none is left open when Postgres restarts."""
        return await AsyncConnection.connect(self.database_url, connect_timeout=3)


def project_of(request: Request) -> Project:
    """The project whose app serves this request."""
    project: Project = request.app.state.project
    return project


async def granted(project: Project, conn: AsyncConnection, session: Session, method: str) -> dict[str, Any]:
    """GoTrue's response with a session; `method` is the authentication method (`password`, `otp`)."""
    person = await existing_person(conn, session.user_id)
    access_token = project.signer.token(
        person.id,
        person.email,
        session_id=str(session.id),
        amr=[{"method": method, "timestamp": int(session.created_at.timestamp())}],
        app_metadata=person.raw_app_meta_data or {},
        user_metadata=person.raw_user_meta_data or {},
        is_anonymous=person.is_anonymous,
    )
    return {
        "access_token": access_token,
        "token_type": "bearer",
        "expires_in": LIFETIME,
        "expires_at": project.signer.claims(access_token)["exp"],
        "refresh_token": session.refresh_token,
        "user": await people.shown(conn, person),
    }


async def existing_person(conn: AsyncConnection, id: UUID) -> Person:
    """The user with that id. Raises Refusal if there is none."""
    person = await people.by_id(conn, id)
    if person is None:
        raise Refusal(400, "user_not_found", "User not found")
    return person


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


def bad_json() -> Refusal:
    """The error of a body that the route does not accept."""
    return Refusal(400, "bad_json", "Could not parse request body as JSON")
