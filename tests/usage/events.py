"""Usage events as a year would leave them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.world import Database

SUMS = (
    "messages",
    "charged",
    "errors",
    "prompt_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "cached_tokens",
    "cost_micro_usd",
)


def insert_event(database: Database, user: UUID, at: datetime, **fields: Any) -> None:
    """Inserts an event of `user` at this time; `fields` override those of a small complete answer."""
    event: dict[str, Any] = {
        "purpose": "answer",
        "outcome": "complete",
        "model": "maker/small",
        "provider": "Acme",
        "prompt": 10,
        "completion": 5,
        "cost": 20,
        "first": 400,
        "duration": None,
    } | fields
    database.rows(
        "insert into oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, "
        "subscription_tier, quota_key, charged, model_asked, model_served, provider, prompt_tokens, "
        "completion_tokens, cost_micro_usd, price_version, "
        "first_token_ms, duration_ms) "
        "values (%s, %s, %s, %s, %s, 'free', 'small_messages', 1, %s, %s, %s, %s, %s, %s, 'v1', %s, %s)",
        user,
        user,
        at,
        event["purpose"],
        event["outcome"],
        event["model"],
        event["model"],
        event["provider"],
        event["prompt"],
        event["completion"],
        event["cost"],
        event["first"],
        event["duration"],
    )


def list_rollups(database: Database) -> list[Any]:
    """All rollups, in order."""
    return database.rows("select q::text from oneai.usage_rollups as q order by 1")
