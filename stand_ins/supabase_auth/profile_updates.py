"""Changes to an existing user: password, metadata, providers, address."""

from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from stand_ins.supabase_auth import one_time_tokens, passwords
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.registration import insert_identity


async def set_password(conn: Connection, user_id: UUID, password: str, keep_session: UUID | None) -> None:
    """Stores a password, voids all links and codes of mails, and ends every session but `keep_session`."""
    await conn.execute(
        """
        update auth.users set encrypted_password = %s, confirmation_sent_at = null, recovery_sent_at = null,
          email_change_sent_at = null, reauthentication_sent_at = null, updated_at = %s
        where id = %s
        """,
        [await passwords.hashed(password), conn.now, user_id],
    )
    await one_time_tokens.clear(conn, user_id)
    await conn.execute(
        "delete from auth.sessions where user_id = %s and id is distinct from %s", [user_id, keep_session]
    )


async def merge_user_metadata(conn: Connection, user_id: UUID, changes: dict[str, Any]) -> None:
    """Merges `changes` into `user_metadata`, one level deep; null removes a key."""
    values = {name: value for name, value in changes.items() if value is not None}
    await conn.execute(
        """
        update auth.users set updated_at = %(now)s,
          raw_user_meta_data = (coalesce(raw_user_meta_data, '{}') || %(values)s) - %(removed)s::text[]
        where id = %(id)s
        """,
        {"id": user_id, "values": Jsonb(values), "removed": list(changes.keys() - values.keys()), "now": conn.now},
    )


async def merge_app_metadata(conn: Connection, user_id: UUID, changes: dict[str, Any]) -> None:
    """Merges `changes` into `app_metadata`, one level deep; null removes a key."""
    values = {name: value for name, value in changes.items() if value is not None}
    await conn.execute(
        """
        update auth.users set updated_at = %(now)s,
          raw_app_meta_data = (coalesce(raw_app_meta_data, '{}') || %(values)s) - %(removed)s::text[]
        where id = %(id)s
        """,
        {"id": user_id, "values": Jsonb(values), "removed": list(changes.keys() - values.keys()), "now": conn.now},
    )


async def list_providers(conn: Connection, user_id: UUID) -> None:
    """Writes the providers of the user's identities into `app_metadata`; `provider` stays the first one there was."""
    await conn.execute(
        """
        update auth.users set raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || jsonb_build_object(
          'providers', (
            select coalesce(jsonb_agg(p.provider order by p.first_at), '[]')
            from (
              select provider, min(created_at) as first_at from auth.identities where user_id = %(id)s group by provider
            ) as p
          )
        )
        where id = %(id)s
        """,
        {"id": user_id},
    )


async def set_email(conn: Connection, user_id: UUID, address: str, *, verified: bool) -> bool:
    """Replaces the address of the user and of their e-mail identity, which is inserted if missing.

    Returns False, having changed nothing, if another user has the address.
    """
    try:
        async with conn.transaction():
            await conn.execute(
                """
                update auth.users set email = %s, email_change = null, email_change_confirm_status = 0,
                  updated_at = %s
                where id = %s
                """,
                [address, conn.now, user_id],
            )
    except psycopg.errors.UniqueViolation:
        return False
    cursor = await conn.execute(
        """
        update auth.identities set identity_data = identity_data || %s, updated_at = %s
        where user_id = %s and provider = 'email' returning id
        """,
        [Jsonb({"email": address, "email_verified": verified}), conn.now, user_id],
    )
    if await cursor.fetchone() is None:
        data = {"sub": str(user_id), "email": address, "email_verified": verified, "phone_verified": False}
        await insert_identity(conn, user_id, "email", str(user_id), data)
        await list_providers(conn, user_id)
    await one_time_tokens.clear(conn, user_id, ("email_change_token_new", "email_change_token_current"))
    return True
