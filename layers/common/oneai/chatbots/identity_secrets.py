"""The secrets with which a website's server signs who a visitor is.

A secret is the HMAC-SHA-256 of its random id under a key of the deployment (`IDENTITY_KEYS`), as tokens of share links
are. So it can verify signatures, and the database has only its SHA-256: a copy of the database signs nothing.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from oneai import settings
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.settings import SettingsError

_MIN_KEY_CHARACTERS = 32
_PREFIX = "identity-"


@dataclass(frozen=True)
class IdentitySettings:
    """`identity_keys` make identity secrets: the first makes new ones. A secret is good as long as the key that made it
    is among them."""

    identity_keys: tuple[str, ...] = ()


class NewIdentitySecret(Fields):
    """The body of `POST /api/chatbots/{id}/identity-secrets`."""

    overlap_hours: int = Field(
        default=24, ge=0, le=168, description="For how many hours the secret before is accepted too."
    )


# The default for an empty body.
ANOTHER_SECRET = NewIdentitySecret()


class IdentitySecret(BaseModel):
    """A secret that is accepted, without its text."""

    id: UUID = Field(description="Its id.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime | None = Field(description="Until when it is accepted; null: until it is replaced.")


class IdentitySecretMade(IdentitySecret):
    """A new secret with its text, which is shown this one time."""

    secret: str = Field(description="The secret, for the website's server alone. It is not shown again.")


class IdentitySecretList(BaseModel):
    """The secrets of a chatbot."""

    items: list[IdentitySecret] = Field(description="The secrets that are accepted, newest first: at most two.")


async def add_secret(principal: Principal, chatbot_id: UUID, new: NewIdentitySecret) -> IdentitySecretMade:
    """Makes a secret; the one before is accepted for `overlap_hours` more. Raises ChatbotNotFound, RoleInsufficient,
    SettingsError."""
    secret_id = uuid4()
    secret = _made(_keys()[0], secret_id)
    (row,) = await db.call(
        "select oneai.add_identity_secret(%s, %s, %s, %s, %s)",
        [principal.user_id, chatbot_id, secret_id, _digest(secret), timedelta(hours=new.overlap_hours)],
    )
    return IdentitySecretMade.model_validate(row | {"secret": secret})


async def list_secrets(principal: Principal, chatbot_id: UUID) -> IdentitySecretList:
    """The secrets that are accepted. Raises ChatbotNotFound, RoleInsufficient."""
    (rows,) = await db.call("select oneai.list_identity_secrets(%s, %s)", [principal.user_id, chatbot_id])
    return IdentitySecretList.model_validate({"items": rows})


async def remove_secret(principal: Principal, chatbot_id: UUID, secret_id: UUID) -> None:
    """Removes a secret at once. Raises ChatbotNotFound, NotFound, RoleInsufficient."""
    await db.call("select oneai.remove_identity_secret(%s, %s, %s)", [principal.user_id, chatbot_id, secret_id])


def secrets_of(rows: list[dict[str, Any]]) -> list[str]:
    """The texts of secrets, newest first, from their rows of `oneai.identity_secrets_of`; without those whose key was
    removed. Raises SettingsError."""
    return [
        secret
        for row in rows
        for key in _keys()
        if hmac.compare_digest(_digest(secret := _made(key, UUID(row["id"]))), bytes.fromhex(row["digest"]))
    ]


@settings.cached
def _keys() -> tuple[str, ...]:
    keys = settings.read(IdentitySettings).identity_keys
    if not keys or any(len(key) < _MIN_KEY_CHARACTERS for key in keys):
        raise SettingsError(f"The setting IDENTITY_KEYS needs keys of {_MIN_KEY_CHARACTERS} characters or more.")
    return keys


def _made(key: str, secret_id: UUID) -> str:
    made = hmac.digest(key.encode(), b"oneai identity secret " + secret_id.bytes, "sha256")
    return _PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
