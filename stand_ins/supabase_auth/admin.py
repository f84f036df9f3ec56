"""The admin routes, for who has the project's secret key: `/admin/users` and `/admin/users/{id}`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stand_ins.supabase_auth import passwords, people, profile_updates, registration, sessions
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User, checked_address
from stand_ins.supabase_auth.project import flag, json_body, json_object, project_of, text
from stand_ins.supabase_auth.refusals import Refusal, invalid
from stand_ins.supabase_auth.secret_key import require_secret_key
from stand_ins.supabase_auth.user_json import user_json

_PER_PAGE, _MAX_PER_PAGE = 50, 1000
_DURATION = re.compile(r"(?:(\d{1,7})h)?(?:(\d{1,7})m)?(?:(\d{1,7})s)?")


@dataclass(frozen=True)
class _Attributes:
    """The fields of a user that a request sets."""

    email: str
    password: str
    email_confirm: bool
    user_metadata: dict[str, Any] | None
    app_metadata: dict[str, Any] | None
    ban_duration: timedelta | None


async def list_users(request: Request) -> Response:
    """`GET /admin/users?page=1&per_page=50`: `{users, aud}`, the newest first, pages in `Link`."""
    require_secret_key(request)
    page, per_page = _number(request, "page", 1), min(_number(request, "per_page", _PER_PAGE), _MAX_PER_PAGE)
    async with await project_of(request).connect() as conn:
        cursor = await conn.execute(
            """
            select id, count(*) over () from auth.users where deleted_at is null
            order by created_at desc, id limit %s offset %s
            """,
            [per_page, (page - 1) * per_page],
        )
        rows = await cursor.fetchall()
        users = [await user_json(conn, await people.require(conn, user_id)) for user_id, _ in rows]
    total = rows[0][1] if rows else 0
    headers = {"x-total-count": str(total), "link": _links(request, page, per_page, total)}
    return JSONResponse({"users": users, "aud": "authenticated"}, headers=headers)


async def create_user(request: Request) -> Response:
    """`POST /admin/users {email, password, email_confirm, user_metadata, app_metadata, ban_duration, id}`."""
    require_secret_key(request)
    body = await json_body(request)
    attributes = _attributes(body)
    if not attributes.email:
        raise invalid("Cannot create a user without either an email or phone")
    malformed = invalid("ID must conform to the uuid v4 format")
    chosen_id = _uuid(text(body, "id"), malformed) if body.get("id") else None
    password = attributes.password or passwords.random()
    async with await project_of(request).connect() as conn:
        try:
            user_id = await registration.sign_up(
                conn,
                attributes.email,
                password,
                attributes.user_metadata or {},
                confirmed=attributes.email_confirm,
                id=chosen_id,
            )
        except Refusal as refusal:
            raise _email_exists() if refusal.code == "user_already_exists" else refusal from None
        await _set(conn, user_id, attributes)
        return JSONResponse(await user_json(conn, await people.require(conn, user_id)))


async def get_user(request: Request) -> Response:
    """`GET /admin/users/{id}`."""
    require_secret_key(request)
    async with await project_of(request).connect() as conn:
        return JSONResponse(await user_json(conn, await _user(request, conn)))


async def update_user(request: Request) -> Response:
    """`PUT /admin/users/{id}`: the attributes of `POST`; a new address and a password count at once."""
    require_secret_key(request)
    attributes = _attributes(await json_body(request))
    async with await project_of(request).connect() as conn:
        user = await _user(request, conn)
        if attributes.email and attributes.email != user.email:
            verified = attributes.email_confirm
            if not await profile_updates.set_email(conn, user.id, attributes.email, verified=verified):
                raise _email_exists()
        if attributes.password:
            await profile_updates.set_password(conn, user.id, attributes.password, keep_session=None)
        if attributes.email_confirm:
            await registration.confirm(conn, user.id)
        if attributes.user_metadata is not None:
            await profile_updates.merge_user_metadata(conn, user.id, attributes.user_metadata)
        await _set(conn, user.id, attributes)
        return JSONResponse(await user_json(conn, await people.require(conn, user.id)))


async def delete_user(request: Request) -> Response:
    """`DELETE /admin/users/{id}`: the user is gone, with sessions, identities and what refers to them."""
    require_secret_key(request)
    if flag(await json_body(request), "should_soft_delete", default=False):
        raise invalid("The local stand-in for Supabase Auth deletes users for good only (docs/local-stack.md)")
    async with await project_of(request).connect() as conn:
        user = await _user(request, conn)
        await sessions.end(conn, user.id, None, "global")
        try:
            await conn.execute("delete from auth.users where id = %s", [user.id])
        except psycopg.IntegrityError as error:
            # A foreign key without `on delete`, here as on Supabase.
            raise Refusal(500, "unexpected_failure", "Database error deleting user") from error
    return JSONResponse({})


def _attributes(body: dict[str, Any]) -> _Attributes:
    email, password, ban = text(body, "email"), text(body, "password"), text(body, "ban_duration")
    if text(body, "phone"):
        raise Refusal(400, "phone_provider_disabled", "Unsupported phone provider")
    if password:
        passwords.check(password)
    return _Attributes(
        email=checked_address(email) if email else "",
        password=password,
        email_confirm=flag(body, "email_confirm", default=False),
        user_metadata=json_object(body, "user_metadata"),
        app_metadata=json_object(body, "app_metadata"),
        ban_duration=_duration(ban) if ban else None,
    )


async def _set(conn: Connection, user_id: UUID, attributes: _Attributes) -> None:
    if attributes.app_metadata is not None:
        await profile_updates.merge_app_metadata(conn, user_id, attributes.app_metadata)
    if attributes.ban_duration is not None:
        banned_until = conn.now + attributes.ban_duration if attributes.ban_duration else None
        await conn.execute("update auth.users set banned_until = %s where id = %s", [banned_until, user_id])


async def _user(request: Request, conn: Connection) -> User:
    malformed = Refusal(404, "validation_failed", "user_id must be an UUID")
    user = await people.by_id(conn, _uuid(request.path_params["id"], malformed))
    if user is None:
        raise Refusal(404, "user_not_found", "User not found")
    return user


def _duration(value: str) -> timedelta:
    """Go's notation of hours, minutes and seconds, such as `24h` or `1h30m`; `none` is zero and ends a ban."""
    match = _DURATION.fullmatch(value) if value != "none" else None
    if match is None and value != "none":
        raise invalid(f'invalid format for ban duration: time: invalid duration "{value}"')
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _uuid(value: str, refusal: Refusal) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise refusal from None


def _number(request: Request, name: str, default: int) -> int:
    value = request.query_params.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 1_000_000):
        raise invalid(f"Bad Pagination Parameters: {name} is not a number from 1")
    return int(value)


def _links(request: Request, page: int, per_page: int, total: int) -> str:
    last = max(1, -(-total // per_page))
    pages = {"next": page + 1, "last": last} if page < last else {"last": last}
    path = request.url.path
    return ", ".join(
        f'<{path}?{urlencode({"page": number, "per_page": per_page})}>; rel="{name}"' for name, number in pages.items()
    )


def _email_exists() -> Refusal:
    return Refusal(422, "email_exists", "A user with this email address has already been registered")
