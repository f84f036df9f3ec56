"""Passkeys: `/passkeys`, where a user adds, names and removes them, and signs in with one.

As GoTrue does it (supabase/auth, internal/api/passkey_*.go): a sign-in names no user, because the passkey does. Its
session is `aal1` with the method `passkey`, also if the passkey checked who uses it. A user with a second factor needs
it to add or remove a passkey.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import people, sessions
from stand_ins.supabase_auth.bearer import require_user
from stand_ins.supabase_auth.client import client_of
from stand_ins.supabase_auth.config import CONFIG
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.passkey_ceremonies import RelyingParty, StoredCredential, read_response
from stand_ins.supabase_auth.people import User
from stand_ins.supabase_auth.project import json_body, project_of, session_response, text
from stand_ins.supabase_auth.refusals import Refusal, invalid
from stand_ins.supabase_auth.secret_key import require_secret_key

MAX_PASSKEYS = 10
CHALLENGE_LIFETIME = timedelta(minutes=5)
NAME_BYTES = 120
# GoTrue names a passkey after its password manager, by a public list of their ids; these are a few of that list.
_MANAGERS = {
    "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
    "fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
    "08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
    "bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
}


async def registration_options(request: Request) -> Response:
    """`POST /passkeys/registration/options`: what the browser creates a passkey with, for five minutes."""
    project = project_of(request)
    _require_enabled()
    async with await project.connect() as conn:
        user, session_id = await require_user(request, conn)
        await _require_second_factor(conn, user, session_id)
        stored = await _credentials(conn, user.id)
        _check_number(len(stored))
        options, state = RelyingParty(project).creation_options(user, [each.credential_id for each in stored])
        return await _challenge(conn, "registration", user.id, options, state)


async def verify_registration(request: Request) -> Response:
    """`POST /passkeys/registration/verify {challenge_id, credential}`: the new passkey."""
    project = project_of(request)
    _require_enabled()
    body = await json_body(request)
    async with await project.connect() as conn:
        user, session_id = await require_user(request, conn)
        await _require_second_factor(conn, user, session_id)
        state = await _consume(conn, "registration", user.id, body)
        new = RelyingParty(project).registered(state, body["credential"])
        await people.lock(conn, user.id)
        _check_number(len(await _credentials(conn, user.id)))
        row = {
            "id": uuid4(),
            "user": user.id,
            "credential": new.credential_id,
            "key": new.public_key,
            "aaguid": new.aaguid,
            "count": new.sign_count,
            "transports": Jsonb(new.transports),
            "eligible": new.backup_eligible,
            "backed_up": new.backed_up,
            "name": _MANAGERS.get(str(new.aaguid), "Passkey"),
            "now": conn.now,
        }
        try:
            await conn.execute(
                """
                insert into auth.webauthn_credentials (id, user_id, credential_id, public_key, attestation_type, aaguid,
                  sign_count, transports, backup_eligible, backed_up, friendly_name, created_at, updated_at)
                values (%(id)s, %(user)s, %(credential)s, %(key)s, 'none', %(aaguid)s, %(count)s, %(transports)s,
                  %(eligible)s, %(backed_up)s, %(name)s, %(now)s, %(now)s)
                """,
                row,
            )
        except UniqueViolation:
            raise Refusal(422, "webauthn_credential_exists", "This credential is already registered") from None
    metadata = {"id": str(row["id"]), "friendly_name": row["name"], "created_at": _iso(conn.now)}
    return JSONResponse(metadata)


async def sign_in_options(request: Request) -> Response:
    """`POST /passkeys/authentication/options`: what the browser signs in with, for five minutes."""
    project = project_of(request)
    _require_enabled()
    async with await project.connect() as conn:
        options, state = RelyingParty(project).request_options()
        return await _challenge(conn, "authentication", None, options, state)


async def verify_sign_in(request: Request) -> Response:
    """`POST /passkeys/authentication/verify {challenge_id, credential}`: a session of the passkey's user."""
    project = project_of(request)
    _require_enabled()
    body = await json_body(request)
    async with await project.connect() as conn:
        state = await _consume(conn, "authentication", None, body)
        response, user_id = read_response(body["credential"])
        user = await people.by_id(conn, user_id)
        stored = await _credentials(conn, user_id) if user else []
        used, data = RelyingParty(project).signed_in(state, response, stored)
        assert user is not None  # noqa: S101 - a credential was found, and it has a user
        if user.email and user.email_confirmed_at is None:
            raise Refusal(403, "email_not_confirmed", "Email not confirmed")
        if user.is_banned(conn.now):
            raise Refusal(403, "user_banned", "User is banned")
        await conn.execute(
            "update auth.webauthn_credentials set sign_count = %s, last_used_at = %s, updated_at = %s where id = %s",
            [data.counter, conn.now, conn.now, used.id],
        )
        session = await sessions.begin(conn, user.id, "passkey", client_of(request))
        return JSONResponse(await session_response(project, conn, session))


async def list_passkeys(request: Request) -> Response:
    """`GET /passkeys`: the user's passkeys, the oldest first."""
    _require_enabled()
    async with await project_of(request).connect() as conn:
        user, _ = await require_user(request, conn)
        return JSONResponse(await _list(conn, user.id))


async def rename(request: Request) -> Response:
    """`PATCH /passkeys/{id} {friendly_name}`: its new name, of at most 120 bytes."""
    _require_enabled()
    body = await json_body(request)
    async with await project_of(request).connect() as conn:
        user, _ = await require_user(request, conn)
        passkey_id, name = _passkey_id(request), text(body, "friendly_name")
        if not name:
            raise invalid("friendly_name is required")
        if len(name.encode()) > NAME_BYTES:
            raise invalid("friendly_name must be 120 characters or less")
        changed = await conn.execute(
            "update auth.webauthn_credentials set friendly_name = %s, updated_at = %s where id = %s and user_id = %s",
            [name.replace("\x00", ""), conn.now, passkey_id, user.id],
        )
        if not changed.rowcount:
            raise _not_found()
        (item,) = [each for each in await _list(conn, user.id) if each["id"] == str(passkey_id)]
    return JSONResponse(item)


async def delete(request: Request) -> Response:
    """`DELETE /passkeys/{id}`: it no longer signs in."""
    _require_enabled()
    async with await project_of(request).connect() as conn:
        user, session_id = await require_user(request, conn)
        await _require_second_factor(conn, user, session_id)
        await _delete(conn, user.id, _passkey_id(request))
    return Response(status_code=204)


async def list_for_admin(request: Request) -> Response:
    """`GET /admin/users/{id}/passkeys`."""
    require_secret_key(request)
    async with await project_of(request).connect() as conn:
        return JSONResponse(await _list(conn, await _user_of_admin(request, conn)))


async def delete_for_admin(request: Request) -> Response:
    """`DELETE /admin/users/{id}/passkeys/{passkey_id}`."""
    require_secret_key(request)
    async with await project_of(request).connect() as conn:
        await _delete(conn, await _user_of_admin(request, conn), _passkey_id(request))
    return Response(status_code=204)


def _require_enabled() -> None:
    if not CONFIG["auth"]["passkey"]["enabled"]:
        raise Refusal(404, "passkey_disabled", "Passkeys are disabled")


async def _require_second_factor(conn: Connection, user: User, session_id: UUID | None) -> None:
    """Raises Refusal if the user has a second factor that the session lacks."""
    query = "select from auth.mfa_factors where user_id = %s and status = 'verified'"
    has_factor = await (await conn.execute(query, [user.id])).fetchone() is not None
    if has_factor and not await sessions.is_aal2(conn, session_id):
        message = "AAL2 session is required to manage passkeys when MFA is enabled"
        raise Refusal(403, "insufficient_aal", message)


def _check_number(number: int) -> None:
    if number >= MAX_PASSKEYS:
        raise Refusal(422, "too_many_passkeys", "Maximum number of passkeys reached")


async def _challenge(
    conn: Connection, kind: str, user_id: UUID | None, options: dict[str, Any], state: dict[str, Any]
) -> JSONResponse:
    challenge_id, expires_at = uuid4(), conn.now + CHALLENGE_LIFETIME
    await conn.execute(
        """
        insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, created_at, expires_at)
        values (%s, %s, %s, %s, %s, %s)
        """,
        [challenge_id, user_id, kind, Jsonb(state), conn.now, expires_at],
    )
    body = {"challenge_id": str(challenge_id), "options": options, "expires_at": int(expires_at.timestamp())}
    return JSONResponse(body)


async def _consume(conn: Connection, kind: str, user_id: UUID | None, body: dict[str, Any]) -> dict[str, Any]:
    """The state of a challenge, which cannot be used again, even if the request fails. Raises Refusal."""
    challenge_id = text(body, "challenge_id")
    if not challenge_id:
        raise invalid("challenge_id is required")
    if body.get("credential") is None:
        raise invalid("credential is required")
    try:
        parsed = UUID(challenge_id)
    except ValueError:
        raise invalid("challenge_id must be a valid UUID") from None
    cursor = await conn.execute(
        """
        delete from auth.webauthn_challenges
        where id = %s and challenge_type = %s and user_id is not distinct from %s
        returning session_data, expires_at
        """,
        [parsed, kind, user_id],
    )
    row = await cursor.fetchone()
    await conn.commit()
    if row is None:
        raise Refusal(400, "webauthn_challenge_not_found", "Challenge not found or already used")
    if conn.now > row[1]:
        raise Refusal(400, "webauthn_challenge_expired", "Challenge has expired")
    state: dict[str, Any] = row[0]
    return state


async def _credentials(conn: Connection, user_id: UUID) -> list[StoredCredential]:
    async with conn.cursor(row_factory=class_row(StoredCredential)) as cursor:
        await cursor.execute(
            """
            select id, credential_id, public_key, backup_eligible from auth.webauthn_credentials
            where user_id = %s order by created_at, id
            """,
            [user_id],
        )
        return await cursor.fetchall()


async def _list(conn: Connection, user_id: UUID) -> list[dict[str, Any]]:
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            """
            select id, friendly_name, created_at, last_used_at from auth.webauthn_credentials
            where user_id = %s order by created_at, id
            """,
            [user_id],
        )
        return [_item(row) for row in await cursor.fetchall()]


def _item(row: dict[str, Any]) -> dict[str, Any]:
    item = {
        "id": str(row["id"]),
        "friendly_name": row["friendly_name"] or None,
        "created_at": _iso(row["created_at"]),
        "last_used_at": _iso(row["last_used_at"]),
    }
    return {name: value for name, value in item.items() if value is not None}


async def _delete(conn: Connection, user_id: UUID, passkey_id: UUID) -> None:
    query = "delete from auth.webauthn_credentials where id = %s and user_id = %s"
    if not (await conn.execute(query, [passkey_id, user_id])).rowcount:
        raise _not_found()


async def _user_of_admin(request: Request, conn: Connection) -> UUID:
    try:
        user = await people.by_id(conn, UUID(request.path_params["id"]))
    except ValueError:
        raise Refusal(404, "validation_failed", "user_id must be an UUID") from None
    if user is None:
        raise Refusal(404, "user_not_found", "User not found")
    return user.id


def _passkey_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["passkey_id"])
    except ValueError:
        raise _not_found() from None


def _not_found() -> Refusal:
    return Refusal(404, "validation_failed", "Passkey not found")


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
