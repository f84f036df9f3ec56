"""Confirming an address by mail: the mail, sending it again, and the link or the code in it.

As GoTrue does it (supabase/auth, internal/api/verify.go and resend.go): the token is the hash of address and code,
valid once and for an hour; a new mail replaces the previous one. Mail is stored in the stack's outbox. GoTrue's rate
limits of mail are left out.
"""

import hashlib
import secrets
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from urllib.parse import urlencode, urlsplit

from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from local import outbox
from local.supabase_auth import people, sessions
from local.supabase_auth.people import Person
from local.supabase_auth.project import Project, granted, json_body, project_of, text
from local.supabase_auth.refusals import Refusal

LINK_SECONDS = 3600  # Supabase's default, "Email OTP expiration"
SENDER = "Supabase Auth <auth@mail.example>"
_RESENDABLE = ("signup", "email_change", "sms", "phone_change")
_BY_CONFIRMATION = ("signup", "email")  # the types that a confirmation's token verifies


async def send(project: Project, conn: AsyncConnection, person: Person, redirect_to: str) -> None:
    """Stores the mail with a new link and a new code in the outbox; the link redirects to `redirect_to`."""
    address = str(person.email)
    code = f"{secrets.randbelow(1_000_000):06}"
    token_hash = _hashed(address, code)
    await conn.execute(
        "update auth.users set confirmation_token = %s, confirmation_sent_at = now(), updated_at = now() where id = %s",
        [token_hash, person.id],
    )
    query = urlencode({"token": token_hash, "type": "signup", "redirect_to": redirect_to})
    link = f"{project.address}/auth/v1/verify?{query}"
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, address, "Confirm Your Signup"
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail.set_content(
        f"Confirm your signup\n\nFollow this link to confirm your user:\n{link}\n\nOr enter the code: {code}\n"
    )
    mail.add_alternative(
        "<h2>Confirm your signup</h2>\n<p>Follow this link to confirm your user:</p>\n"
        f'<p><a href="{escape(link)}">Confirm your mail</a></p>\n<p>Or enter the code: {code}</p>\n',
        subtype="html",
    )
    outbox.keep(project.outbox, address, bytes(mail))


async def resend(request: Request) -> Response:
    """`POST /resend {type, email}`: sends the mail again; the response does not reveal whether there was one."""
    project, body = project_of(request), await json_body(request)
    email, kind = text(body, "email"), text(body, "type")
    if kind not in _RESENDABLE:
        raise _invalid(f"Missing one of these types: {', '.join(_RESENDABLE)}")
    if not email:
        raise _invalid("Type provided requires an email address" if kind == "signup" else "Missing email address")
    people.checked_address(email)
    async with await project.connect() as conn:
        person = await people.by_email(conn, email)
        if person is not None and person.confirmed_at is None and kind == "signup":
            await send(project, conn, person, where_to(request))
    return JSONResponse({})


async def follow_link(request: Request) -> Response:
    """`GET /verify?token=…&type=signup&redirect_to=…`: 303 to the app, with a session or the error in the fragment."""
    project, query = project_of(request), request.query_params
    kind, token_hash = query.get("type", ""), query.get("token") or query.get("token_hash") or ""
    if not kind:
        raise _invalid("Verify requires a verification type")
    if not token_hash:
        raise _invalid("Verify requires a token or a token hash")
    try:
        async with await project.connect() as conn:
            person = await _by_token_hash(conn, token_hash, kind)
            session = await _confirmed(project, conn, person)
        fields = {name: session[name] for name in ("access_token", "expires_at", "expires_in", "refresh_token")}
        fields |= {"token_type": "bearer", "type": kind}
    except Refusal as refusal:
        fields = {"error": "access_denied", "error_code": refusal.code, "error_description": refusal.message, "sb": ""}
    return RedirectResponse(f"{where_to(request)}#{urlencode(fields)}", 303)


async def verify(request: Request) -> Response:
    """`POST /verify {type, token_hash}` or `{type, email, token}`, the code of the mail: a session."""
    project, body = project_of(request), await json_body(request)
    kind, email = text(body, "type"), text(body, "email")
    code, token_hash = text(body, "token"), text(body, "token_hash")
    if not kind:
        raise _invalid("Verify requires a verification type")
    if bool(code) == bool(token_hash):
        raise _invalid("Verify requires either a token or a token hash")
    if code and not email:
        raise _invalid("Only an email address or phone number should be provided on verify")
    if token_hash and email:
        raise _invalid("Only the token_hash and type should be provided")
    async with await project.connect() as conn:
        try:
            person = await _by_token_hash(conn, token_hash or _hashed(email.strip().lower(), code), kind)
        except Refusal as refusal:
            if code and refusal.code == "otp_expired":
                raise Refusal(403, "otp_expired", "Token has expired or is invalid") from None
            raise
        return JSONResponse(await _confirmed(project, conn, person))


def where_to(request: Request) -> str:
    """The final target of a link: `redirect_to` if it is allowed, else the site.

    Allowed are the site, the stack, and every port of this machine, where a frontend's own server may be.
    """
    project = project_of(request)
    wanted = request.query_params.get("redirect_to") or request.headers.get("redirect_to") or ""
    try:
        asked = urlsplit(wanted)
        own = {urlsplit(project.site_url)[:2], urlsplit(project.address)[:2]}
        here = asked.scheme in ("http", "https") and asked.hostname in ("localhost", "127.0.0.1", "::1")
        allowed = bool(wanted) and (asked[:2] in own or here)
    except ValueError:
        allowed = False
    return wanted.partition("#")[0] if allowed else project.site_url


async def _by_token_hash(conn: AsyncConnection, token_hash: str, kind: str) -> Person:
    if kind not in (*_BY_CONFIRMATION, "recovery", "magiclink", "invite", "email_change"):
        raise _invalid("Invalid email verification type")
    cursor = await conn.execute(
        """
        select id from auth.users
        where confirmation_token = %s and confirmation_sent_at > now() - make_interval(secs => %s)
        for update
        """,
        [token_hash.replace("\x00", ""), LINK_SECONDS],
    )
    row = await cursor.fetchone() if kind in _BY_CONFIRMATION else None
    person = await people.by_id(conn, row[0]) if row else None
    if person is None:
        raise Refusal(403, "otp_expired", "Email link is invalid or has expired")
    return person


async def _confirmed(project: Project, conn: AsyncConnection, person: Person) -> dict[str, object]:
    await people.confirm(conn, person.id)
    return await granted(project, conn, await sessions.begin(conn, person.id), "otp")


def _hashed(address: str, code: str) -> str:
    return hashlib.sha224(f"{address}{code}".encode()).hexdigest()


def _invalid(message: str) -> Refusal:
    return Refusal(400, "validation_failed", message)
