"""For any interleaving of what members do, neither the pool nor a member's limit grants more than it has."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, LiteralString, NamedTuple
from uuid import UUID, uuid4

import psycopg
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import effort
from tests.database.rows import hold_locks
from tests.database.team_members import ask_in, team_of
from tests.database.turns import SEARCHES, USAGE, Turn, TurnClient
from tests.world import Database

WORKERS = 4
MEMBERS = 3
KEYS = ("small_messages", "large_messages", "image_generation")
LIMITED = (*KEYS, "web_searches")
LEAPS = (1, 31, 3 * 3600, 86_400, 32 * 86_400)
PERCENTS = (None, 1, 20, 34, 50, 100)
KINDS = (
    ["ask"] * 6 + ["settle"] * 4 + ["fail", "lapse", "delete", "percent", "leave", "reset", "plan", "advance", "crash"]
)

# Postgres itself watches every change: a line of a member grows only within the limit that holds at that moment.
WATCH = """
create function public.watch_members() returns trigger language plpgsql security definer as $$
declare
  most bigint := (
    select oneai.member_limit(
      oneai.effective_limit(q, q.updated_at), oneai.usage_limit_percent(new.workspace_id, new.user_id))
    from oneai.usage_quotas as q where q.workspace_id = new.workspace_id and q.quota_key = new.quota_key);
begin
  if tg_op = 'INSERT' or new.window_start <> old.window_start or new.reserved > old.reserved then
    if new.used + new.reserved > most then
      raise exception 'granted %% of %%', new.used + new.reserved, most;
    end if;
  end if;
  return new;
end $$;
create trigger watch after insert or update on oneai.member_usage for each row
  when (pg_trigger_depth() = 0 and current_setting('public.plan', true) is distinct from 'on')
  execute function public.watch_members();
alter table oneai.usage_quotas add check (reserved >= 0);
"""


class Step(NamedTuple):
    """One action of a worker; `number` says of whom, with or on what."""

    worker: int
    kind: str
    number: int


STEPS = st.builds(Step, st.integers(0, WORKERS - 1), st.sampled_from(KINDS), st.integers(0, 23))
LIMITS = st.tuples(*[st.integers(0, 6)] * len(LIMITED))


@dataclass
class Story:
    """A team, and the turns of its members."""

    database: Database
    team: UUID
    members: list[UUID]
    turns: list[Turn] = field(default_factory=list)

    async def take(self, client: TurnClient, step: Step) -> None:
        """Does it; a question may be refused for want of units alone."""
        n = step.number
        member = self.members[n % MEMBERS]
        if step.kind == "ask":
            await self.ask(client, member, n)
        elif step.kind == "crash":
            await self.crash(member, n)
        elif step.kind == "percent":
            await self.locked(
                "update oneai.workspace_members set usage_limit_percent = %s where user_id = %s and workspace_id = %s",
                PERCENTS[n % len(PERCENTS)],
                member,
                self.team,
            )
        elif step.kind == "leave":
            await self.locked(
                "delete from oneai.workspace_members where user_id = %s and workspace_id = %s", member, self.team
            )
            await self.locked(
                "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'member') "
                "on conflict do nothing",
                member,
                self.team,
            )
        elif step.kind == "reset":
            await client.call("select oneai.roll_windows(%s)", self.team)
        elif step.kind == "plan":
            since: LiteralString = ("null", "oneai.now()", "oneai.now() - interval '2 hours'")[n % 3]
            await self.locked(
                f"select set_config('public.plan', 'on', true), oneai.set_entitled_plan(%s, 'free', {since}, {since})",
                self.team,
            )
        elif step.kind == "advance":
            await asyncio.to_thread(self.database.advance, LEAPS[n % len(LEAPS)])
        elif self.turns:
            await self.end(client, step.kind, self.turns[-1 - n % len(self.turns)], n)

    async def ask(self, client: TurnClient, member: UUID, n: int) -> None:
        """Asks in a new conversation of the team."""
        key = KEYS[n % len(KEYS)]
        asked = ask_in(
            client,
            self.database,
            self.team,
            member,
            quota_key=key,
            text_key=KEYS[n % 2] if key == "image_generation" else None,
            web_search=n % 4 == 0,
            **SEARCHES,
        )
        if (turn := await granted(asked)) is not None:
            self.turns.append(turn)

    async def end(self, client: TurnClient, kind: str, turn: Turn, n: int) -> None:
        """Settles an answer, with text, a picture or nothing; or its lease ends, or its conversation is deleted."""
        if kind == "settle":
            drawn = {"images": [{"key": "users/1/drawn-0.png"}]} if n % 4 == 0 else {}
            usage = USAGE | {"estimated": n % 2 == 0, "cost_micro_usd": n, "web_search_requests": n % 3}
            await client.settle(turn.message_id, "It rains", usage=usage, metadata=drawn)
        elif kind == "fail":
            await client.settle(turn.message_id, "", "failed", usage=USAGE | {"cost_micro_usd": n % 2})
        elif kind == "lapse":
            await client.expire_answer(turn.message_id)
        else:
            await asyncio.to_thread(
                self.database.rows, "delete from oneai.conversations where id = %s", turn.conversation_id
            )

    async def crash(self, member: UUID, n: int) -> None:
        """A process dies between a question's statement and its commit: nothing of it has happened."""
        async with await psycopg.AsyncConnection.connect(self.database.url("oneai_app")) as connection:
            await connection.set_autocommit(False)
            await granted(ask_in(TurnClient(connection), self.database, self.team, member, quota_key=KEYS[n % 2]))
            await connection.rollback()

    async def locked(self, query: LiteralString, *params: Any) -> None:
        """Changes the team under its lock, as the API does."""
        lock = "select from oneai.workspaces where id = %s for no key update"
        async with hold_locks(self.database, lock, self.team) as connection:
            await connection.execute(query, params)
            await connection.commit()


async def granted(asked: Awaitable[Turn]) -> Turn | None:
    """The turn; None where a quota refused it, or the member has left meanwhile."""
    try:
        return await asked
    except psycopg.DatabaseError as error:
        if error.sqlstate not in ("ON429", "ON404"):
            raise
        return None


def test_neither_the_pool_nor_a_member_is_granted_more_than_their_limit(database: Database) -> None:
    database.rows(WATCH)
    with asyncio.Runner() as runner:
        # Concurrent steps do not repeat in the same order, so shrinking a story is useless.
        @settings(max_examples=effort.sample(6, 50), phases=[Phase.generate])
        @given(LIMITS, st.lists(STEPS, min_size=30, max_size=80))
        def whatever_happens(limits: tuple[int, ...], steps: list[Step]) -> None:
            members = [database.user(f"{uuid4()}@example.com") for _ in range(MEMBERS)]
            team = team_of(database, members[0])
            database.rows(
                "insert into oneai.workspace_members (user_id, workspace_id, role) select u, %s, 'member' "
                "from unnest(%s::uuid[]) as u on conflict do nothing",
                team,
                members,
            )
            for key, limit in zip(LIMITED, limits, strict=True):
                database.rows(
                    "update oneai.usage_quotas set quota_limit = %s where workspace_id = %s and quota_key = %s",
                    limit,
                    team,
                    key,
                )
            story = Story(database, team, members)
            runner.run(played(story, steps))
            balanced(story)

        whatever_happens()


async def played(story: Story, steps: list[Step]) -> None:
    """All workers take their steps in order and concurrently. Then the answers that are left end."""

    async def work(number: int) -> None:
        address = story.database.url("oneai_app")
        async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
            for step in steps:
                if step.worker == number:
                    await story.take(TurnClient(connection), step)

    await asyncio.gather(*(work(number) for number in range(WORKERS)))
    story.database.advance(31)
    async with await psycopg.AsyncConnection.connect(story.database.url("oneai_app"), autocommit=True) as connection:
        for turn in story.turns:
            await TurnClient(connection).expire_answer(turn.message_id)


def balanced(story: Story) -> None:
    """Nothing is held, and members have used what their answers were charged, together as much as the pool."""
    database, team = story.database, story.team
    held = "select sum(reserved) from oneai.{} where workspace_id = %s having sum(reserved) <> 0"
    assert database.rows(held.format("usage_quotas"), team) == []
    assert database.rows(held.format("member_usage"), team) == []
    charged = """
        select m.user_id, m.quota_key, m.used from oneai.member_usage as m
        where m.workspace_id = %s and m.used <> (
          select coalesce(sum(l.settled), 0) from oneai.reservation_lines as l
          join oneai.reservations as r on r.id = l.reservation_id
          where r.workspace_id = m.workspace_id and r.user_id = m.user_id and l.quota_key = m.quota_key
            and l.window_start = m.window_start)"""
    assert database.rows(charged, team) == []
    together = """
        select q.quota_key, q.used from oneai.usage_quotas as q where q.workspace_id = %s and q.used <> (
          select coalesce(sum(m.used), 0) from oneai.member_usage as m
          where m.workspace_id = q.workspace_id and m.quota_key = q.quota_key and m.window_start = q.window_start)"""
    assert database.rows(together, team) == []
    spent = """
        select w.spend_micro_usd - (
          select coalesce(sum(s.spend_micro_usd), 0) from oneai.member_spend as s
          where s.workspace_id = w.id and s.spend_day = w.spend_day)
        from oneai.workspaces as w where w.id = %s"""
    assert database.rows(spent, team) == [0]
