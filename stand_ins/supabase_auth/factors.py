"""Second factors: `/factors`, where a user adds, verifies and removes an authenticator app (TOTP).

As GoTrue does it (supabase/auth, internal/api/mfa.go): a factor counts once a code of it was verified, which raises the
session to `aal2` and ends the user's sessions below it. A session that should add another factor, or remove a verified
one, is `aal2`. Codes are those of real time, because authenticator apps know no other.
"""

import json
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import mails, people, sessions, totp
from stand_ins.supabase_auth.bearer import require_user
from stand_ins.supabase_auth.client import client_of
from stand_ins.supabase_auth.config import CONFIG
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import Project, json_body, project_of, session_response, text
from stand_ins.supabase_auth.refusals import Refusal, invalid
from stand_ins.supabase_auth.secret_key import require_secret_key
from stand_ins.supabase_auth.user_json import factors_json

MAX_FACTORS = 10
CHALLENGE_LIFETIME = timedelta(minutes=5)
# An unverified factor without a challenge is removed after this time.
_FACTOR_RETENTION = timedelta(minutes=5)
# The project's own hook, as it is deployed: `pg-functions://postgres/SCHEMA/FUNCTION`.
_HOOK = CONFIG["auth"]["hook"]["mfa_verification_attempt"]
_HOOK_FUNCTION = sql.Identifier(*_HOOK["uri"].removeprefix("pg-functions://postgres/").split("/"))


@dataclass(frozen=True)
class _Factor:
    id: UUID
    user_id: UUID
    status: str
    secret: str

    @property
    def is_verified(self) -> bool:
        return self.status == "verified"


@dataclass(frozen=True)
class _Challenge:
    id: UUID
    created_at: datetime
    verified_at: datetime | None
    ip: str


async def enroll(request: Request) -> Response:
    """`POST /factors {factor_type: "totp", friendly_name, issuer}`: an unverified factor with its secret."""
    project, body = project_of(request), await json_body(request)
    factor_type, name = text(body, "factor_type"), text(body, "friendly_name")
    if factor_type in ("phone", "webauthn"):
        label = {"phone": "Phone", "webauthn": "WebAuthn"}[factor_type]
        raise Refusal(422, f"mfa_{factor_type}_enroll_not_enabled", f"MFA enroll is disabled for {label}")
    if factor_type != "totp":
        raise invalid("factor_type needs to be totp, phone, or webauthn")
    async with await project.connect() as conn:
        user, session_id = await require_user(request, conn)
        await people.lock(conn, user.id)
        await _check_new(conn, user, session_id, name)
        factor_id, secret = uuid4(), totp.new_secret()
        await conn.execute(
            """
            insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret,
                                          created_at, updated_at)
            values (%(id)s, %(user)s, %(name)s, 'totp', 'unverified', %(secret)s, %(now)s, %(now)s)
            """,
            {"id": factor_id, "user": user.id, "name": name, "secret": secret, "now": conn.now},
        )
    uri = totp.address(secret, text(body, "issuer") or project.site_url.partition("://")[2], user.email or "")
    picture = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"/>'  # pages draw the address themselves
    answer = {"id": str(factor_id), "type": "totp", "friendly_name": name}
    return JSONResponse({**answer, "totp": {"qr_code": picture, "secret": secret, "uri": uri}})


async def challenge(request: Request) -> Response:
    """`POST /factors/{id}/challenge`: what the next code is for, for five minutes."""
    async with await project_of(request).connect() as conn:
        user, _ = await require_user(request, conn)
        factor = await _factor(request, conn, user)
        challenge_id = uuid4()
        await conn.execute(
            "insert into auth.mfa_challenges (id, factor_id, created_at, ip_address) values (%s, %s, %s, %s)",
            [challenge_id, factor.id, conn.now, client_of(request).ip],
        )
        await conn.execute("update auth.mfa_factors set last_challenged_at = %s where id = %s", [conn.now, factor.id])
    expires_at = int((conn.now + CHALLENGE_LIFETIME).timestamp())
    return JSONResponse({"id": str(challenge_id), "type": "totp", "expires_at": expires_at})


async def verify(request: Request) -> Response:
    """`POST /factors/{id}/verify {challenge_id, code}`: the session's tokens with `aal2`."""
    project, body = project_of(request), await json_body(request)
    async with await project.connect() as conn:
        user, session_id = await require_user(request, conn)
        factor = await _factor(request, conn, user)
        code = text(body, "code")
        if not code:
            raise invalid("Code needs to be non-empty")
        used = await _challenge(conn, factor, text(body, "challenge_id"), client_of(request).ip)
        await _check_code(conn, user, factor, code)
        await conn.execute("update auth.mfa_challenges set verified_at = %s where id = %s", [conn.now, used.id])
        await conn.execute(
            "update auth.mfa_factors set status = 'verified', updated_at = %s where id = %s and status <> 'verified'",
            [conn.now, factor.id],
        )
        session = await sessions.raise_to_aal2(conn, _require_session(session_id), factor.id, client_of(request))
        await conn.execute("delete from auth.sessions where user_id = %s and aal < 'aal2'", [user.id])
        await conn.execute(
            "delete from auth.mfa_factors where user_id = %s and status = 'unverified' and factor_type = 'totp'",
            [user.id],
        )
        if not factor.is_verified:
            mails.send_factor_added(project, conn, user)
        return JSONResponse(await session_response(project, conn, session))


async def unenroll(request: Request) -> Response:
    """`DELETE /factors/{id}`: removes it; its sessions are `aal1` again."""
    project = project_of(request)
    async with await project.connect() as conn:
        user, session_id = await require_user(request, conn)
        factor = await _factor(request, conn, user)
        if factor.is_verified and not await sessions.is_aal2(conn, session_id):
            raise Refusal(422, "insufficient_aal", "AAL2 required to unenroll verified factor")
        await _remove(project, conn, user, factor)
    return JSONResponse({"id": str(factor.id)})


async def list_factors(request: Request) -> Response:
    """`GET /admin/users/{id}/factors`."""
    require_secret_key(request)
    async with await project_of(request).connect() as conn:
        return JSONResponse(await factors_json(conn, await _user_of_admin(request, conn)))


async def delete_factor(request: Request) -> Response:
    """`DELETE /admin/users/{id}/factors/{factor_id}`: removes it; the removed factor."""
    require_secret_key(request)
    project = project_of(request)
    async with await project.connect() as conn:
        user = await _user_of_admin(request, conn)
        factor = await _factor(request, conn, user)
        (removed,) = [each for each in await factors_json(conn, user) if each["id"] == str(factor.id)]
        await _remove(project, conn, user, factor)
    return JSONResponse(removed)


async def _user_of_admin(request: Request, conn: Connection) -> User:
    user_id = _uuid(request.path_params["id"], Refusal(404, "validation_failed", "user_id must be an UUID"))
    user = await people.by_id(conn, user_id)
    if user is None:
        raise Refusal(404, "user_not_found", "User not found")
    return user


async def _check_new(conn: Connection, user: User, session_id: UUID | None, name: str) -> None:
    """Refuses a factor whose name is taken, that is one too many, or from a session without the second factor."""
    await conn.execute(
        """
        delete from auth.mfa_factors as f where status <> 'verified' and created_at < %s
          and not exists (select from auth.mfa_challenges as c where c.factor_id = f.id)
        """,
        [conn.now - _FACTOR_RETENTION],
    )
    cursor = await conn.execute("select friendly_name, status from auth.mfa_factors where user_id = %s", [user.id])
    rows = await cursor.fetchall()
    if any(friendly_name == name for friendly_name, _ in rows):
        message = f"A factor with the friendly name {json.dumps(name)} for this user already exists"
        raise Refusal(422, "mfa_factor_name_conflict", message)
    if len(rows) >= MAX_FACTORS:
        message = "Maximum number of verified factors reached, unenroll to continue"
        raise Refusal(422, "too_many_enrolled_mfa_factors", message)
    if any(status == "verified" for _, status in rows) and not await sessions.is_aal2(conn, session_id):
        raise Refusal(403, "insufficient_aal", "AAL2 required to enroll a new factor")


async def _check_code(conn: Connection, user: User, factor: _Factor, code: str) -> None:
    """Refuses a wrong code, and what the project's hook rejects, which ends all sessions of the user."""
    valid = totp.is_right(factor.secret, code, time.time())
    if _HOOK["enabled"]:
        event = {"factor_id": str(factor.id), "factor_type": "totp", "user_id": str(user.id), "valid": valid}
        query = sql.SQL("select {}(%s)").format(_HOOK_FUNCTION)
        row = await (await conn.execute(query, [Jsonb(event)])).fetchone()
        answer = row[0] if row else {}
        if answer["decision"] == "reject":
            await sessions.end(conn, user.id, None, "global")
            await conn.commit()
            raise Refusal(403, "mfa_verification_rejected", answer["message"])
        await conn.commit()  # GoTrue calls the hook outside of its own transaction
    if not valid:
        raise Refusal(422, "mfa_verification_failed", "Invalid TOTP code entered")


async def _challenge(conn: Connection, factor: _Factor, challenge_id: str, ip: str | None) -> _Challenge:
    """The unused challenge of this factor and address, locked. Raises Refusal."""
    unknown = Refusal(422, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found")
    async with conn.cursor(row_factory=class_row(_Challenge)) as cursor:
        await cursor.execute(
            """
            select id, created_at, verified_at, host(ip_address) as ip from auth.mfa_challenges
            where id = %s and factor_id = %s for update
            """,
            [_uuid(challenge_id, unknown), factor.id],
        )
        found = await cursor.fetchone()
    if found is None:
        raise unknown
    if found.verified_at is not None or found.ip != ip:
        raise Refusal(422, "mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")
    if conn.now > found.created_at + CHALLENGE_LIFETIME:
        message = f"MFA challenge {found.id} has expired, verify against another challenge or create a new challenge."
        raise Refusal(422, "mfa_challenge_expired", message)
    return found


async def _factor(request: Request, conn: Connection, user: User) -> _Factor:
    malformed = Refusal(404, "validation_failed", "factor_id must be an UUID")
    async with conn.cursor(row_factory=class_row(_Factor)) as cursor:
        await cursor.execute(
            "select id, user_id, status::text, secret from auth.mfa_factors where id = %s and user_id = %s",
            [_uuid(request.path_params["factor_id"], malformed), user.id],
        )
        factor = await cursor.fetchone()
    if factor is None:
        raise Refusal(404, "mfa_factor_not_found", "Factor not found")
    return factor


async def _remove(project: Project, conn: Connection, user: User, factor: _Factor) -> None:
    await conn.execute("delete from auth.mfa_factors where id = %s", [factor.id])
    await sessions.lower_to_aal1(conn, factor.id)
    if factor.is_verified:
        mails.send_factor_removed(project, conn, user)


def _require_session(session_id: UUID | None) -> UUID:
    if session_id is None:
        raise Refusal(403, "session_not_found", "A session is required to verify a factor")
    return session_id


def _uuid(value: str, refusal: Refusal) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise refusal from None
