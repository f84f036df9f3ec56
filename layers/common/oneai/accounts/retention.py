"""The daily job that deletes rows past their retention period, in batches, one kind after the other."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import LiteralString

from oneai import log, settings
from oneai.chat import jobs
from oneai.errors import OneAIError
from oneai.postgres import db
from oneai.settings import SettingsError

# Rows deleted per statement. Other statements may wait for its locks.
BATCH = 1000
BATCH_SECONDS = 60
# A plan change adds up the reservations of the month, and the refund of a yearly payment those of the whole year.
# The audit log rejects deletes of younger rows.
# A budget of a month is an event once in the month.
MIN_DAYS = {"settled_reservations_days": 366, "audit_log_days": 365, "workspace_events_days": 32}


@dataclass(frozen=True)
class RetentionSettings:
    """Retention in days after the end of each kind. Minimums: 366 for reservations, 365 for the audit log, else 1."""

    closed_shares_days: int = 30
    # Longer, so that operators can answer questions about a takedown.
    taken_down_shares_days: int = 365
    finished_transfers_days: int = 30
    # Operators can look up the units and terms of each answer this long; usage events store its cost.
    settled_reservations_days: int = 400
    acknowledged_alerts_days: int = 180
    # Long enough for a user to ask, and for support to answer.
    refusals_days: int = 30
    # Much longer than the same trigger can recur: the row prevents a second mail.
    settled_mails_days: int = 365
    usage_events_days: int = 730
    # Longer than any access token is valid. Sessions that Supabase could still refresh remain ended forever.
    ended_sessions_days: int = 8
    # Provider events can be replayed, and serve as evidence in disputes, this long.
    provider_events_days: int = 400
    # Shorter for events that matched nothing or could not be processed, because they contain personal data.
    stored_events_days: int = 30
    unapplied_events_days: int = 90
    # Five years, because disputes about who did what may come late. After an erasure its rows contain no names.
    audit_log_days: int = 1825
    # Long enough to see who was invited and by whom.
    ended_invitations_days: int = 30
    # A year in which an offer may still be discussed.
    answered_requests_days: int = 365
    # Feedback on the documentation and searches without results: long enough to act on them.
    docs_feedback_days: int = 365
    # Longer than a year, so that the same month of two years can be compared.
    chatbot_budgets_days: int = 400
    provider_key_sums_days: int = 400
    # What readers of events have not taken by then is lost to them.
    workspace_events_days: int = 35


@dataclass
class _DeletedRow:
    one: int


type Removal = Callable[[], Awaitable[int]]


async def remove_what_is_over(seconds: float = 240.0) -> dict[str, int]:
    """Deletes expired rows for at most `seconds` and returns the number per kind. The next run continues.

    Safe to interrupt and to run concurrently: locked rows are skipped. A kind that fails does not block the others; its
    error is raised after all of them.
    """
    ages = _read_settings()
    deadline = time.monotonic() + seconds
    failed: OneAIError | None = None
    counts: dict[str, int] = {}
    for kind, removal in _removals(ages).items():
        counts[kind] = 0
        try:
            async for count in _batches(removal, deadline):
                counts[kind] += count
        except OneAIError as error:
            log.exception("expired rows could not be removed", kind=kind)
            failed = failed or error
    counts["conversations"] = await jobs.delete_expired_temporary()
    if failed is not None:
        raise failed
    return counts


def _read_settings() -> RetentionSettings:
    ages = settings.read(RetentionSettings)
    for name, days in vars(ages).items():
        least = MIN_DAYS.get(name, 1)
        if days < least:
            raise SettingsError(
                f"The setting {name.upper()} is less than {'a day' if least == 1 else f'{least} days'}."
            )
    return ages


async def _batches(removal: Removal, deadline: float) -> AsyncIterator[int]:
    count = BATCH
    while count == BATCH and time.monotonic() < deadline:
        count = await removal()
        yield count


def _removals(ages: RetentionSettings) -> dict[str, Removal]:
    """Returns a function for each kind that deletes one batch and returns the number of rows."""

    def rows(query: LiteralString, days: int) -> Removal:
        async def removed() -> int:
            return len(await db.as_service(query, [days, BATCH], _DeletedRow))

        return removed

    async def usage() -> int:
        (count,) = await db.call_long(
            "select oneai.delete_rolled_up_usage(%s, %s)", [ages.usage_events_days, BATCH], seconds=BATCH_SECONDS
        )
        return int(count)

    async def audit_log() -> int:
        (count,) = await db.call_long(
            "select oneai.delete_audit_log(%s, %s)", [ages.audit_log_days, BATCH], seconds=BATCH_SECONDS
        )
        return int(count)

    async def visitor_conversations() -> int:
        (count,) = await db.call_long(
            "select oneai.delete_old_visitor_conversations(%s)", [BATCH], seconds=BATCH_SECONDS
        )
        return int(count)

    async def visitors() -> int:
        (count,) = await db.call_long("select oneai.delete_old_visitors(%s)", [BATCH], seconds=BATCH_SECONDS)
        return int(count)

    async def unconfirmed_mail_addresses() -> int:
        (count,) = await db.call_long(
            "select oneai.delete_unconfirmed_mail_addresses(%s)", [BATCH], seconds=BATCH_SECONDS
        )
        return int(count)

    async def visitor_mails() -> int:
        (count,) = await db.call_long("select oneai.delete_old_visitor_mails(%s)", [BATCH], seconds=BATCH_SECONDS)
        return int(count)

    async def inbox_changes() -> int:
        (count,) = await db.call_long("select oneai.delete_old_inbox_changes(%s)", [BATCH], seconds=BATCH_SECONDS)
        return int(count)

    async def workspace_events() -> int:
        (count,) = await db.call_long(
            "select oneai.delete_old_events(%s, %s)", [ages.workspace_events_days, BATCH], seconds=BATCH_SECONDS
        )
        return int(count)

    async def emptied() -> int:
        """Clears the bodies of events of erased users, and of events that matched nothing."""
        (count,) = await db.call_long(
            "select oneai.purge_event_bodies(%s, %s, %s)",
            [BATCH, ages.stored_events_days, ages.unapplied_events_days],
            seconds=BATCH_SECONDS,
        )
        return int(count)

    return {
        "shares": rows(CLOSED_SHARES, ages.closed_shares_days),
        "taken_down_shares": rows(TAKEN_DOWN_SHARES, ages.taken_down_shares_days),
        "exports": rows(FINISHED_EXPORTS, ages.finished_transfers_days),
        "imports": rows(FINISHED_IMPORTS, ages.finished_transfers_days),
        # `functions/remove_files` usually deletes them earlier, with their files.
        "uploads": rows(EXPIRED_UPLOADS, 1),
        "reservations": rows(SETTLED_RESERVATIONS, ages.settled_reservations_days),
        "alerts": rows(ACKNOWLEDGED_ALERTS, ages.acknowledged_alerts_days),
        "refusals": rows(REFUSALS, ages.refusals_days),
        "invitations": rows(ENDED_INVITATIONS, ages.ended_invitations_days),
        "support_requests": rows(ANSWERED_REQUESTS, ages.answered_requests_days),
        "ended_sessions": rows(ENDED_SESSIONS, ages.ended_sessions_days),
        "rate_limits": rows(EMPTY_RATE_LIMITS, 0),
        "mails": rows(SETTLED_MAILS, ages.settled_mails_days),
        "usage_events": usage,
        "provider_events": rows(PROVIDER_EVENTS, ages.provider_events_days),
        "provider_events_emptied": emptied,
        "audit_log": audit_log,
        "docs_ratings": rows(DOCS_RATINGS, ages.docs_feedback_days),
        "docs_searches": rows(DOCS_SEARCHES, ages.docs_feedback_days),
        # Each chatbot has its own number of days.
        "visitor_conversations": visitor_conversations,
        "visitors": visitors,
        "visitor_requests": rows(VISITOR_REQUESTS, 0),
        "unconfirmed_mail_addresses": unconfirmed_mail_addresses,
        "visitor_mails": visitor_mails,
        "inbox_changes": inbox_changes,
        "inbox_presence": rows(ENDED_PRESENCE, 0),
        "workspace_events": workspace_events,
        "chatbot_budgets": rows(CHATBOT_BUDGETS, ages.chatbot_budgets_days),
        "provider_key_sums": rows(PROVIDER_KEY_SUMS, ages.provider_key_sums_days),
        "provider_key_holds": rows(PROVIDER_KEY_HOLDS, ages.provider_key_sums_days),
    }


CLOSED_SHARES: LiteralString = """
    delete from oneai.shares where id in (
      select id from oneai.shares
      where taken_down_at is null and least(expires_at, revoked_at) <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
TAKEN_DOWN_SHARES: LiteralString = """
    delete from oneai.shares where id in (
      select id from oneai.shares where taken_down_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
FINISHED_EXPORTS: LiteralString = """
    delete from oneai.exports where id in (
      select id from oneai.exports
      where state in ('failed', 'expired') and created_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
FINISHED_IMPORTS: LiteralString = """
    delete from oneai.imports where id in (
      select id from oneai.imports
      where state in ('done', 'failed') and coalesce(ended_at, created_at) <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
EXPIRED_UPLOADS: LiteralString = """
    delete from oneai.uploads where id in (
      select id from oneai.uploads where expires_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
SETTLED_RESERVATIONS: LiteralString = """
    delete from oneai.reservations where id in (
      select id from oneai.reservations where settled_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
ACKNOWLEDGED_ALERTS: LiteralString = """
    delete from oneai.operator_alerts where id in (
      select id from oneai.operator_alerts where acknowledged_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
REFUSALS: LiteralString = """
    delete from oneai.refusals where request_id in (
      select request_id from oneai.refusals where created_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
ENDED_INVITATIONS: LiteralString = """
    delete from oneai.invitations where id in (
      select id from oneai.invitations
      where least(expires_at, revoked_at, accepted_at) <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
ANSWERED_REQUESTS: LiteralString = """
    delete from oneai.support_requests where id in (
      select id from oneai.support_requests where answered_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
ENDED_SESSIONS: LiteralString = """
    delete from oneai.ended_sessions where session_id in (
      select session_id from oneai.ended_sessions
      where ended_at <= oneai.now() - make_interval(days => %s) and not oneai.session_exists(session_id)
      limit %s for update skip locked)
    returning 1 as one
"""
ENDED_PRESENCE: LiteralString = """
    delete from oneai.inbox_presence where (conversation_id, user_id) in (
      select conversation_id, user_id from oneai.inbox_presence
      where present_until <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
# `oneai.take_rate` treats an absent row as it treats one in the past. Some keys contain an address.
EMPTY_RATE_LIMITS: LiteralString = """
    delete from oneai.rate_limits where (subject, limit_name) in (
      select subject, limit_name from oneai.rate_limits
      where empty_at <= extract(epoch from oneai.now() - make_interval(days => %s)) * 1000000
      limit %s for update skip locked)
    returning 1 as one
"""
VISITOR_REQUESTS: LiteralString = """
    delete from oneai.visitor_requests where ctid = any (array(
      select ctid from oneai.visitor_requests
      where asked_at <= oneai.now() - interval '1 hour' - make_interval(days => %s)
        and (kind in ('question', 'session') or asked_at <= oneai.now() - interval '1 day')
      limit %s))
    returning 1 as one
"""
CHATBOT_BUDGETS: LiteralString = """
    delete from oneai.chatbot_budgets where (workspace_id, chatbot_id, period, starts_at) in (
      select workspace_id, chatbot_id, period, starts_at from oneai.chatbot_budgets
      where starts_at <= oneai.now() - make_interval(days => %s) limit %s)
    returning 1 as one
"""
PROVIDER_KEY_SUMS: LiteralString = """
    delete from oneai.provider_key_sums where (workspace_id, provider_key_id, period, starts_at) in (
      select workspace_id, provider_key_id, period, starts_at from oneai.provider_key_sums
      where starts_at <= oneai.now() - make_interval(days => %s) limit %s)
    returning 1 as one
"""
PROVIDER_KEY_HOLDS: LiteralString = """
    delete from oneai.provider_key_holds where reservation_id in (
      select reservation_id from oneai.provider_key_holds
      where settled_at <= oneai.now() - make_interval(days => %s) limit %s)
    returning 1 as one
"""
SETTLED_MAILS: LiteralString = """
    delete from oneai.outbox where id in (
      select id from oneai.outbox where settled_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
PROVIDER_EVENTS: LiteralString = """
    delete from oneai.provider_events where (payment_provider, event_id) in (
      select payment_provider, event_id from oneai.provider_events
      where state <> 'pending' and received_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
DOCS_RATINGS: LiteralString = """
    delete from oneai.docs_page_ratings where id in (
      select id from oneai.docs_page_ratings where created_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
DOCS_SEARCHES: LiteralString = """
    delete from oneai.docs_missed_searches where words in (
      select words from oneai.docs_missed_searches where last_at <= oneai.now() - make_interval(days => %s)
      limit %s for update skip locked)
    returning 1 as one
"""
