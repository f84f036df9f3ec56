"""The links and codes of mails: `auth.one_time_tokens`, good once and for an hour by the stack's clock.

As GoTrue does it (supabase/auth, internal/models/one_time_token.go): a link holds the hash of address and code, with a
prefix if it leads to a code for PKCE; a user has one token of each type, so a new mail voids the one before.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast
from uuid import UUID, uuid4

from stand_ins.supabase_auth.connection import Connection

LIFETIME = timedelta(hours=1)  # Supabase's default, "Email OTP expiration"
PKCE_PREFIX = "pkce_"

type TokenType = Literal[
    "confirmation_token",
    "recovery_token",
    "email_change_token_new",
    "email_change_token_current",
    "reauthentication_token",
]


@dataclass(frozen=True)
class OneTimeToken:
    """The tokens of a mail: `code` to type in, `token_hash` in the link."""

    code: str
    token_hash: str


@dataclass(frozen=True)
class UsedToken:
    """The used token and its user."""

    user_id: UUID
    token_type: TokenType


async def issue(
    conn: Connection, user_id: UUID, address: str, token_type: TokenType, *, pkce: bool = False
) -> OneTimeToken:
    """A new token of the user, in place of the previous one of its type; `address` is where its mail goes."""
    code = f"{secrets.randbelow(1_000_000):06}"
    token_hash = (PKCE_PREFIX if pkce else "") + hash_of(address, code)
    await conn.execute(
        """
        insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
        values (%(id)s, %(user_id)s, %(type)s, %(hash)s, %(address)s, %(now)s, %(now)s)
        on conflict (user_id, token_type) do update set
          id = excluded.id, token_hash = excluded.token_hash, relates_to = excluded.relates_to,
          created_at = excluded.created_at, updated_at = excluded.updated_at
        """,
        {
            "id": uuid4(),
            "user_id": user_id,
            "type": token_type,
            "hash": token_hash,
            "address": address,
            "now": conn.now,
        },
    )
    return OneTimeToken(code, token_hash)


async def use(conn: Connection, token_hashes: tuple[str, ...], token_types: tuple[TokenType, ...]) -> UsedToken | None:
    """Deletes the token with one of these hashes; None if there is none of these types, or it has expired."""
    cursor = await conn.execute(
        """
        delete from auth.one_time_tokens
        where token_hash = any(%s) and token_type = any(%s::auth.one_time_token_type[]) and created_at > %s
        returning user_id, token_type::text
        """,
        [[each.replace("\x00", "") for each in token_hashes], list(token_types), conn.now - LIFETIME],
    )
    row = await cursor.fetchone()
    return None if row is None else UsedToken(row[0], cast("TokenType", row[1]))


async def clear(conn: Connection, user_id: UUID, token_types: tuple[TokenType, ...] = ()) -> None:
    """Deletes the user's tokens of these types, or all."""
    await conn.execute(
        """
        delete from auth.one_time_tokens
        where user_id = %s and (%s or token_type = any(%s::auth.one_time_token_type[]))
        """,
        [user_id, not token_types, list(token_types)],
    )


def hash_of(address: str, code: str) -> str:
    """The hash that a link holds: SHA-224 of address and code, in hexadecimal."""
    return hashlib.sha224(f"{address}{code}".encode()).hexdigest()
