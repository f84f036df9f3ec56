"""A user as clients see them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from psycopg.rows import dict_row

from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.people import User, checked_address


async def user_json(conn: Connection, user: User) -> dict[str, Any]:
    """The user with their identities; unset times are left out, as by GoTrue."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("select * from auth.identities where user_id = %s order by created_at, id", [user.id])
        identities = [_identity_json(row) for row in await cursor.fetchall()]
    factors = await factors_json(conn, user)
    fields = {
        "id": str(user.id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": user.email or "",
        "email_confirmed_at": _iso(user.email_confirmed_at),
        "phone": "",
        "confirmation_sent_at": _iso(user.confirmation_sent_at),
        "confirmed_at": _iso(user.confirmed_at),
        "recovery_sent_at": _iso(user.recovery_sent_at),
        "new_email": user.email_change or None,
        "email_change_sent_at": _iso(user.email_change_sent_at),
        "last_sign_in_at": _iso(user.last_sign_in_at),
        "app_metadata": user.raw_app_meta_data or {},
        "user_metadata": user.raw_user_meta_data or {},
        "identities": identities,
        "factors": factors or None,
        "created_at": _iso(user.created_at),
        "updated_at": _iso(user.updated_at),
        "banned_until": _iso(user.banned_until),
        "is_anonymous": user.is_anonymous,
    }
    return {name: value for name, value in fields.items() if value is not None}


async def factors_json(conn: Connection, user: User) -> list[dict[str, Any]]:
    """The user's second factors, the oldest first, also those that are not verified; without their secrets."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute("select * from auth.mfa_factors where user_id = %s order by created_at, id", [user.id])
        return [_factor_json(row) for row in await cursor.fetchall()]


def obfuscated_user_json(email: str, data: dict[str, Any], now: datetime) -> dict[str, Any]:
    """An invented user: the response to a sign-up with a taken address when confirmation is on."""
    return {
        "id": str(uuid4()),
        "aud": "authenticated",
        "role": "",
        "email": checked_address(email),
        "phone": "",
        "confirmation_sent_at": _iso(now),
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": data,
        "identities": [],
        "created_at": _iso(now),
        "updated_at": _iso(now),
        "is_anonymous": False,
    }


def _factor_json(row: dict[str, Any]) -> dict[str, Any]:
    factor = {
        "id": str(row["id"]),
        "created_at": _iso(row["created_at"]),
        "updated_at": _iso(row["updated_at"]),
        "status": row["status"],
        "friendly_name": row["friendly_name"] or None,
        "factor_type": row["factor_type"],
        "last_challenged_at": _iso(row["last_challenged_at"]),
    }
    return {name: value for name, value in factor.items() if value is not None}


def _identity_json(row: dict[str, Any]) -> dict[str, Any]:
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
