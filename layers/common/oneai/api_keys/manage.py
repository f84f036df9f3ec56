"""Creates, lists, changes, rotates and revokes the API keys of a user."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from oneai import cursors
from oneai.api_keys import secret as secrets
from oneai.api_keys.fields import (
    ApiKey,
    ApiKeyChanges,
    ApiKeyPage,
    Budget,
    BudgetWindow,
    KeyLimits,
    KeyMaker,
    KeyState,
    NewApiKey,
    NewSecret,
    Rotation,
    ScopeName,
)
from oneai.plans.limits_and_prices import MAX_API_KEYS
from oneai.postgres import db, request_check
from oneai.postgres.db import Principal

# Of `oneai.api_keys as k`, or of a function that returns one, without its maker.
_LISTED_COLUMNS: LiteralString = """
    k.id, k.name, k.hint, k.scopes, k.models, k.expires_at, k.budget_micro_usd, k.budget_window, k.requests_per_minute,
    k.tokens_per_minute, k.parallel, k.ip_ranges::text[] as ip_ranges, oneai.api_key_state(k) as state, k.created_at,
    k.last_used_at
"""
COLUMNS: LiteralString = f"{_LISTED_COLUMNS}, oneai.author_of(k.user_id, k.workspace_id) as made_by"


@dataclass
class _KeyRow:
    """The columns."""

    id: UUID
    name: str
    hint: str
    scopes: list[ScopeName]
    models: list[str] | None
    expires_at: datetime | None
    budget_micro_usd: int | None
    budget_window: BudgetWindow | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    parallel: int | None
    ip_ranges: list[str] | None
    state: KeyState
    created_at: datetime
    last_used_at: datetime | None
    made_by: dict[str, Any]


async def create_key(principal: Principal, new: NewApiKey) -> NewSecret:
    """Creates a key. Raises InvalidRequest for an expiry in the past and if the user has too many keys."""
    secret = secrets.generate()
    (row,) = await db.as_service(
        f"select {COLUMNS} from oneai.create_api_key(%s, %s, %s, %s, %s, %s) as k",
        [
            principal.user_id,
            principal.workspace_id,
            _json(new),
            secrets.hint_of(secret),
            secrets.hash_of(secret),
            MAX_API_KEYS,
        ],
        _KeyRow,
    )
    return _with_secret(row, secret)


async def list_keys(principal: Principal, cursor: str | None, limit: int) -> ApiKeyPage:
    """Returns the user's keys, newest first. Raises InvalidRequest for an invalid cursor."""
    position: list[object] = []
    after: LiteralString = ""
    if cursor is not None:
        created_at, last = cursors.decode(cursor, str, str)
        position = [cursors.parse_time(created_at), cursors.parse(UUID, last)]
        after = "and (k.created_at, k.id) < (%s, %s)"
    rows = await db.read_as(
        principal,
        f"""
        with makers as materialized (
          select d.user_id, oneai.author_of(d.user_id, d.workspace_id) as made_by
          from (select distinct user_id, workspace_id from oneai.api_keys where workspace_id = %s) as d
        )
        select {_LISTED_COLUMNS}, m.made_by from oneai.api_keys as k join makers as m on m.user_id = k.user_id
        where k.workspace_id = %s {after} order by k.created_at desc, k.id desc limit %s
        """,
        [principal.workspace_id, principal.workspace_id, *position, limit + 1],
        _KeyRow,
    )
    items = [_to_key(row) for row in rows[:limit]]
    following = cursors.encode(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return ApiKeyPage(items=items, next_cursor=following)


async def require_key(principal: Principal, key_id: UUID) -> None:
    """The workspace of the key becomes that of the request. Raises NotFound unless the user is a member of it, and
    RoleInsufficient unless they manage it."""
    (workspace_id,) = await db.call(
        "select oneai.require_api_key(%s, %s)", [principal.user_id, key_id], idempotent=True
    )
    request_check.enter_workspace(workspace_id)


async def update_key(principal: Principal, key_id: UUID, changes: ApiKeyChanges) -> ApiKey:
    """Changes the given fields from the next request on.

    Raises NotFound, InvalidRequest for a revoked key, and Forbidden for a user who is not its maker and would let it do
    more.
    """
    (row,) = await db.as_service(
        f"select {COLUMNS} from oneai.update_api_key(%s, %s, %s) as k",
        [principal.user_id, key_id, _json(changes)],
        _KeyRow,
    )
    return _to_key(row)


async def rotate_key(principal: Principal, key_id: UUID, rotation: Rotation) -> NewSecret:
    """Gives the key a new secret. Raises NotFound, InvalidRequest for a revoked key, and Forbidden unless the user made
    it."""
    secret = secrets.generate()
    (row,) = await db.as_service(
        f"select {COLUMNS} from oneai.rotate_api_key(%s, %s, %s, %s, %s) as k",
        [
            principal.user_id,
            key_id,
            secrets.hint_of(secret),
            secrets.hash_of(secret),
            rotation.overlap_seconds,
        ],
        _KeyRow,
    )
    return _with_secret(row, secret)


async def revoke_key(principal: Principal, key_id: UUID) -> None:
    """Revokes the key immediately and permanently. Running answers are not interrupted. Raises NotFound."""
    await db.call("select oneai.revoke_api_key(%s, %s)", [principal.user_id, key_id], idempotent=True)


def _json(fields: ApiKeyChanges) -> str:
    return json.dumps(fields.columns(), ensure_ascii=False)


def _to_key(row: _KeyRow) -> ApiKey:
    """The key as the API shows it."""
    budget = None
    if row.budget_micro_usd is not None and row.budget_window is not None:
        budget = Budget(micro_usd=row.budget_micro_usd, window=row.budget_window)
    limits = KeyLimits(
        requests_per_minute=row.requests_per_minute, tokens_per_minute=row.tokens_per_minute, parallel=row.parallel
    )
    return ApiKey(
        id=row.id,
        name=row.name,
        hint=row.hint,
        scopes=row.scopes,
        models=row.models,
        expires_at=row.expires_at,
        budget=budget,
        limits=limits if limits != KeyLimits() else None,
        ip_ranges=row.ip_ranges,
        made_by=KeyMaker(**row.made_by),
        state=row.state,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )


def _with_secret(row: _KeyRow, secret: str) -> NewSecret:
    """The key with the secret that is shown once."""
    return NewSecret(**_to_key(row).model_dump(), secret=secret)
