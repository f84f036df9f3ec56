"""New rows of `auth.users` and `auth.identities`, and confirming an address."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from stand_ins.supabase_auth import passwords
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import checked_address
from stand_ins.supabase_auth.refusals import Refusal


async def sign_up(
    conn: Connection, email: str, password: str, data: dict[str, Any], *, confirmed: bool, id: UUID | None = None
) -> UUID:
    """Creates a user with an address and a password; their id.

    Raises Refusal for a bad address, a weak password and an address that is taken.
    """
    address = checked_address(email)
    passwords.check(password)
    user_id = id or uuid4()
    identity = {"sub": str(user_id), "email": address, "email_verified": confirmed, "phone_verified": False}
    await insert_user(
        conn,
        user_id,
        address,
        password_hash=await passwords.hashed(password),
        confirmed=confirmed,
        provider="email",
        user_metadata={**data, **identity},
    )
    await insert_identity(conn, user_id, "email", str(user_id), {**data, **identity})
    return user_id


async def insert_user(
    conn: Connection,
    id: UUID,
    address: str | None,
    *,
    password_hash: str | None,
    confirmed: bool,
    provider: str,
    user_metadata: dict[str, Any],
) -> None:
    """Inserts the row of a user, which fires the triggers of the product. Raises Refusal."""
    try:
        await conn.execute(
            """
            insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at,
                                    raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
            values (%(id)s, 'authenticated', 'authenticated', %(email)s, %(password)s,
                    case when %(confirmed)s then %(now)s::timestamptz end, %(app)s, %(data)s, %(now)s, %(now)s)
            """,
            {
                "id": id,
                "email": address,
                "password": password_hash,
                "confirmed": confirmed,
                "app": Jsonb({"provider": provider, "providers": [provider]}),
                "data": Jsonb(user_metadata),
                "now": conn.now,
            },
        )
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name not in ("users_email_partial_key", "users_pkey"):
            raise Refusal(500, "unexpected_failure", "Database error saving new user") from error
        raise Refusal(422, "user_already_exists", "User already registered") from None
    except psycopg.OperationalError:
        raise
    except psycopg.Error as error:
        # The error of a failing trigger on auth.users, here as on Supabase.
        raise Refusal(500, "unexpected_failure", "Database error saving new user") from error


async def insert_identity(
    conn: Connection, user_id: UUID, provider: str, provider_id: str, identity_data: dict[str, Any]
) -> UUID:
    """Inserts what `provider` states of a user; the id of the row. `provider_id` is the provider's own id of them."""
    identity_id = uuid4()
    await conn.execute(
        """
        insert into auth.identities (id, user_id, provider_id, provider, identity_data,
                                     last_sign_in_at, created_at, updated_at)
        values (%(id)s, %(user_id)s, %(provider_id)s, %(provider)s, %(data)s, %(now)s, %(now)s, %(now)s)
        """,
        {
            "id": identity_id,
            "user_id": user_id,
            "provider_id": provider_id,
            "provider": provider,
            "data": Jsonb(identity_data),
            "now": conn.now,
        },
    )
    return identity_id


async def confirm(conn: Connection, id: UUID) -> None:
    """Confirms the user's address. Changes nothing for a confirmed user."""
    await conn.execute(
        """
        update auth.users set email_confirmed_at = %(now)s, updated_at = %(now)s,
          raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
        where id = %(id)s and email_confirmed_at is null
        """,
        {"id": id, "now": conn.now},
    )
    await conn.execute(
        """
        update auth.identities set identity_data = identity_data || '{"email_verified": true}', updated_at = %(now)s
        where user_id = %(id)s and provider = 'email'
          and not coalesce((identity_data ->> 'email_verified')::boolean, false)
        """,
        {"id": id, "now": conn.now},
    )
