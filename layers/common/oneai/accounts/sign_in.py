"""Signing in through the API: a code for tokens, and a refresh token for new ones."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from oneai import log
from oneai.clients import supabase_auth, supabase_auth_api
from oneai.clients.supabase_auth import Principal
from oneai.errors import Unauthenticated
from oneai.postgres import db

# The last second that datetime has.
LAST = int(datetime.max.replace(tzinfo=UTC).timestamp())


class CodeExchange(BaseModel):
    """The body of `POST /api/auth/callback`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = Field(min_length=1, max_length=512, description="The `code` that Supabase redirected with; good once.")
    code_verifier: str = Field(
        min_length=43,
        max_length=128,
        pattern=r"^[A-Za-z0-9._~-]+$",
        description="What the page began the sign-in with (PKCE, RFC 7636); it never left the page until now.",
    )


class Refresh(BaseModel):
    """The body of `POST /api/auth/session`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    refresh_token: str = Field(min_length=1, max_length=4096, description="Of the last token response; good once.")


class Tokens(BaseModel):
    """Supabase's token response."""

    model_config = ConfigDict(extra="ignore")

    access_token: str = Field(description="What `Authorization: Bearer …` needs.")
    token_type: str = Field(description="`bearer`.")
    expires_in: int = Field(description="Seconds until the access token expires.")
    expires_at: int | None = Field(default=None, description="When it expires, in seconds since 1970.")
    refresh_token: str = Field(description="Good once, for `POST /api/auth/session`.")
    user: dict[str, JsonValue] = Field(description="The user as Supabase Auth describes them.")
    provider_token: str | None = Field(default=None, description="The identity provider's own access token.")
    provider_refresh_token: str | None = Field(default=None, description="The identity provider's own refresh token.")


async def exchange_code(exchange: CodeExchange) -> Tokens:
    """Completes a sign-in with PKCE, and the user's profile. Raises what `supabase_auth_api.exchange_code` does."""
    tokens = await supabase_auth_api.exchange_code(exchange.code, exchange.code_verifier)
    user = await _verified(tokens)
    await db.call("select oneai.complete_sign_in(%s)", [user.user_id], idempotent=True)
    return Tokens.model_validate(tokens)


async def refresh(refresh_token: str) -> Tokens:
    """New tokens for the session. Raises Unauthenticated where it has ended, here or at Supabase."""
    tokens = await supabase_auth_api.refresh(refresh_token)
    user = await _verified(tokens)
    await db.call(
        "select oneai.check_account(%s, %s, '{suspended, deleting}')",
        [user.user_id, session_of(user)],
        idempotent=True,
    )
    return Tokens.model_validate(tokens)


def expiry_of(user: Principal) -> datetime:
    """When the user's access token expires."""
    return datetime.fromtimestamp(min(user.expires_at, LAST), UTC)


def session_of(user: Principal) -> UUID | None:
    """The id of the user's session; None where the token names none."""
    try:
        return UUID(user.session_id) if user.session_id else None
    except ValueError:
        return None


async def _verified(tokens: dict[str, Any]) -> Principal:
    """The user of new tokens, which our own check has to accept as well."""
    try:
        return await supabase_auth.verify(tokens["access_token"])
    except Unauthenticated:
        log.error("Supabase's new access token is not valid here")
        raise
