"""The signed-in user: `GET` and `PUT /user`, `GET /reauthenticate`, `POST /logout`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import flow_state, mails, one_time_tokens, passwords, people, profile_updates, sessions
from stand_ins.supabase_auth.bearer import require_user
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User, checked_address
from stand_ins.supabase_auth.pkce import Challenge, challenge_of
from stand_ins.supabase_auth.project import json_body, json_object, project_of, text
from stand_ins.supabase_auth.redirects import redirect_target
from stand_ins.supabase_auth.refusals import Refusal
from stand_ins.supabase_auth.user_json import user_json

# With `secure_password_change`, as in supabase/config.toml, an older session needs a code from a mail.
RECENT_SIGN_IN = timedelta(hours=24)


@dataclass(frozen=True)
class _Changes:
    email: str
    password: str | None
    nonce: str
    data: dict[str, Any] | None
    challenge: Challenge | None


async def get_user(request: Request) -> Response:
    """`GET /user`: the token's user, unless their session was signed out."""
    async with await project_of(request).connect() as conn:
        user, _ = await require_user(request, conn)
        return JSONResponse(await user_json(conn, user))


async def update_user(request: Request) -> Response:
    """`PUT /user {email, password, data, nonce}`: a new address needs confirming, all else is changed at once."""
    project, body = project_of(request), await json_body(request)
    async with await project.connect() as conn:
        user, session_id = await require_user(request, conn)
        changes = _changes(body)
        if (changes.email or changes.password is not None) and await _lacks_second_factor(conn, user, session_id):
            message = "AAL2 session is required to update email or password when MFA is enabled."
            raise Refusal(401, "insufficient_aal", message)
        changes_email = bool(changes.email) and changes.email != user.email
        other = await people.by_email(conn, changes.email) if changes_email else None
        if other is not None:
            raise Refusal(422, "email_exists", "A user with this email address has already been registered")
        if changes.password is not None:
            await _change_password(conn, user, session_id, changes.password, changes.nonce)
        if changes.data is not None:
            await profile_updates.merge_user_metadata(conn, user.id, changes.data)
        if changes_email:
            pkce = changes.challenge is not None
            if pkce:
                await flow_state.begin(conn, "email_change", "email_change", changes.challenge, user_id=user.id)
            await mails.send_email_change(project, conn, user, changes.email, redirect_target(request), pkce=pkce)
        return JSONResponse(await user_json(conn, await people.require(conn, user.id)))


async def reauthenticate(request: Request) -> Response:
    """`GET /reauthenticate`: mails the code that a change of password needs after a day."""
    project = project_of(request)
    async with await project.connect() as conn:
        user, _ = await require_user(request, conn)
        if user.confirmed_at is None:
            raise Refusal(422, "email_not_confirmed", "Please verify your email first.")
        await mails.send_reauthentication(project, conn, user)
    return JSONResponse({})


async def log_out(request: Request) -> Response:
    """`POST /logout?scope=global|local|others`."""
    async with await project_of(request).connect() as conn:
        user, session_id = await require_user(request, conn)
        match request.query_params.get("scope", "") or "global":
            case "global" | "local" | "others" as scope:
                await sessions.end(conn, user.id, session_id, scope)
            case unknown:
                raise Refusal(400, "validation_failed", f'Unsupported logout scope "{unknown}"')
    return Response(status_code=204)


def _changes(body: dict[str, Any]) -> _Changes:
    if body.get("app_metadata") is not None:
        raise Refusal(403, "not_admin", "Updating app_metadata requires admin privileges")
    if text(body, "phone"):
        raise Refusal(400, "phone_provider_disabled", "Unsupported phone provider")
    email = text(body, "email")
    password = text(body, "password") if body.get("password") is not None else None
    if password is not None:
        passwords.check(password)
    return _Changes(
        email=checked_address(email) if email else "",
        password=password,
        nonce=text(body, "nonce"),
        data=json_object(body, "data"),
        challenge=challenge_of(body),
    )


async def _lacks_second_factor(conn: Connection, user: User, session_id: UUID | None) -> bool:
    query = "select from auth.mfa_factors where user_id = %s and status = 'verified'"
    has_factor = await (await conn.execute(query, [user.id])).fetchone() is not None
    return has_factor and not await sessions.is_aal2(conn, session_id)


async def _change_password(conn: Connection, user: User, session_id: UUID | None, password: str, nonce: str) -> None:
    began_at = await sessions.began_at(conn, session_id) if session_id else None
    if began_at is None or began_at + RECENT_SIGN_IN < conn.now:
        await _require_nonce(conn, user, nonce)
    if user.encrypted_password and await passwords.matches(password, user.encrypted_password):
        raise Refusal(422, "same_password", "New password should be different from the old password.")
    await profile_updates.set_password(conn, user.id, password, keep_session=session_id)


async def _require_nonce(conn: Connection, user: User, nonce: str) -> None:
    if not nonce:
        raise Refusal(400, "reauthentication_needed", "Password update requires reauthentication")
    hashes = (one_time_tokens.hash_of(user.email or "", nonce),)
    token = await one_time_tokens.use(conn, hashes, ("reauthentication_token",))
    if token is None or token.user_id != user.id:
        raise Refusal(422, "reauthentication_not_valid", "Nonce has expired or is invalid")
