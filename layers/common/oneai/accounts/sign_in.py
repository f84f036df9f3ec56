"""Signing in through the API: exchanges a code for tokens, and a refresh token for new ones."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from oneai import log
from oneai.clients import supabase_auth, supabase_auth_api
from oneai.clients.supabase_auth import UserPrincipal
from oneai.errors import Unauthenticated
from oneai.postgres import db

# The last second that datetime supports.
LAST = int(datetime.max.replace(tzinfo=UTC).timestamp())


class CodeExchange(BaseModel):
    """The body of `POST /api/auth/callback`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    code: str = Field(min_length=1, max_length=512, description="The `code` of Supabase's redirect; valid once.")
    code_verifier: str = Field(
        min_length=43,
        max_length=128,
        pattern=r"^[A-Za-z0-9._~-]+$",
        description="The PKCE code verifier (RFC 7636), which the page created when it started the sign-in.",
    )


class Refresh(BaseModel):
    """The body of `POST /api/auth/session`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    refresh_token: str = Field(min_length=1, max_length=4096, description="From the last token response; valid once.")


class Tokens(BaseModel):
    """Supabase's token response."""

    model_config = ConfigDict(extra="ignore")

    access_token: str = Field(description="The token for `Authorization: Bearer …`.")
    token_type: str = Field(description="`bearer`.")
    expires_in: int = Field(description="Seconds until the access token expires.")
    expires_at: int | None = Field(default=None, description="When it expires, in seconds since 1970.")
    refresh_token: str = Field(description="Valid once, for `POST /api/auth/session`.")
    user: dict[str, JsonValue] = Field(description="The user as Supabase Auth describes them.")
    provider_token: str | None = Field(default=None, description="The identity provider's own access token.")
    provider_refresh_token: str | None = Field(default=None, description="The identity provider's own refresh token.")


async def exchange_code(exchange: CodeExchange) -> Tokens:
    """Completes a sign-in with PKCE and creates the user's profile. Raises what `supabase_auth_api.exchange_code`
    does."""
    tokens = await supabase_auth_api.exchange_code(exchange.code, exchange.code_verifier)
    user = await _verified(tokens)
    await db.call("select oneai.complete_sign_in(%s)", [user.user_id], idempotent=True)
    return Tokens.model_validate(tokens)


async def refresh(refresh_token: str) -> Tokens:
    """Returns new tokens for the session, which need no second factor. Raises Unauthenticated if the session has ended,
    here or at Supabase."""
    tokens = await supabase_auth_api.refresh(refresh_token)
    user = await _verified(tokens)
    await db.call(
        "select oneai.check_account(%s, %s, %s, '{suspended, deleting, aal1}')",
        [user.user_id, session_of(user), user.aal],
        idempotent=True,
    )
    return Tokens.model_validate(tokens)


def expiry_of(user: UserPrincipal) -> datetime:
    """When the user's access token expires."""
    return datetime.fromtimestamp(min(user.expires_at, LAST), UTC)


def session_of(user: UserPrincipal) -> UUID | None:
    """The id of the user's session; None if the token does not contain one."""
    try:
        return UUID(user.session_id) if user.session_id else None
    except ValueError:
        return None


async def _verified(tokens: dict[str, Any]) -> UserPrincipal:
    """Verifies the new tokens with our own check and returns their user."""
    try:
        return await supabase_auth.verify(tokens["access_token"])
    except Unauthenticated:
        log.error("Supabase's new access token is not valid here")
        raise
