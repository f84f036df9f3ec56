"""Mails that sign in without a password: `/recover`, `/otp`, `/magiclink`, and `/resend` for the other mails.

The responses do not tell whether there is a user of that address.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import flow_state, mails, passwords, people, registration
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User, checked_address
from stand_ins.supabase_auth.pkce import Challenge, challenge_of
from stand_ins.supabase_auth.project import Project, flag, json_body, json_object, project_of, text
from stand_ins.supabase_auth.redirects import redirect_target
from stand_ins.supabase_auth.refusals import Refusal, invalid
from stand_ins.supabase_auth.sign_up import request_confirmation

_RESENDABLE = ("signup", "email_change", "sms", "phone_change")


async def recover(request: Request) -> Response:
    """`POST /recover {email}`: a mail for a user who forgot their password."""
    project, body = project_of(request), await json_body(request)
    email, challenge = text(body, "email"), challenge_of(body)
    if not email:
        raise invalid("Password recovery requires an email")
    address = checked_address(email)
    async with await project.connect() as conn:
        user = await people.by_email(conn, address)
        if user is not None:
            if challenge is not None:
                await flow_state.begin(conn, "recovery", "recovery", challenge, user_id=user.id)
            await mails.send_recovery(project, conn, user, redirect_target(request), pkce=challenge is not None)
    return JSONResponse({})


async def magic_link(request: Request) -> Response:
    """`POST /otp` and `/magiclink {email, create_user, data}`: a mail that signs in, and signs up who is new."""
    project, body = project_of(request), await json_body(request)
    email, challenge = text(body, "email"), challenge_of(body)
    create_user, data = flag(body, "create_user", default=True), json_object(body, "data") or {}
    if text(body, "phone"):
        raise Refusal(400, "phone_provider_disabled", "Unsupported phone provider")
    if not email:
        raise invalid("One of email or phone must be set")
    address, redirect_to = checked_address(email), redirect_target(request)
    async with await project.connect() as conn:
        user = await people.by_email(conn, address)
        if user is None:
            if not create_user:
                raise Refusal(422, "otp_disabled", "Signups not allowed for otp")
            user = await _sign_up(project, conn, address, data)
        if user.confirmed_at is None:
            await request_confirmation(project, conn, user, redirect_to, challenge)
        else:
            await _send_magic_link(project, conn, user, redirect_to, challenge)
    return JSONResponse({})


async def resend(request: Request) -> Response:
    """`POST /resend {type, email}`: sends the mail of a sign-up or of a change of address again."""
    project, body = project_of(request), await json_body(request)
    email, mail_type = text(body, "email"), text(body, "type")
    if mail_type not in _RESENDABLE:
        raise invalid(f"Missing one of these types: {', '.join(_RESENDABLE)}")
    if not email:
        raise invalid("Type provided requires an email address" if mail_type == "signup" else "Missing email address")
    address, redirect_to = checked_address(email), redirect_target(request)
    async with await project.connect() as conn:
        user = await people.by_email(conn, address)
        if user is not None and mail_type == "signup" and user.confirmed_at is None:
            await mails.send_confirmation(project, conn, user, redirect_to)
        if user is not None and mail_type == "email_change" and user.email_change:
            await mails.send_email_change(project, conn, user, user.email_change, redirect_to)
    return JSONResponse({})


async def _sign_up(project: Project, conn: Connection, address: str, data: dict[str, object]) -> User:
    # GoTrue's way: an unknown password, which `/recover` replaces.
    confirmed = not project.confirm_email
    user_id = await registration.sign_up(conn, address, passwords.random(), data, confirmed=confirmed)
    return await people.require(conn, user_id)


async def _send_magic_link(
    project: Project, conn: Connection, user: User, redirect_to: str, challenge: Challenge | None
) -> None:
    if challenge is not None:
        await flow_state.begin(conn, "magiclink", "magiclink", challenge, user_id=user.id)
    await mails.send_magic_link(project, conn, user, redirect_to, pkce=challenge is not None)
