"""Rows past their retention period, and the job that deletes them."""

from typing import Any
from uuid import UUID

from oneai import accounts
from tests.world import Database, World

A_DAY = 24 * 3600
AGES = accounts.RetentionSettings()
NOTHING = dict.fromkeys(
    (
        *("shares", "taken_down_shares", "exports", "imports", "uploads", "reservations", "alerts", "usage_events"),
        *("mails", "conversations", "provider_events", "provider_events_emptied", "ended_sessions", "rate_limits"),
        *("audit_log", "docs_ratings", "docs_searches", "refusals", "invitations", "support_requests"),
        *(
            "visitor_conversations",
            "visitors",
            "visitor_requests",
            "unconfirmed_mail_addresses",
            "visitor_mails",
            "inbox_changes",
            "inbox_presence",
            "workspace_events",
            "chatbot_budgets",
            "provider_key_sums",
            "provider_key_holds",
        ),
    ),
    0,
)


async def run_retention(world: World, days: float = 0) -> dict[str, int]:
    """The non-zero counts of a retention run after `days`, without the rates that requests of the test itself took."""
    world.database.advance(days * A_DAY)
    done = await accounts.remove_what_is_over()
    assert done.keys() == NOTHING.keys()
    return {kind: count for kind, count in done.items() if count and kind != "rate_limits"}


def insert_usage_event(database: Database, user: UUID, days_ago: float) -> None:
    """Inserts a usage event that is `days_ago` old."""
    database.rows(
        "insert into oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, "
        "subscription_tier, quota_key, charged, model_asked, cost_micro_usd, price_version) "
        "values (%s, %s, oneai.now() - make_interval(secs => %s), 'answer', 'complete', 'free', 'small_messages', 1, "
        "'maker/small', 20, 'v1')",
        user,
        user,
        days_ago * A_DAY,
    )


def roll_up(database: Database) -> None:
    database.rows("select oneai.roll_up_usage(100000)")


def list_rollups(database: Database) -> list[Any]:
    return database.rows("select q::text from oneai.usage_rollups as q order by 1")
