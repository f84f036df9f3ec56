"""For any sequence of events over real connections, the granted units never exceed the limit of their window.

Nothing remains held at the end.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString, NamedTuple
from uuid import UUID, uuid4

import psycopg
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import effort
from tests.database.turns import TurnClient
from tests.world import Database

WORKERS = 4
KEYS = ("small_messages", "large_messages", "tokens", "cost")
TIERS = ("free", "pro", "enterprise")
LEAPS = (1, 3 * 3600, 86_400, 32 * 86_400)
FREQUENCIES = ("3hour", "daily", "monthly")
# Since when use counts: since its window began, a payment just made, one of a while ago, one by a clock that is fast.
SINCE: tuple[LiteralString, ...] = (
    "null",
    "oneai.now()",
    "oneai.now() - interval '2 hours'",
    "oneai.now() + interval '2 seconds'",
)
KINDS = ["reserve"] * 6 + ["settle"] * 4 + [
    "release", "reset", "schedule", "plan", "override", "revoke", "advance", "crash", "half", "dead"
]  # fmt: skip

# Postgres itself watches every change, not only those a test would look at: units are granted within the limit, the
# exception and the grace that held when that was decided, for here the clock leaps while users ask. A user given a plan
# may have used more than it has.
WATCH = """
create function public.watch() returns trigger language plpgsql security definer as $$
declare
  most bigint := oneai.effective_limit(new, new.updated_at) + new.grace_units;
begin
  if new.window_start = old.window_start and new.reserved > old.reserved and new.used + new.reserved > most then
    raise exception 'granted %% of %%', new.used + new.reserved, most;
  end if;
  return new;
end $$;
create trigger watch after update on oneai.usage_quotas for each row execute function public.watch();
"""


class Step(NamedTuple):
    """One action of one of the workers; `number` says with or on what."""

    worker: int
    kind: str
    number: int


STEPS = st.builds(Step, st.integers(0, WORKERS - 1), st.sampled_from(KINDS), st.integers(0, 23))
PLANS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 2), st.sampled_from(FREQUENCIES)),
    min_size=len(TIERS) * len(KEYS),
    max_size=len(TIERS) * len(KEYS),
)


@dataclass
class Story:
    """One user, and what was held for them."""

    database: Database
    user: UUID
    held: list[UUID] = field(default_factory=list)

    async def take(self, client: TurnClient, step: Step) -> None:
        """Does it; may be refused for want of units alone."""
        n = step.number
        if step.kind == "reserve":
            await self.reserve(client, n)
        elif step.kind in ("settle", "release", "dead") and self.held:
            await self.end(client, self.held[-1 - n % len(self.held)], step.kind, n)
        elif step.kind in ("crash", "half"):
            await self.crash(n, killed=step.kind == "crash")
        elif step.kind == "reset":
            await client.call("select oneai.roll_windows(%s)", self.user)
        elif step.kind == "schedule":
            await client.call("select oneai.reset_due_quotas(%s, 3)", FREQUENCIES[n % 3])
        elif step.kind == "plan":
            since = SINCE[n // 3 % len(SINCE)]
            async with connected(self.database, "postgres") as owner:
                give = f"select oneai.set_entitled_plan(%s, %s, {since}, {since})"
                await TurnClient(owner).call(give, self.user, TIERS[n % 3])
        elif step.kind == "override":
            own = None if n % 3 == 0 else n % 5
            until = "oneai.now() + interval '1 day'" if n % 2 else "null"
            query = f"select oneai.override_quota(%s, %s, %s, %s, {until}, 'why not')"
            async with connected(self.database, "postgres") as owner:
                await TurnClient(owner).call(query, self.user, KEYS[n % 4], own, 1 + n % 4)
        elif step.kind == "revoke":
            made = "select id from oneai.quota_overrides where workspace_id = %s and revoked_at is null limit 1"
            for number in await asyncio.to_thread(self.database.rows, made, self.user):
                async with connected(self.database, "postgres") as owner:
                    await TurnClient(owner).call("select oneai.revoke_override(%s)", number)
        elif step.kind == "advance":
            await asyncio.to_thread(self.database.advance, LEAPS[n % len(LEAPS)])

    async def reserve(self, client: TurnClient, n: int) -> None:
        """One line or several; the reservation is there whether or not its lines are."""
        reservation = await client.hold(self.database, self.user)
        try:
            await client.reserve(self.user, reservation, *lines(n))
        except psycopg.DatabaseError as error:
            if error.sqlstate != "ON429":
                raise
        self.held.append(reservation)

    async def end(self, client: TurnClient, reservation: UUID, kind: str, n: int) -> None:
        """Settled, released, or expired."""
        if kind == "release":
            await client.call("select oneai.settle_reservation(%s, 0)", reservation)
        elif kind == "dead":
            await client.expire_answer(reservation)
        else:
            await client.call("select oneai.settle_reservation(%s, %s, %s, %s)", reservation, n % 4, n % 7, n % 9)

    async def crash(self, n: int, *, killed: bool) -> None:
        """A worker dies between a statement and its commit; what it did has not happened."""
        async with connected(self.database) as connection:
            client = TurnClient(connection)
            reservation = await client.hold(self.database, self.user)
            await connection.set_autocommit(False)
            try:
                await client.reserve(self.user, reservation, *lines(n))
                if n % 2:
                    await client.call("select oneai.settle_reservation(%s, 1, 2, 3)", reservation)
            except psycopg.DatabaseError as error:
                if error.sqlstate != "ON429":
                    raise
            if killed:
                kill = "select pg_terminate_backend(%s)"
                await asyncio.to_thread(self.database.rows, kill, connection.info.backend_pid)
        self.held.append(reservation)


def lines(n: int) -> list[tuple[str, int]]:
    """The lines of one answer: a unit or two, and in some plans its tokens and cost."""
    message = (KEYS[n % 2], 1 + n % 3 // 2)
    return [message] if n % 4 == 0 else [message, ("tokens", n % 5), ("cost", n % 3)]


@asynccontextmanager
async def connected(database: Database, role: str = "oneai_app") -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """A connection of the functions' role, or of another."""
    connection = await psycopg.AsyncConnection.connect(database.url(role), autocommit=True)
    try:
        yield connection
    finally:
        await connection.close()


def test_no_window_grants_more_than_its_limit_and_nothing_leaks(database: Database) -> None:
    database.rows(WATCH)
    with asyncio.Runner() as runner:
        # Concurrent steps do not repeat in the same order, so shrinking a story is useless.
        @settings(max_examples=effort.sample(6, 50), phases=[Phase.generate])
        @given(PLANS, st.lists(STEPS, min_size=30, max_size=80))
        def whatever_happens(plans: list[tuple[int, int, str]], steps: list[Step]) -> None:
            database.rows("delete from oneai.plan_quotas")
            stated = [
                {
                    "tier": tier,
                    "quota_key": key,
                    "quota_limit": limit,
                    "grace_units": grace,
                    "reset_frequency": frequency,
                }
                for (tier, key), (limit, grace, frequency) in zip(
                    ((tier, key) for tier in TIERS for key in KEYS), plans, strict=True
                )
                # Not every plan limits tokens or cost, and one has no large messages at all.
                if limit or key == "small_messages"
            ]
            database.rows(
                "insert into oneai.plan_quotas select * from jsonb_populate_recordset(null::oneai.plan_quotas, %s)",
                json.dumps(stated),
            )
            runner.run(played(Story(database, database.user(f"{uuid4()}@example.com")), steps))

        whatever_happens()


async def played(story: Story, steps: list[Step]) -> None:
    """All workers take their steps in order and concurrently. Then open answers are ended and the sums are checked."""

    async def work(number: int) -> None:
        async with connected(story.database) as connection:
            for step in steps:
                if step.worker == number:
                    await story.take(TurnClient(connection), step)

    await asyncio.gather(*(work(number) for number in range(WORKERS)))
    async with connected(story.database) as connection:
        for number, reservation in enumerate(story.held):
            await story.end(TurnClient(connection), reservation, ("settle", "release")[number % 2], number)
    balanced(story)


def balanced(story: Story) -> None:
    """Asserts that nothing is held, and that used units equal those settled in the window."""
    database, user = story.database, story.user
    assert database.one("select coalesce(sum(reserved), 0) from oneai.usage_quotas where workspace_id = %s", user) == 0
    used = """
        select q.quota_key, q.used from oneai.usage_quotas as q
        where q.workspace_id = %s and q.used <> (
          select coalesce(sum(l.settled), 0) from oneai.reservation_lines as l
          join oneai.reservations as r on r.id = l.reservation_id
          where r.workspace_id = q.workspace_id and l.quota_key = q.quota_key and l.window_start = q.window_start)"""
    assert database.rows(used, user) == []
    assert database.rows("select id from oneai.reservations where user_id = %s and settled_at is null", user) == []
