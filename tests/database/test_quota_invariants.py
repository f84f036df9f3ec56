"""For any sequence of events over real connections, no limit is exceeded and nothing remains held.

The user asks, a program asks with the user's key, and visitors ask the user's chatbot: one pool pays for all of them.
"""

import asyncio
import json
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

from oneai.models.outcome import EndState
from tests import effort
from tests.database.turns import SEARCHES, USAGE, OfflineError, Turn, TurnClient, code, spend
from tests.database.visited_chatbots import BUDGETS, REFUSALS_OF_VISITORS, WATCH_BUDGETS, VisitedChatbot
from tests.world import Database

WORKERS = 4
# The third is of models that draw: where words came and no picture, one of the first two is used instead.
ENDS: tuple[EndState, ...] = ("complete", "stopped", "truncated")
KEYS = ("small_messages", "large_messages", "image_generation")
LIMITED = (*KEYS, "web_searches")
ASKERS = ("user", "user", "key", "visitor", "visitor")
LEAPS = (1, 5, 31, 1200, 3 * 3600, 86_400, 32 * 86_400)


class Step(NamedTuple):
    """One action of a worker; `number` says with or on what, `asker` who asks."""

    worker: int
    kind: str
    number: int
    asker: str


STEPS = st.builds(
    Step,
    st.integers(0, WORKERS - 1),
    st.sampled_from(
        ["ask", "ask", "ask", "write", "write", "settle", "settle", "lapse", "again", "advance", "reset", "delete"]
    ),
    st.integers(0, 11),
    st.sampled_from(ASKERS),
)
# Few units, or more than are asked for, so that the chatbot's own limits refuse.
LIMITS = st.tuples(*[st.one_of(st.integers(0, 4), st.integers(30, 40))] * len(LIMITED))
FREQUENCIES = st.tuples(*[st.sampled_from(["3hour", "daily", "monthly"])] * len(LIMITED))


@dataclass
class Story:
    """The turns that one user pays for, as those who take part in them know them."""

    database: Database
    user: UUID
    key: UUID
    website: VisitedChatbot
    turns: list[Turn] = field(default_factory=list)

    async def take(self, client: TurnClient, step: Step) -> None:
        """Does it, if there is a turn to do it to."""
        if step.kind == "ask":
            await self.ask(client, step)
        elif step.kind == "advance":
            await asyncio.to_thread(self.database.advance, LEAPS[step.number % len(LEAPS)])
        elif step.kind == "reset":
            await client.call("select oneai.roll_windows(%s)", self.user)
        elif self.turns:
            turn = self.turns[-1 - step.number % len(self.turns)]
            await self.touch(client, step, turn)

    async def ask(self, client: TurnClient, step: Step) -> None:
        """Asks in a new conversation or one of the old; may be refused, but only for these reasons."""
        number = step.number
        conversation = self.turns[number % len(self.turns)].conversation_id if self.turns and number % 3 else None
        key = KEYS[number % len(KEYS)]
        text_key = KEYS[number % 2] if key == "image_generation" else None
        asked = client.admit(
            self.user,
            conversation=conversation,
            quota_key=key,
            text_key=text_key,
            web_search=number % 4 == 0,
            api_key=self.key if step.asker == "key" else None,
            visit=self.website.visit(number) if step.asker == "visitor" else None,
            **SEARCHES,
        )
        refusals = ("conversation_busy", "quota_exceeded", "rate_limited", "not_found")
        allowed = (*refusals, *REFUSALS_OF_VISITORS) if step.asker == "visitor" else refusals
        assert await outcome(asked, self.turns) in ("new", *allowed)

    async def touch(self, client: TurnClient, step: Step, turn: Turn) -> None:
        """Continues an answer, or ends it."""
        text = "It rains in June"[: step.number + 4]
        if step.kind == "write":
            kind = "reasoning" if step.number % 4 == 0 else "text"
            await client.checkpoint(turn.message_id, (kind, 0, text))
        elif step.kind == "settle":
            usage = USAGE | {"estimated": step.number % 2 == 0, "cost_micro_usd": step.number}
            if step.number % 3:
                usage["web_search_requests"] = step.number % 4
            state = ENDS[step.number % 3]
            drawn = {"images": [{"key": "users/1/drawn-0.png"}]} if step.number % 4 == 0 else {}
            if step.number % 5 == 0:
                await client.settle(turn.message_id, "", "failed", usage=usage)
            elif step.number == 7:
                await client.settle(turn.message_id, "", "stopped", usage=usage, sent=step.worker % 2 == 0)
            else:
                await client.settle(turn.message_id, text, state, usage=usage, metadata=drawn)
        elif step.kind == "lapse":
            await client.expire_answer(turn.message_id)
        elif step.kind == "delete" and step.number == 0:
            query = "delete from oneai.conversations where id = %s"
            await asyncio.to_thread(self.database.rows, query, turn.conversation_id)
        elif step.kind == "again":
            asked = client.admit(self.user, message_id=turn.message_id, conversation=turn.conversation_id)
            # A visitor's answer is none of the user's.
            assert await outcome(asked) in ("replay", "not_found", "idempotency_conflict")


async def outcome(asked: Awaitable[Turn], turns: list[Turn] | None = None) -> str:
    """`new`, `replay`, or why it was refused; a new turn is added to `turns`."""
    try:
        turn = await asked
    except psycopg.DatabaseError as error:
        return code(error)
    except OfflineError as offline:
        return str(offline)
    if turns is not None:
        turns.append(turn)
    return code(turn)


def test_no_window_grants_more_than_its_limit_and_nothing_remains_held(database: Database) -> None:
    # Postgres itself watches every moment, not only those a test would look at.
    database.rows("alter table oneai.usage_quotas add check (used + reserved <= quota_limit)")
    database.rows(WATCH_BUDGETS)
    with asyncio.Runner() as runner:
        clients = [TurnClient(runner.run(connected(database))) for _ in range(WORKERS)]

        @settings(max_examples=effort.sample(8, 60))
        @given(LIMITS, FREQUENCIES, BUDGETS, st.lists(STEPS, min_size=30, max_size=90))
        def whatever_happens(
            limits: tuple[int, ...], frequencies: tuple[str, ...], budgets: dict[str, int], steps: list[Step]
        ) -> None:
            user = create_user(database, limits, frequencies)
            story = Story(database, user, insert_key(database, user), VisitedChatbot.insert(database, user, budgets))
            runner.run(played(story, clients, steps))
            runner.run(ended(story, clients[0]))

        whatever_happens()
        for client in clients:
            runner.run(client.connection.close())


async def connected(database: Database) -> psycopg.AsyncConnection[Any]:
    """As `oneai_app`."""
    return await psycopg.AsyncConnection.connect(database.url("oneai_app"), autocommit=True)


def create_user(database: Database, limits: tuple[int, ...], frequencies: tuple[str, ...]) -> UUID:
    """A user with these limits, on grids of these frequencies."""
    user = database.user(f"{uuid4()}@example.com")
    for key, limit, frequency in zip(LIMITED, limits, frequencies, strict=True):
        database.rows(
            "update oneai.usage_quotas set quota_limit = %s, reset_frequency = %s, window_start = oneai.now(), "
            "next_reset_at = oneai.next_reset(%s, oneai.now(), oneai.now()) where workspace_id = %s and quota_key = %s",
            *(limit, frequency, frequency, user, key),
        )
    return user


def insert_key(database: Database, user: UUID) -> UUID:
    """A key of the user that may chat."""
    stated = json.dumps({"name": "a program", "scopes": ["chat"]})
    made: UUID = database.one(
        "select id from oneai.create_api_key(%s, %s, %s, 'sk-…', %s, 100)", user, user, stated, uuid4().bytes * 2
    )
    return made


async def played(story: Story, clients: list[TurnClient], steps: list[Step]) -> None:
    """Every worker takes its steps in order, all workers at once."""

    async def work(number: int) -> None:
        for step in steps:
            if step.worker == number:
                await story.take(clients[number], step)

    await asyncio.gather(*(work(number) for number in range(WORKERS)))


async def ended(story: Story, client: TurnClient) -> None:
    """All leases end, every answer is settled, and then the sums are right."""
    database, user = story.database, story.user
    database.advance(31)
    for turn in story.turns:
        await client.expire_answer(turn.message_id)

    assert database.rows("select sum(reserved) from oneai.usage_quotas where workspace_id = %s", user) == [0]
    assert spend(database) == (0, database.one("select coalesce(sum(cost_micro_usd), 0) from oneai.usage_events"))
    granted = """
        select l.quota_key, l.window_start from oneai.reservation_lines as l
        join oneai.reservations as r on r.id = l.reservation_id
        join oneai.usage_quotas as q on q.workspace_id = r.workspace_id and q.quota_key = l.quota_key
        where r.workspace_id = %s group by 1, 2, q.quota_limit, q.used, q.window_start
        having sum(l.settled) > q.quota_limit or (l.window_start = q.window_start and sum(l.settled) <> q.used)"""
    assert database.rows(granted, user) == []
    events = """
        select r.id from oneai.reservations as r
        join oneai.reservation_lines as l on l.reservation_id = r.id and oneai.unit_of(l.quota_key) = 'messages'
        left join oneai.usage_events as e on e.message_id = r.id
        where r.workspace_id = %s group by r.id, l.settled
        having count(*) filter (where e.purpose = 'answer') <> 1
          or count(*) filter (where e.purpose = 'correction') > 1 or sum(e.charged) <> l.settled"""
    assert database.rows(events, user) == []
    # A search is charged only with its answer, and never more often than it was held or made.
    searches = """
        select r.id from oneai.reservations as r
        join oneai.usage_events as e on e.message_id = r.id and e.purpose = 'answer'
        left join oneai.reservation_lines as l on l.reservation_id = r.id and l.quota_key = 'web_searches'
        where r.workspace_id = %s and (e.web_searches_charged <> coalesce(l.settled, 0)
          or e.web_searches_charged > least(e.web_search_requests, coalesce(l.held, 0))
          or e.web_searches_charged > 0 and e.charged = 0)"""
    assert database.rows(searches, user) == []
    # The cost of an answer of today counts, including corrections of today.
    of_today = """
        select u.spend_micro_usd - coalesce(sum(e.cost_micro_usd), 0) from oneai.workspaces as u
        left join oneai.usage_events as a on a.workspace_id = u.id and a.purpose = 'answer'
          and (a.created_at at time zone 'UTC')::date = u.spend_day
        left join oneai.usage_events as e on e.message_id = a.message_id
          and (e.created_at at time zone 'UTC')::date = u.spend_day
        where u.id = %s and u.spend_day is not null group by u.id"""
    assert set(database.rows(of_today, user)) <= {0}
    uncharged = """
        select r.id from oneai.reservations as r
        join oneai.reservation_lines as l on l.reservation_id = r.id and oneai.unit_of(l.quota_key) = 'messages'
        join oneai.usage_events as e on e.message_id = r.id
        where r.workspace_id = %s group by r.id, l.settled
        having (r.uncharged_cost_at is not null) <> (l.settled = 0 and sum(e.cost_micro_usd) > 0)"""
    assert database.rows(uncharged, user) == []
    open_still = """
        select id from oneai.chat_messages where state = 'streaming'
        union all select id from oneai.conversations where answering_message_id is not null
        union all select message_id from oneai.answer_pieces
        union all select id from oneai.reservations where settled_at is null"""
    assert database.rows(open_still) == []
    story.website.check_budgets(user)
