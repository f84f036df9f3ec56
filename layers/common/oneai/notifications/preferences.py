"""Mail preferences, and unsubscribing by link without signing in."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from oneai.errors import NotFound, Unauthenticated
from oneai.notifications.outbox import token_hash
from oneai.postgres import db
from oneai.postgres.db import Person

type Language = Literal["en", "hi"]


class Notifications(BaseModel):
    """Kinds of mail a person can turn off."""

    quota: bool = Field(description="Mail about quotas that run out.")
    summary: bool = Field(description="A mail about each month.")
    product: bool = Field(description="Mail about the product.")


class Preferences(BaseModel):
    """The answer of `GET /api/user/preferences`."""

    notifications: Notifications = Field(description="The kinds of mail the person gets; receipts come anyway.")
    language: Language = Field(description="The language of mail.")


class NotificationChanges(BaseModel):
    """Those that are to change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    quota: bool | None = Field(default=None, description="Mail about quotas that run out.")
    summary: bool | None = Field(default=None, description="A mail about each month.")
    product: bool | None = Field(default=None, description="Mail about the product.")


class PreferenceChanges(BaseModel):
    """The body of `PATCH /api/user/preferences`: what is absent or null stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    notifications: NotificationChanges | None = Field(
        default=None, description="The kinds of mail that are to change; what is absent or null stays."
    )
    language: Language | None = Field(default=None, description="The language of mail; absent or null: as it is.")


@dataclass
class _Row:
    quota: bool
    summary: bool
    product: bool
    language: Language


async def get_preferences(person: Person) -> Preferences:
    """The user's preferences; by default all mail, in English."""
    rows = await db.read_as(
        person,
        "select quota, summary, product, language from oneai.preferences where user_id = %s",
        [person.user_id],
        _Row,
    )
    return _to_preferences(rows[0] if rows else _Row(quota=True, summary=True, product=True, language="en"))


async def update_preferences(person: Person, changes: PreferenceChanges) -> Preferences:
    """Updates the given fields and returns all. Raises Unauthenticated for a deleted user."""
    notifications = changes.notifications or NotificationChanges()
    row = await db.call(
        "select p.quota, p.summary, p.product, p.language from oneai.update_preferences(%s, %s, %s, %s, %s) as p",
        [person.user_id, notifications.quota, notifications.summary, notifications.product, changes.language],
        idempotent=True,
    )
    if row is None or row[0] is None:
        raise Unauthenticated
    return _to_preferences(_Row(*row))


async def unsubscribe(token: str) -> str:
    """Unsubscribes from the topic of the mail with this token: `quota`, `summary` or `product`. Raises NotFound."""
    (topic,) = await db.call("select oneai.unsubscribe(%s)", [token_hash(token)], idempotent=True)
    if topic is None:
        raise NotFound
    return str(topic)


def _to_preferences(row: _Row) -> Preferences:
    return Preferences(
        notifications=Notifications(quota=row.quota, summary=row.summary, product=row.product), language=row.language
    )
