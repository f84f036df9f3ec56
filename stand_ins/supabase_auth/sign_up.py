"""`POST /signup`: a new user with an address and a password."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import flow_state, mails, people, registration, sessions
from stand_ins.supabase_auth.client import client_of
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.pkce import Challenge, challenge_of
from stand_ins.supabase_auth.project import Project, json_body, json_object, project_of, session_response, text
from stand_ins.supabase_auth.redirects import redirect_target
from stand_ins.supabase_auth.refusals import Refusal
from stand_ins.supabase_auth.user_json import obfuscated_user_json, user_json


async def sign_up(request: Request) -> Response:
    """A session at once; with confirmation on, a user without tokens, and a mail."""
    project, body = project_of(request), await json_body(request)
    email, password = text(body, "email"), text(body, "password")
    data, challenge = json_object(body, "data") or {}, challenge_of(body)
    if not email:
        if text(body, "phone"):
            raise Refusal(400, "phone_provider_disabled", "Phone signups are disabled")
        raise Refusal(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    async with await project.connect() as conn:
        try:
            user_id = await registration.sign_up(conn, email, password, data, confirmed=not project.confirm_email)
        except Refusal as refusal:
            if refusal.code != "user_already_exists" or not project.confirm_email:
                raise
            await conn.rollback()
            earlier = await people.by_email(conn, email)
            if earlier is None or earlier.confirmed_at is not None:
                return JSONResponse(obfuscated_user_json(email, data, conn.now))
            user_id = earlier.id
        if not project.confirm_email:
            session = await sessions.begin(conn, user_id, "password", client_of(request))
            return JSONResponse(await session_response(project, conn, session))
        user = await people.require(conn, user_id)
        await request_confirmation(project, conn, user, redirect_target(request), challenge)
        return JSONResponse(await user_json(conn, await people.require(conn, user_id)))


async def request_confirmation(
    project: Project, conn: Connection, user: User, redirect_to: str, challenge: Challenge | None
) -> None:
    """Mails a new user the link that confirms their address; with a challenge it leads to a code."""
    if challenge is not None:
        await flow_state.begin(conn, "email", "email/signup", challenge, user_id=user.id)
    await mails.send_confirmation(project, conn, user, redirect_to, pkce=challenge is not None)
