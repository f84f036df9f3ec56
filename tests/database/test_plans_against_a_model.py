"""For any sequence of plans, the stored usage equals the usage since the start of its window.

A model that remembers every answer and nothing else computes the expected value.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import effort
from tests.database.billing_rows import move_to, now
from tests.world import Database

KEYS = ("large_messages", "small_messages")
TIERS = ("free", "pro", "enterprise")
FREQUENCIES = ("3hour", "daily", "monthly")
LEAPS = (timedelta(minutes=7), timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=9))
START = datetime(2027, 1, 28, 21, 30, tzinfo=UTC)
THREE_HOURS = timedelta(hours=3)


class Step(NamedTuple):
    """One thing that happens; `number` says to what."""

    kind: str
    number: int


@dataclass
class Answer:
    """The units held for an answer, and those used once it ended."""

    key: str
    asked_at: datetime
    held: int
    used: int | None = None


@dataclass
class User:
    """A user as the model has them."""

    id: UUID
    signed_up_at: datetime
    frequencies: dict[str, str]
    since: datetime | None = None
    anchor: datetime | None = None
    answers: dict[UUID, Answer] = field(default_factory=dict)
    paid_at: list[datetime] = field(default_factory=list)

    def window_start(self, key: str, at: datetime) -> datetime:
        """When the window of this quota began that is open at this moment."""
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        anchor = self.anchor or self.signed_up_at
        natural = {
            "3hour": at - (at - anchor) % THREE_HOURS,
            "daily": midnight,
            "monthly": midnight.replace(day=1),
        }[self.frequencies[key]]
        return max(natural, self.since or natural)

    def standing(self, key: str, at: datetime) -> tuple[int, int]:
        """`(used, reserved)`."""
        start = self.window_start(key, at)
        counting = [each for each in self.answers.values() if each.key == key and each.asked_at >= start]
        return sum(each.used or 0 for each in counting), sum(each.held for each in counting if each.used is None)


KINDS = ["ask"] * 4 + ["end"] * 3 + ["pay", "change", "change", "advance", "advance", "schedule"]
STEPS = st.lists(st.builds(Step, st.sampled_from(KINDS), st.integers(0, 59)), min_size=10, max_size=50)
PLANS = st.lists(st.sampled_from((*FREQUENCIES, None)), min_size=6, max_size=6)


@settings(max_examples=effort.sample(10, 80))
@given(PLANS, STEPS)
def test_stored_usage_equals_that_of_the_model(
    database: Database, frequencies: list[str | None], steps: list[Step]
) -> None:
    move_to(database, START)
    named = zip(((tier, key) for tier in TIERS for key in KEYS), frequencies, strict=True)
    # Each user begins with both.
    plans = {(tier, key): each or "monthly" for (tier, key), each in named if each or tier == "free"}
    database.rows("delete from oneai.plan_quotas")
    for (tier, key), frequency in plans.items():
        insert = (
            "insert into oneai.plan_quotas (tier, quota_key, quota_limit, reset_frequency) values (%s, %s, 1000, %s)"
        )
        database.rows(insert, tier, key, frequency)
    signed_up = database.user(f"{uuid4()}@example.com")
    created = database.one("select created_at from oneai.users where id = %s", signed_up)
    user = User(signed_up, created, {key: plans["free", key] for key in KEYS})

    for step in steps:
        take(database, user, plans, step)
        at = now(database)
        for key in KEYS:
            stored = database.one(
                "select s.used, s.reserved from oneai.usage_quotas as q, oneai.effective_quota(q, oneai.now()) as s "
                "where q.workspace_id = %s and q.quota_key = %s",
                *(user.id, key),
            )
            assert stored == user.standing(key, at), (step, key)


def take(database: Database, user: User, plans: dict[tuple[str, str], str], step: Step) -> None:
    """Lets it happen, there and in the model."""
    n = step.number
    if step.kind == "ask":
        ask(database, user, KEYS[n % 2], 1 + n % 5)
    elif step.kind == "end":
        still_open = [each for each, answer in user.answers.items() if answer.used is None]
        if still_open:
            ended = user.answers[still_open[n % len(still_open)]]
            ended.used = n % (ended.held + 1)
            chosen = still_open[n % len(still_open)]
            database.rows("select oneai.settle_reservation(%s, %s)", chosen, ended.used)
    elif step.kind == "advance":
        database.advance(LEAPS[n % len(LEAPS)].total_seconds())
    elif step.kind == "schedule":
        database.rows("select oneai.reset_due_quotas(%s, 10)", FREQUENCIES[n % 3])
    else:
        change(database, user, plans, step)


def ask(database: Database, user: User, key: str, units: int) -> None:
    """An answer that is being written; refused where the plan has no such quota."""
    asked = uuid4()
    at = database.one(
        "insert into oneai.reservations "
        "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
        "values (%s, %s, %s, oneai.now(), 'free', 'maker/small', 'v1', oneai.today()) returning created_at",
        *(asked, user.id, user.id),
    )
    try:
        lines = json.dumps([{"quota_key": key, "held": units}])
        database.rows("select oneai.reserve(%s, %s, %s)", user.id, asked, lines)
    except psycopg.DatabaseError as error:
        if error.sqlstate != "ON429":
            raise
    else:
        user.answers[asked] = Answer(key, at, units)


def change(database: Database, user: User, plans: dict[tuple[str, str], str], step: Step) -> None:
    """Sets a plan: free, one with a new payment, or one that counts from an earlier payment."""
    tier = TIERS[step.number % 3]
    if step.kind == "pay":
        user.paid_at.append(now(database))
    paid = user.paid_at[step.number // 3 % len(user.paid_at)] if user.paid_at else None
    user.since = None if tier == "free" else paid
    user.anchor = user.paid_at[-1] if user.paid_at and step.number % 4 else None
    user.frequencies |= {key: each for key in KEYS if (each := plans.get((tier, key)))}
    database.rows("select oneai.set_entitled_plan(%s, %s, %s, %s)", user.id, tier, user.since, user.anchor)
