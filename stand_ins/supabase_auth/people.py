"""The users in `auth.users`: finding them, and checking a password."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from stand_ins.supabase_auth import passwords
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.refusals import Refusal

EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


@dataclass(frozen=True)
class User:
    """The needed columns of a row of auth.users."""

    id: UUID
    email: str | None
    encrypted_password: str | None
    email_confirmed_at: datetime | None
    confirmation_sent_at: datetime | None
    recovery_sent_at: datetime | None
    email_change: str | None
    email_change_sent_at: datetime | None
    email_change_confirm_status: int
    confirmed_at: datetime | None
    last_sign_in_at: datetime | None
    raw_app_meta_data: dict[str, Any] | None
    raw_user_meta_data: dict[str, Any] | None
    banned_until: datetime | None
    is_anonymous: bool
    created_at: datetime | None
    updated_at: datetime | None

    def is_banned(self, now: datetime) -> bool:
        """Whether an administrator's ban lasts at `now`."""
        return self.banned_until is not None and self.banned_until > now


async def by_email(conn: Connection, email: str) -> User | None:
    """The user with that address, if any."""
    async with conn.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(
            """
            select id, email, encrypted_password, email_confirmed_at, confirmation_sent_at, recovery_sent_at,
                   email_change, email_change_sent_at, email_change_confirm_status, confirmed_at, last_sign_in_at,
                   raw_app_meta_data, raw_user_meta_data, banned_until, is_anonymous, created_at, updated_at
            from auth.users where email = lower(%s) and not is_sso_user and deleted_at is null
            """,
            [email.strip().replace("\x00", "")],
        )
        return await cursor.fetchone()


async def by_id(conn: Connection, id: UUID) -> User | None:
    """The user with that id, if any."""
    async with conn.cursor(row_factory=class_row(User)) as cursor:
        await cursor.execute(
            """
            select id, email, encrypted_password, email_confirmed_at, confirmation_sent_at, recovery_sent_at,
                   email_change, email_change_sent_at, email_change_confirm_status, confirmed_at, last_sign_in_at,
                   raw_app_meta_data, raw_user_meta_data, banned_until, is_anonymous, created_at, updated_at
            from auth.users where id = %s and deleted_at is null
            """,
            [id],
        )
        return await cursor.fetchone()


async def require(conn: Connection, id: UUID) -> User:
    """The user with that id. Raises Refusal if there is none."""
    user = await by_id(conn, id)
    if user is None:
        raise Refusal(400, "user_not_found", "User not found")
    return user


async def lock(conn: Connection, id: UUID) -> None:
    """Lets other requests that lock this user wait for the end of the transaction."""
    await conn.execute("select from auth.users where id = %s for update", [id])


async def with_password(conn: Connection, email: str, password: str) -> User:
    """The user with this address and password. Raises Refusal."""
    user = await by_email(conn, email)
    stored = user.encrypted_password if user else None
    if user is None or not stored or not await passwords.matches(password, stored):
        raise Refusal(400, "invalid_credentials", "Invalid login credentials")
    if user.is_banned(conn.now):
        raise Refusal(400, "user_banned", "User is banned")
    if user.confirmed_at is None:
        raise Refusal(400, "email_not_confirmed", "Email not confirmed")
    return user


def checked_address(email: str) -> str:
    """The address as it is stored. Raises Refusal if it is invalid."""
    address = email.strip().lower()
    if len(address) > 255 or not EMAIL.fullmatch(address):
        raise Refusal(400, "validation_failed", "Unable to validate email address: invalid format")
    return address
