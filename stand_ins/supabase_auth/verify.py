"""`/verify`: the link or the code of a mail. GET is the link and redirects; POST answers with a session."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from stand_ins.supabase_auth import flow_state, one_time_tokens, people, profile_updates, registration, sessions
from stand_ins.supabase_auth.client import client_of
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.one_time_tokens import PKCE_PREFIX, TokenType, UsedToken
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import Project, json_body, project_of, session_response, text
from stand_ins.supabase_auth.redirects import redirect_target, with_error, with_fragment, with_query
from stand_ins.supabase_auth.refusals import Refusal, invalid

# The tokens that each type of verification accepts.
_TOKEN_TYPES: dict[str, tuple[TokenType, ...]] = {
    "signup": ("confirmation_token",),
    "invite": ("confirmation_token",),
    "recovery": ("recovery_token",),
    "magiclink": ("recovery_token",),
    "email": ("confirmation_token", "recovery_token"),
    "email_change": ("email_change_token_new", "email_change_token_current"),
}
# The method of a session after a link with a code, if it differs from the type.
_METHODS = {"signup": "email/signup", "email": "magiclink"}
_FIRST_OF_TWO = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
_EXPIRED_LINK = "Email link is invalid or has expired"
_EXPIRED_CODE = "Token has expired or is invalid"


@dataclass(frozen=True)
class _Proof:
    """The proof of an address: the kind of verification, and the possible hashes of its token."""

    verification: str
    token_hashes: tuple[str, ...]
    error_message: str


async def follow_link(request: Request) -> Response:
    """`GET /verify?token=…&type=…&redirect_to=…`: 303 to the app with a session, a code or an error."""
    project, query = project_of(request), request.query_params
    verification, token_hash = query.get("type", ""), query.get("token") or query.get("token_hash") or ""
    if not verification:
        raise invalid("Verify requires a verification type")
    if not token_hash:
        raise invalid("Verify requires a token or a token hash")
    target, pkce = redirect_target(request), token_hash.startswith(PKCE_PREFIX)
    try:
        async with await project.connect() as conn:
            user = await _verify(project, conn, _Proof(verification, (token_hash,), _EXPIRED_LINK))
            if user is None:
                fields = {"message": _FIRST_OF_TWO}
                address = with_fragment(with_query(target, fields) if pkce else target, fields)
            elif pkce:
                code = await flow_state.issue_code(conn, user.id, _METHODS.get(verification, verification))
                address = with_query(target, {"code": code})
            else:
                session = await sessions.begin(conn, user.id, "otp", client_of(request))
                address = session_address(target, await session_response(project, conn, session), type=verification)
    except Refusal as refusal:
        address = with_error(target, refusal, in_query=pkce)
    return RedirectResponse(address, 303)


async def verify(request: Request) -> Response:
    """`POST /verify {type, token_hash}` or `{type, email, token}`, the code of the mail: a session."""
    project, body = project_of(request), await json_body(request)
    verification, email = text(body, "type"), text(body, "email")
    code, token_hash = text(body, "token"), text(body, "token_hash")
    if not verification:
        raise invalid("Verify requires a verification type")
    if bool(code) == bool(token_hash):
        raise invalid("Verify requires either a token or a token hash")
    if code and not email:
        raise invalid("Only an email address or phone number should be provided on verify")
    if token_hash and email:
        raise invalid("Only the token_hash and type should be provided")
    proof = _Proof(verification, (token_hash,), _EXPIRED_LINK)
    if code:
        plain = one_time_tokens.hash_of(email.strip().lower(), code)
        proof = _Proof(verification, (plain, PKCE_PREFIX + plain), _EXPIRED_CODE)
    async with await project.connect() as conn:
        user = await _verify(project, conn, proof)
        if user is None:
            return JSONResponse({"msg": _FIRST_OF_TWO, "code": "200"})
        session = await sessions.begin(conn, user.id, "otp", client_of(request))
        return JSONResponse(await session_response(project, conn, session))


def session_address(target: str, session: dict[str, Any], **more: str) -> str:
    """The address with a session in its fragment (OAuth's implicit flow)."""
    names = ("access_token", "expires_at", "expires_in", "refresh_token", "token_type")
    return with_fragment(target, {**{name: session[name] for name in names}, **more})


async def _verify(project: Project, conn: Connection, proof: _Proof) -> User | None:
    """Uses the token up; the user it verifies, None if the other address of a change has to be verified first."""
    token_types = _TOKEN_TYPES.get(proof.verification)
    if token_types is None:
        raise invalid("Invalid email verification type")
    token = await one_time_tokens.use(conn, proof.token_hashes, token_types)
    user = await people.by_id(conn, token.user_id) if token else None
    if token is None or user is None:
        raise Refusal(403, "otp_expired", proof.error_message)
    if user.is_banned(conn.now):
        raise Refusal(403, "user_banned", "User is banned")
    if proof.verification == "email_change":
        if not await _change_email(project, conn, token):
            return None
    else:
        await registration.confirm(conn, user.id)
    return await people.require(conn, user.id)


async def _change_email(project: Project, conn: Connection, token: UsedToken) -> bool:
    """Changes the address once both mails were answered; without confirmation of addresses one is enough."""
    await people.lock(conn, token.user_id)
    user = await people.require(conn, token.user_id)
    if not user.email_change:
        raise Refusal(403, "otp_expired", _EXPIRED_LINK)
    if project.confirm_email and user.email and user.email_change_confirm_status == 0:
        await conn.execute("update auth.users set email_change_confirm_status = 1 where id = %s", [user.id])
        return False
    if not await profile_updates.set_email(conn, user.id, user.email_change, verified=True):
        raise Refusal(422, "email_exists", "A user with this email address has already been registered")
    return True
