"""Verifies an access token or an API key: whether a request with it would be accepted now, and what it permits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.accounts.permissions import Role, permissions_of
from oneai.accounts.sign_in import expiry_of, session_of
from oneai.api_keys import secret as secrets
from oneai.clients import supabase_auth
from oneai.errors import Forbidden, Unauthenticated
from oneai.postgres import db

type TokenKind = Literal["access_token", "api_key"]
type ValidKeyState = Literal["active", "rotating"]
type InvalidReason = Literal[
    "token_expired",
    "token_invalid",
    "session_ended",
    "second_factor_required",
    "user_not_found",
    "account_suspended",
    "account_deleting",
    "anonymous_user",
    "invalid_api_key",
    "ip_not_allowed",
]
INVALID_STATES: dict[str, InvalidReason] = {
    "session_ended": "session_ended",
    "second_factor_required": "second_factor_required",
    "user_not_found": "user_not_found",
    "suspended": "account_suspended",
    "deleting": "account_deleting",
}


class TokenVerification(BaseModel):
    """Whether a token or key would be accepted now, and what it permits."""

    valid: bool = Field(description="Whether a request with it would be accepted.")
    kind: TokenKind | None = Field(description="The kind of token; null if it is unknown.")
    permissions: list[str] = Field(description="Its permissions; for an API key, its scopes. Empty if it is not valid.")
    user_id: UUID | None = Field(default=None, description="Its owner; null if it is not valid.")
    state: ValidKeyState | None = Field(
        default=None, description="For a valid API key: `rotating` while an earlier secret is still valid. Else null."
    )
    expires_at: datetime | None = Field(
        default=None,
        description="When it expires; null if it is not valid, and for an API key without an expiry.",
    )
    reason: InvalidReason | None = Field(
        default=None,
        description="Why it is not valid; null if it is valid. `invalid_api_key` covers API keys that never existed, "
        "are "
        "malformed, have expired, or are revoked.",
    )


@dataclass
class _TokenState:
    state: str
    role: Role


@dataclass
class _KeyVerification:
    reason: InvalidReason | None
    state: ValidKeyState | None
    user_id: UUID | None
    scopes: list[str] | None
    expires_at: datetime | None


async def verify(token: str, address: str | None) -> TokenVerification:
    """Verifies an access token or an API key, for a request from this IP address (None: unknown).

    Raises Busy if Supabase's keys have never been fetched.
    """
    if token.startswith(secrets.PREFIX):
        return await _verify_api_key(token, address)
    return await _verify_access_token(token)


async def _verify_access_token(token: str) -> TokenVerification:
    """Verifies the token's signature, its session and its user's account."""
    try:
        user = await supabase_auth.verify(token)
    except Unauthenticated as refusal:
        return _invalid(refusal.extra.get("reason", "token_invalid"), None)
    except Forbidden:
        return _invalid("anonymous_user", "access_token")
    signed = [user.user_id, session_of(user), user.aal]
    row = await db.call("select state, role from oneai.token_state(%s, %s, %s)", signed)
    account = _TokenState(*row)
    if account.state != "active":
        return _invalid(INVALID_STATES[account.state], "access_token")
    return TokenVerification(
        valid=True,
        kind="access_token",
        permissions=permissions_of(account.role),
        user_id=user.user_id,
        expires_at=expiry_of(user),
    )


async def _verify_api_key(secret: str, address: str | None) -> TokenVerification:
    """Verifies the secret's checksum, then looks it up in the database."""
    if not secrets.is_well_formed(secret):
        return _invalid("invalid_api_key", "api_key")
    row = await db.call(
        "select reason, state, user_id, scopes, expires_at from oneai.verify_api_key(%s, %s)",
        [secrets.hash_of(secret), address],
        idempotent=True,
    )
    key = _KeyVerification(*row)
    if key.reason is not None:
        return _invalid(key.reason, "api_key")
    return TokenVerification(
        valid=True,
        kind="api_key",
        permissions=key.scopes or [],
        user_id=key.user_id,
        state=key.state,
        expires_at=key.expires_at,
    )


def _invalid(reason: InvalidReason, kind: TokenKind | None) -> TokenVerification:
    return TokenVerification(valid=False, kind=kind, permissions=[], reason=reason)
