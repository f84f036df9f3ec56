"""API keys as Postgres returns them."""

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from oneai.api_keys.fields import ApiKey, Budget, BudgetWindow, KeyLimits, KeyState, NewSecret, ScopeName

# Of `oneai.api_keys as k`, or of a function that returns one.
COLUMNS: LiteralString = """
    k.id, k.name, k.hint, k.scopes, k.models, k.expires_at, k.budget_micro_usd, k.budget_window, k.requests_per_minute,
    k.tokens_per_minute, k.parallel, k.ip_ranges::text[] as ip_ranges, oneai.api_key_state(k) as state, k.created_at,
    k.last_used_at
"""


@dataclass
class KeyRow:
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


def to_key(row: KeyRow) -> ApiKey:
    """The key as the API returns it."""
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
        state=row.state,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )


def with_secret(row: KeyRow, secret: str) -> NewSecret:
    """The key with its secret, which is shown only once."""
    return NewSecret(**to_key(row).model_dump(), secret=secret)
