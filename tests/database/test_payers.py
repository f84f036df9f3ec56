"""Which tables say who pays, and which say who acts.

Only `workspace_id` says who pays. A new table belongs to one of these lists.
"""

import re

from tests.world import Database

# Money, limits and what fills them: `workspace_id` without a user.
PAYER = {
    *("billing_details", "conversation_sizes", "customer_mrr", "document_chunks", "document_page_counts"),
    *("document_summaries", "document_vectors", "invoices", "orders", "payments", "pending_revenue", "plan_grants"),
    *("quota_overrides", "quota_warnings", "search_words", "seat_orders", "storage_counts", "subscription_history"),
    *("chatbot_budgets", "chatbot_holds", "chatbot_leads", "chatbot_visitors", "inbox_conversations"),
    *("visitor_mails", "visitor_mail_refusals", "visitor_mail_stops"),
    *("inbox_replies", "inbox_tag_amounts", "inbox_texts"),
    *("inbox_changes", "inbox_counters", "workspace_events"),
    *("chatbot_days", "chatbot_quarters", "chatbot_topics"),
    *("credit_buying_limits", "credit_warnings"),
    *("credit_balances", "credit_grants", "credit_holds", "ledger_entries", "ledger_leaves", "ledger_movements"),
    *("credit_limits", "credit_prices", "provider_customers", "provider_data_keys"),
    *("provider_key_holds", "provider_key_sums"),
    "offers",
    "subscriptions",
    *("usage_anomalies", "usage_quotas", "workspace_deletions", "workspace_slugs"),
}
# What a user made or asked for, and a workspace pays for.
BOTH = {
    "provider_keys",
    *("api_keys", "audit_log", "chat_messages", "collections", "conversations", "departures", "documents"),
    *("exports", "imports", "inbox_views"),
    *("inbox_presence", "member_notifications", "outbox"),
    *("credit_blocks", "credit_orders", "credit_recharges"),
    *("chatbots", "chatbot_answers", "chatbot_grants", "chatbot_versions"),
    *("chatbot_evaluations", "chatbot_evaluation_runs"),
    *("former_member_limits", "invitations", "member_spend", "member_usage", "member_warnings", "reservations"),
    *(
        "search_entries",
        "support_requests",
        "team_trials",
        "trials",
        "usage_events",
        "usage_rollups",
        "workspace_members",
        "workspace_transfers",
    ),
}
# What belongs to a person in whichever workspace, or to the person alone.
ACTOR = {
    *("account_deletions", "active_days", "admins", "answer_followers", "answer_pieces", "consents"),
    *("conversation_summaries", "ended_sessions", "message_feedback"),
    *("inbox_notes", "preferences", "profile_pictures", "prompts", "refusals", "search_queue"),
    *("second_factor_attempts", "second_factor_uses", "shares", "suspensions", "uploads"),
}
# Rows of another row, of the operator or of the service.
NEITHER = {
    *("bank_accounts", "credit_daily_spend"),
    *("api_key_secrets", "api_key_spend", "cost_samples", "daily_active_users", "daily_errors", "daily_latency"),
    *("daily_mrr", "daily_ratings", "daily_revenue", "daily_spend", "daily_usage", "daily_users", "disputes"),
    *("docs_missed_searches", "docs_page_ratings", "embedding_models", "feedback_stats", "files_to_remove"),
    *("incident_updates", "incidents", "invoice_series", "job_cursors", "lifecycle_events", "mail_suppressions"),
    *("maintenance_mode", "model_sections", "openrouter_key_readings", "operator_alerts", "operator_time_zone"),
    *("payment_revenue", "pending_cost_checks", "pending_user_changes", "plan_document_pages", "plan_quotas"),
    *(
        "plan_storage",
        "chatbot_evaluation_results",
        "plan_chatbots",
        "price_list",
        "payment_provider_rules",
        "prices",
        "provider_events",
        "provider_operations",
        "quota_stats",
        "rate_limits",
        "refunds",
    ),
    *("chatbot_questions", "ended_mandates"),
    *("credit_package_prices", "credit_packages", "credit_payments", "credit_rates", "credit_trust_levels"),
    *("ledger_roots", "ledger_sealed_parts"),
    *("chatbot_figure_changes", "chatbot_identity_secrets", "chatbot_reports"),
    *("inbox_events", "member_messages", "visitor_requests", "visitor_mail_addresses"),
    *("reservation_lines", "share_reports", "snapshot_messages", "team_trial_days", "usage_retention"),
    *("custom_answer_slots", "set_aside_providers", "users", "workspaces"),
}


def test_every_table_says_who_pays_or_who_acts_as_listed(database: Database) -> None:
    columns = database.rows(
        "select c.relname, "
        "array(select a.attname::text from pg_attribute as a where a.attrelid = c.oid and not a.attisdropped) "
        "from pg_class as c where c.relnamespace = 'oneai'::regnamespace and c.relkind in ('r', 'p')"
    )
    found: dict[tuple[bool, bool], set[str]] = {}
    for table, names in columns:
        found.setdefault(("workspace_id" in names, "user_id" in names), set()).add(table)

    assert found[True, False] == PAYER
    assert found[True, True] == BOTH
    assert found[False, True] == ACTOR
    assert found[False, False] == NEITHER


def test_policies_of_what_a_workspace_pays_for_ask_for_membership(database: Database) -> None:
    policies = database.rows(
        "select tablename, coalesce(qual, with_check) from pg_policies "
        "where schemaname = 'oneai' and roles = '{authenticated}'"
    )
    asked = {
        (table, bool(re.search("my_(writable_|managed_)?workspaces", expression)))
        for table, expression in policies
        if table in PAYER | BOTH
    }

    assert {table for table, by_membership in asked if not by_membership} == set()
    assert {table for table, _ in asked} >= {"usage_quotas", "invoices", "documents", "conversations", "chat_messages"}


def test_nothing_of_money_is_in_the_users_row(database: Database) -> None:
    columns = set(
        database.rows("select attname::text from pg_attribute where attrelid = 'oneai.users'::regclass and attnum > 0")
    )
    moved = {"subscription_tier", "subscription_status", "subscription_id", "quota_since", "quota_anchor"}
    moved |= {"spend_day", "spend_micro_usd", "subscription_ended_by_deletion"}

    assert columns & moved == set()
