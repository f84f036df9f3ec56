"""The rows and files that name a user in all tables and folders."""

from typing import Any
from uuid import UUID

from oneai.clients import s3
from oneai.errors import NotFound
from tests.accounts.full_account import FOLDERS
from tests.database.rows import all_rows
from tests.world import Database

# Tables without rows of users.
NOBODYS = {
    *("embedding_models", "model_sections", "set_aside_providers", "custom_answer_slots"),
    *("maintenance_mode", "incidents", "incident_updates"),
    *("plan_quotas", "daily_spend", "credit_daily_spend", "cost_samples", "openrouter_key_readings"),
    *("usage_retention", "quota_stats", "job_cursors", "mail_suppressions"),
    *("prices", "invoice_series", "plan_storage", "plan_chatbots", "plan_document_pages", "feedback_stats"),
    *("operator_time_zone", "daily_usage", "daily_latency", "daily_errors", "daily_active_users", "daily_users"),
    *("daily_ratings", "daily_revenue", "daily_mrr", "pending_user_changes"),
    *("docs_page_ratings", "docs_missed_searches"),
    *("workspace_deletions", "workspace_transfers"),  # rows of teams: tests/workspaces
    *("bank_accounts", "price_list", "payment_provider_rules", "team_trial_days", "workspace_slugs"),
    *("visitor_requests", "chatbot_figure_changes"),  # which name neither: a chatbot and hashes or sums, for an hour
    *("credit_payments", "ended_mandates"),  # which name a payment and an order, and a token at the provider
    *("credit_packages", "credit_package_prices", "credit_rates", "credit_trust_levels"),
    *("ledger_roots", "ledger_sealed_parts"),
    "pending_revenue",  # whose rows any run of the job adds up; tests/analytics erases users who have some
}
# They name the workspace and no user, and their rows are linked in a chain.
LEDGER = {"credit_balances", "credit_grants", "credit_holds", "ledger_entries", "ledger_leaves", "ledger_movements"}


def tables_without(database: Database, user: UUID) -> set[str]:
    """Tables without a row of this user: those that `create_full_account` does not cover yet."""
    ids = {str(user)[:18]} | {
        str(each)
        for each in (
            user,
            *database.rows("select id from oneai.subscriptions where workspace_id = %s", user),
            *database.rows("select id from oneai.payments where workspace_id = %s", user),
            *database.rows("select id from oneai.chat_messages where user_id = %s", user),
            *database.rows("select id from oneai.shares where user_id = %s", user),
            *database.rows("select id from oneai.documents where workspace_id = %s", user),
            *database.rows("select id from oneai.chatbots where workspace_id = %s", user),
            *database.rows("select conversation_id from oneai.inbox_conversations where workspace_id = %s", user),
            *database.rows("select id from oneai.api_keys where user_id = %s", user),
        )
    }
    rows = all_rows(database)
    return {table for table in rows if not any(each in row for each in ids for row in rows[table])} - NOBODYS


def rows_naming(database: Database, *names: UUID | str) -> dict[str, list[str]]:
    """Every row that has this id or address anywhere: in a column of its own, in a text, deep in JSON."""
    found = {
        table: [row for row in rows if any(str(name) in row for name in names)]
        for table, rows in all_rows(database).items()
    }
    return {table: rows for table, rows in found.items() if rows}


async def files_of(user: UUID) -> int:
    """The number of this user's stored objects."""
    count = 0
    for folder in FOLDERS:
        for name in ("1", "2/0.png"):
            count += await _is_there(f"{folder}/{user}/{name}")
    return count


async def _is_there(key: str) -> bool:
    try:
        await s3.head(key)
    except NotFound:
        return False
    return True


def lost_rows(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, Any]:
    """Rows that were there before and are not now, by table; but for what users share."""
    moving = {"daily_spend", "invoice_series", "pending_revenue", "pending_user_changes"}
    moving |= {table for table in before if table.startswith("daily_")}
    lost = {table: set(before[table]) - set(after[table]) for table in before if table not in moving}
    return {table: rows for table, rows in lost.items() if rows}
