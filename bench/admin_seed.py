"""Fills a database for operators' pages: by default 1,000,000 users, 1,000,000 usage events of a year, 2,000,000
messages, 1,000,000 actions in the audit log, and subscriptions of a fiftieth of the users.

Rows are loaded by COPY without triggers, indexes are built last, and sums are added as the job does it. Rows are in the
order of time, as in production, so that few pages hold a quarter of an hour. Each run creates the same rows.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from bench.conversation_seed import new_id
from bench.loading import bulk_connection, copy, indexes_last
from bench.progress import Progress
from bench.report import step

MODELS = [f"maker/model-{n}" for n in range(12)]
PROVIDERS = [f"provider-{n}" for n in range(5)]
ACTIONS = (*("session.create", "session.revoke") * 8, *("api_key.create", "plan.change") * 2, "payment.refund")
# One user in 1,000 is suspended, one subscription in 50 is past due.
SUSPENDED_EACH, PAST_DUE_EACH = 1_000, 50
TIERS = ("free", "free", "free", "pro", "enterprise")
YEAR = timedelta(days=365)
# Messages per conversation, and users per customer.
MESSAGES_EACH, PEOPLE_EACH = 20, 50
TABLES = (
    *("users", "audit_log", "usage_events", "conversations", "chat_messages", "subscriptions", "payments"),
    *("pending_user_changes", "pending_revenue"),
)


@dataclass(frozen=True)
class Size:
    """The number of rows of each kind."""

    people: int = 1_000_000
    messages: int = 2_000_000
    events: int = 1_000_000
    acts: int = 1_000_000

    def part(self, share: float) -> "Size":
        """A smaller size of the same proportions."""
        return Size(*(round(count * share) for count in (self.people, self.messages, self.events, self.acts)))


def fill(address: str, size: Size) -> datetime:
    """Fills the empty database at `address` (a superuser's) and analyzes it. Returns the time of the database."""
    chance = random.Random(2026)
    with bulk_connection(address) as connection:
        row = connection.execute("select oneai.now()").fetchone()
        assert row is not None
        now: datetime = row[0]
        people = [new_id(chance) for _ in range(size.people)]
        auth_users = ((user, f"{user}@example.com") for user in people)
        copy(connection, "users of Auth", AUTH_USERS, auth_users, size.people)
        with indexes_last(connection, TABLES):
            _load(connection, chance, people, size, now)
        step("analyzing")
        connection.execute("vacuum analyze")
        _add_up(connection)
        step("analyzing")
        connection.execute("vacuum analyze")
    return now.astimezone(UTC)


def _load(
    connection: psycopg.Connection[Any], chance: random.Random, people: list[UUID], size: Size, now: datetime
) -> None:
    copy(connection, "people", USERS, _users(people, now), size.people)
    copy(connection, "workspaces", WORKSPACES, _workspaces(chance, people, now), size.people)
    members = ((user, user, "owner", _moment(n, len(people), now)) for n, user in enumerate(people))
    copy(connection, "members", MEMBERS, members, size.people)
    copy(connection, "acts", ACTS, _acts(chance, people, size.acts, now), size.acts)
    copy(connection, "usage events", EVENTS, _events(chance, people, size.events, now), size.events)
    conversations = [(new_id(chance), chance.choice(people)) for _ in range(size.messages // MESSAGES_EACH)]
    talks = ((*each, each[1], "A talk", now, now) for each in conversations)
    copy(connection, "conversations", CONVERSATIONS, talks, len(conversations))
    copy(connection, "messages", MESSAGES, _messages(chance, conversations, now), size.messages)
    customers = people[: max(size.people // PEOPLE_EACH, 10)]
    subscriptions = [(new_id(chance), user, now - YEAR * chance.random()) for user in customers]
    copy(connection, "subscriptions", SUBSCRIPTIONS, _subscriptions(subscriptions), len(subscriptions))
    payments = sorted(_payments(chance, subscriptions, now), key=lambda row: row[8])
    copy(connection, "payments", PAYMENTS, payments, len(payments))
    connection.execute(QUEUE_USERS)
    connection.execute(QUEUE_PAYMENTS)


AUTH_USERS: LiteralString = "copy auth.users (id, email) from stdin"
USERS: LiteralString = "copy oneai.users (id, email, name, created_at, suspended_at) from stdin"
WORKSPACES: LiteralString = "copy oneai.workspaces (id, kind, subscription_tier, created_at) from stdin"
MEMBERS: LiteralString = "copy oneai.workspace_members (user_id, workspace_id, role, joined_at) from stdin"
ACTS: LiteralString = """
    copy oneai.audit_log (created_at, actor_kind, actor, action, user_id, request_id) from stdin"""
EVENTS: LiteralString = """
    copy oneai.usage_events (workspace_id, user_id, created_at, purpose, outcome, error_code, subscription_tier,
      quota_key, charged, model_asked, model_served, provider, prompt_tokens, completion_tokens, cost_micro_usd,
        price_version,
      first_token_ms, duration_ms) from stdin"""
CONVERSATIONS: LiteralString = (
    "copy oneai.conversations (id, user_id, workspace_id, title, created_at, updated_at) from stdin"
)
MESSAGES: LiteralString = """
    copy oneai.chat_messages (id, conversation_id, user_id, workspace_id, role, content, model_id, parent_message_id,
      sequence_number, is_latest, created_at) from stdin"""
SUBSCRIPTIONS: LiteralString = """
    copy oneai.subscriptions (id, workspace_id, plan_id, status, payment_provider, provider_subscription_id, period,
      currency, amount, created_at) from stdin"""
PAYMENTS: LiteralString = """
    copy oneai.payments (id, workspace_id, subscription_id, payment_provider, provider_payment_id, amount, currency,
      status, captured_at, created_at, tier, period_start, period_end) from stdin"""

QUEUE_USERS: LiteralString = """
    insert into oneai.pending_user_changes (at, deleted) select created_at, false from oneai.users"""
QUEUE_PAYMENTS: LiteralString = """
    insert into oneai.pending_revenue (payment_id, workspace_id) select id, workspace_id from oneai.payments"""


def _moment(number: int, count: int, now: datetime) -> datetime:
    """The time of the row with this number: rows are spread over the year, in its order."""
    return now - YEAR * (count - number) / count


def _users(people: list[UUID], now: datetime) -> Iterator[tuple[Any, ...]]:
    for n, user in enumerate(people):
        began = _moment(n, len(people), now)
        suspended_at = None if n % SUSPENDED_EACH else began
        yield user, f"{user}@example.com", f"Person {n}", began, suspended_at


def _workspaces(chance: random.Random, people: list[UUID], now: datetime) -> Iterator[tuple[Any, ...]]:
    for n, user in enumerate(people):
        yield user, "personal", chance.choice(TIERS), _moment(n, len(people), now)


def _acts(chance: random.Random, people: list[UUID], count: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        user = chance.choice(people)
        yield _moment(n, count, now), "user", str(user), chance.choice(ACTIONS), user, f"request-{n}"


def _events(chance: random.Random, people: list[UUID], count: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    for n in range(count):
        model, failed, user = chance.choice(MODELS), chance.random() < 0.02, chance.choice(people)
        yield (
            user,
            user,
            _moment(n, count, now),
            "answer",
            "failed" if failed else "complete",
            "upstream_error" if failed else None,
            chance.choice(TIERS),
            "small_messages",
            0 if failed else 1,
            model,
            model,
            chance.choice(PROVIDERS),
            chance.randrange(2000),
            chance.randrange(500),
            chance.randrange(3000),
            "v1",
            None if failed else chance.randrange(200, 4000),
            None if failed else chance.randrange(1000, 60_000),
        )


def _messages(
    chance: random.Random, conversations: list[tuple[UUID, UUID]], now: datetime
) -> Iterator[tuple[Any, ...]]:
    for conversation, user in conversations:
        began, parent = now - YEAR * chance.random(), None
        for n in range(MESSAGES_EACH):
            role, id_ = "assistant" if n % 2 else "user", new_id(chance)
            text, at = f"Message {n} of a talk.", began + timedelta(minutes=n)
            yield id_, conversation, user, user, role, text, MODELS[0], parent, n + 1, True, at
            parent = id_


def _subscriptions(subscriptions: list[tuple[UUID, UUID, datetime]]) -> Iterator[tuple[Any, ...]]:
    for n, (id_, user, began) in enumerate(subscriptions):
        status = "active" if n % PAST_DUE_EACH else "past_due"
        yield id_, user, "pro", status, "razorpay", f"sub_{id_.hex[:14]}", "monthly", "INR", 79_900, began


def _payments(
    chance: random.Random, subscriptions: list[tuple[UUID, UUID, datetime]], now: datetime
) -> Iterator[tuple[Any, ...]]:
    for subscription, user, began in subscriptions:
        start = began
        while start < now:
            end, id_ = start + timedelta(days=30), new_id(chance)
            ref = f"pay_{id_.hex[:14]}"
            yield id_, user, subscription, "razorpay", ref, 79_900, "INR", "captured", start, start, "pro", start, end
            start = end


def _add_up(connection: psycopg.Connection[Any]) -> None:
    """Adds sums as the job does, one day at a time, so that the sums of each day are stored together as in
    production."""
    for name, (query, count_query) in ADDING_UP.items():
        row = connection.execute(count_query).fetchone()
        assert row is not None
        progress, total, batch = Progress(row[0] / 1000, f"thousand {name} added up"), 0, row[0] // YEAR.days + 1
        while row[0]:
            progress.show(total / 1000)
            row = connection.execute(query, [batch]).fetchone()
            assert row is not None
            total += row[0]
        progress.show(total / 1000)
        progress.end()


ADDING_UP: dict[str, tuple[LiteralString, LiteralString]] = {
    "sign-ups": ("select oneai.roll_up_users(%s)", "select count(*) from oneai.pending_user_changes"),
    "changes of billing": ("select oneai.roll_up_revenue(%s)", "select count(*) from oneai.pending_revenue"),
    "events": ("select oneai.roll_up_usage(%s)", "select count(*) from oneai.usage_events where not rolled_up"),
}
