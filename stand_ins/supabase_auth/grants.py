"""`POST /token`: a session for a password, a refresh token, or the code of a sign-in elsewhere (PKCE)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import flow_state, people, sessions
from stand_ins.supabase_auth.client import client_of
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.project import json_body, project_of, session_response, text
from stand_ins.supabase_auth.refusals import Refusal, invalid


async def token(request: Request) -> Response:
    """`grant_type` in the query is `password`, `refresh_token` or `pkce`."""
    grant = request.query_params.get("grant_type")
    if grant not in ("password", "refresh_token", "pkce"):
        raise Refusal(400, "invalid_credentials", "unsupported_grant_type")
    body = await json_body(request)
    async with await project_of(request).connect() as conn:
        match grant:
            case "password":
                response = await _password(request, conn, body)
            case "refresh_token":
                session = await sessions.refresh(conn, text(body, "refresh_token"), client_of(request))
                response = await session_response(project_of(request), conn, session)
            case "pkce":
                response = await _pkce(request, conn, body)
        return JSONResponse(response)


async def _password(request: Request, conn: Connection, body: dict[str, Any]) -> dict[str, Any]:
    email, phone = text(body, "email"), text(body, "phone")
    if email and phone:
        raise invalid("Only an email address or phone number should be provided on login.")
    if phone:
        raise Refusal(422, "phone_provider_disabled", "Phone logins are disabled")
    if not email:
        raise invalid("missing email or phone")
    user = await people.with_password(conn, email, text(body, "password"))
    session = await sessions.begin(conn, user.id, "password", client_of(request))
    return await session_response(project_of(request), conn, session)


async def _pkce(request: Request, conn: Connection, body: dict[str, Any]) -> dict[str, Any]:
    flow = await flow_state.exchange(conn, text(body, "auth_code"), text(body, "code_verifier"))
    assert flow.user_id is not None  # noqa: S101 - `exchange` returns finished flows only
    session = await sessions.begin(conn, flow.user_id, flow.authentication_method, client_of(request))
    response = await session_response(project_of(request), conn, session)
    if flow.provider_access_token:
        response["provider_token"] = flow.provider_access_token
    return response
