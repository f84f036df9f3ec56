"""Creates, lists, changes, rotates and revokes the API keys of a user."""

import json
from typing import LiteralString
from uuid import UUID

from oneai import cursors
from oneai.api_keys import secret as secrets
from oneai.api_keys.fields import ApiKey, ApiKeyChanges, ApiKeyPage, NewApiKey, NewSecret, Rotation
from oneai.api_keys.rows import COLUMNS, KeyRow, to_key, with_secret
from oneai.errors import NotFound
from oneai.plans.catalog import MAX_API_KEYS
from oneai.postgres import db
from oneai.postgres.db import Person


async def create_key(person: Person, new: NewApiKey) -> NewSecret:
    """Creates a key. Raises InvalidRequest for an expiry in the past and if the user has too many keys."""
    secret = secrets.generate()
    (row,) = await db.as_service(
        f"select {COLUMNS} from oneai.create_api_key(%s, %s, %s, %s, %s) as k",
        [person.user_id, _json(new), secrets.hint_of(secret), secrets.hash_of(secret), MAX_API_KEYS],
        KeyRow,
    )
    return with_secret(row, secret)


async def list_keys(person: Person, cursor: str | None, limit: int) -> ApiKeyPage:
    """Returns the user's keys, newest first. Raises InvalidRequest for an invalid cursor."""
    position: list[object] = []
    after: LiteralString = ""
    if cursor is not None:
        created_at, last = cursors.decode(cursor, str, str)
        position = [cursors.parse_time(created_at), cursors.parse(UUID, last)]
        after = "and (k.created_at, k.id) < (%s, %s)"
    rows = await db.read_as(
        person,
        f"""
        select {COLUMNS} from oneai.api_keys as k where k.user_id = %s {after}
        order by k.created_at desc, k.id desc limit %s
        """,
        [person.user_id, *position, limit + 1],
        KeyRow,
    )
    items = [to_key(row) for row in rows[:limit]]
    following = cursors.encode(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return ApiKeyPage(items=items, next_cursor=following)


async def require_key(person: Person, key_id: UUID) -> None:
    """Raises NotFound unless this is a key of the user."""
    if not await db.read_as(
        person, "select id from oneai.api_keys where id = %s and user_id = %s", [key_id, person.user_id], dict
    ):
        raise NotFound


async def update_key(person: Person, key_id: UUID, changes: ApiKeyChanges) -> ApiKey:
    """Changes the given fields from the next request on. Raises NotFound, and InvalidRequest for a revoked key."""
    (row,) = await db.as_service(
        f"select {COLUMNS} from oneai.update_api_key(%s, %s, %s) as k",
        [person.user_id, key_id, _json(changes)],
        KeyRow,
    )
    return to_key(row)


async def rotate_key(person: Person, key_id: UUID, rotation: Rotation) -> NewSecret:
    """Gives the key a new secret. Raises NotFound, and InvalidRequest for a revoked key."""
    secret = secrets.generate()
    (row,) = await db.as_service(
        f"select {COLUMNS} from oneai.rotate_api_key(%s, %s, %s, %s, %s) as k",
        [person.user_id, key_id, secrets.hint_of(secret), secrets.hash_of(secret), rotation.overlap_seconds],
        KeyRow,
    )
    return with_secret(row, secret)


async def revoke_key(person: Person, key_id: UUID) -> None:
    """Revokes the key immediately and permanently. Running answers are not interrupted. Raises NotFound."""
    (revoked,) = await db.call("select oneai.revoke_api_key(%s, %s)", [person.user_id, key_id], idempotent=True)
    if not revoked:
        raise NotFound


def _json(fields: ApiKeyChanges) -> str:
    return json.dumps(fields.columns(), ensure_ascii=False)
