"""The user whose access token a request brings."""

from uuid import UUID

import jwt
from starlette.requests import Request

from stand_ins.supabase_auth import people, sessions
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import project_of
from stand_ins.supabase_auth.refusals import Refusal


async def require_user(request: Request, conn: Connection) -> tuple[User, UUID | None]:
    """The token's user and session. Raises Refusal if the token is not ours, or its session was signed out."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        claims = project_of(request).signer.claims(token.strip())
        user_id = UUID(claims["sub"])
        session_id = UUID(claims["session_id"]) if claims.get("session_id") else None
    except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError) as error:
        reason = "token is expired" if isinstance(error, jwt.ExpiredSignatureError) else "token is invalid"
        message = f"invalid JWT: unable to parse or verify signature, {reason}"
        raise Refusal(403, "bad_jwt", message) from None
    user = await people.by_id(conn, user_id)
    if user is None:
        raise Refusal(403, "user_not_found", "User from sub claim in JWT does not exist")
    if session_id is not None and not await sessions.exists(conn, session_id):
        raise Refusal(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return user, session_id
