"""The users in `auth.users`: signing up, verifying a password, and how clients see them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from local.supabase_auth import passwords
from local.supabase_auth.refusals import Refusal

EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


@dataclass(frozen=True)
class Person:
    """The needed columns of a row of auth.users."""

    id: UUID
    email: str | None
    encrypted_password: str | None
    email_confirmed_at: datetime | None
    confirmation_sent_at: datetime | None
    confirmed_at: datetime | None
    last_sign_in_at: datetime | None
    raw_app_meta_data: dict[str, Any] | None
    raw_user_meta_data: dict[str, Any] | None
    is_anonymous: bool
    created_at: datetime | None
    updated_at: datetime | None


async def sign_up(conn: AsyncConnection, email: str, password: str, data: dict[str, Any], *, confirmed: bool) -> UUID:
    """Creates a user; refuses bad addresses, weak passwords and addresses that are taken."""
    address = checked_address(email)
    passwords.check(password)
    user_id = uuid4()
    identity = {"sub": str(user_id), "email": address, "email_verified": confirmed, "phone_verified": False}
    try:
        await conn.execute(
            """
            insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at,
                                    raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
            values (%s, 'authenticated', 'authenticated', %s, %s, case when %s then now() end, %s, %s, now(), now())
            """,
            [
                user_id,
                address,
                await passwords.hashed(password),
                confirmed,
                Jsonb({"provider": "email", "providers": ["email"]}),
                Jsonb({**data, **identity}),
            ],
        )
        await conn.execute(
            """
            insert into auth.identities (user_id, provider_id, provider, identity_data,
                                         last_sign_in_at, created_at, updated_at)
            values (%s, %s, 'email', %s, now(), now(), now())
            """,
            [user_id, str(user_id), Jsonb({**data, **identity})],
        )
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "users_email_partial_key":
            raise Refusal(500, "unexpected_failure", "Database error saving new user") from error
        raise Refusal(422, "user_already_exists", "User already registered") from None
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        # The error of a failing trigger on auth.users, here as on Supabase.
        raise Refusal(500, "unexpected_failure", "Database error saving new user") from error
    return user_id


async def with_password(conn: AsyncConnection, email: str, password: str) -> Person:
    """The user with this address and password."""
    person = await by_email(conn, email)
    stored = person.encrypted_password if person else None
    if person is None or stored is None or not await passwords.matches(password, stored):
        raise Refusal(400, "invalid_credentials", "Invalid login credentials")
    if person.confirmed_at is None:
        raise Refusal(400, "email_not_confirmed", "Email not confirmed")
    return person


async def confirm(conn: AsyncConnection, id: UUID) -> None:
    """Confirms the user's address and uses up the token. Changes nothing for a confirmed user."""
    await conn.execute(
        """
        update auth.users set email_confirmed_at = now(), confirmation_token = null, updated_at = now(),
          raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
        where id = %s and email_confirmed_at is null
        """,
        [id],
    )
    await conn.execute(
        """
        update auth.identities set identity_data = identity_data || '{"email_verified": true}', updated_at = now()
        where user_id = %s and provider = 'email' and not coalesce((identity_data ->> 'email_verified')::boolean, false)
        """,
        [id],
    )


async def by_email(conn: AsyncConnection, email: str) -> Person | None:
    """The user with that address, if any."""
    async with conn.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            """
            select id, email, encrypted_password, email_confirmed_at, confirmation_sent_at, confirmed_at,
                   last_sign_in_at, raw_app_meta_data, raw_user_meta_data, is_anonymous, created_at, updated_at
            from auth.users where email = lower(%s) and not is_sso_user and deleted_at is null
            """,
            [email.strip().replace("\x00", "")],
        )
        return await cursor.fetchone()


async def by_id(conn: AsyncConnection, id: UUID) -> Person | None:
    """The user with that id, if any."""
    async with conn.cursor(row_factory=class_row(Person)) as cursor:
        await cursor.execute(
            """
            select id, email, encrypted_password, email_confirmed_at, confirmation_sent_at, confirmed_at,
                   last_sign_in_at, raw_app_meta_data, raw_user_meta_data, is_anonymous, created_at, updated_at
            from auth.users where id = %s and deleted_at is null
            """,
            [id],
        )
        return await cursor.fetchone()


async def shown(conn: AsyncConnection, person: Person) -> dict[str, Any]:
    """The user as clients see them; unset times are left out, as by GoTrue."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("select * from auth.identities where user_id = %s order by created_at", [person.id])
        identities = [_shown_identity(row) for row in await cursor.fetchall()]
    user = {
        "id": str(person.id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": person.email or "",
        "email_confirmed_at": _iso(person.email_confirmed_at),
        "phone": "",
        "confirmation_sent_at": _iso(person.confirmation_sent_at),
        "confirmed_at": _iso(person.confirmed_at),
        "last_sign_in_at": _iso(person.last_sign_in_at),
        "app_metadata": person.raw_app_meta_data or {},
        "user_metadata": person.raw_user_meta_data or {},
        "identities": identities,
        "created_at": _iso(person.created_at),
        "updated_at": _iso(person.updated_at),
        "is_anonymous": person.is_anonymous,
    }
    return {name: value for name, value in user.items() if value is not None}


def pretended(email: str, data: dict[str, Any]) -> dict[str, Any]:
    """An invented user: the response to a sign-up with a taken address when confirmation is on."""
    now = _iso(datetime.now(UTC))
    return {
        "id": str(uuid4()),
        "aud": "authenticated",
        "role": "",
        "email": checked_address(email),
        "phone": "",
        "confirmation_sent_at": now,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": data,
        "identities": [],
        "created_at": now,
        "updated_at": now,
        "is_anonymous": False,
    }


def checked_address(email: str) -> str:
    """The address as it is stored. Raises Refusal if it is invalid."""
    address = email.strip().lower()
    if len(address) > 255 or not EMAIL.fullmatch(address):
        raise Refusal(400, "validation_failed", "Unable to validate email address: invalid format")
    return address


def _shown_identity(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "identity_id": str(row["id"]),
        "id": row["provider_id"],
        "user_id": str(row["user_id"]),
        "identity_data": row["identity_data"],
        "provider": row["provider"],
        "last_sign_in_at": _iso(row["last_sign_in_at"]),
        "created_at": _iso(row["created_at"]),
        "updated_at": _iso(row["updated_at"]),
        "email": row["email"],
    }


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
