"""A crash of Postgres takes an admission that had not reached the disk: the process that writes the answer admits
again.

`tests/database/test_crash.py` has Postgres crash; here its tables are put back by hand.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from oneai.chat.turn import checkpoint, settle
from oneai.chat.turn.answer import running
from tests.chat.branches import seen, tree
from tests.patience import eventually, until
from tests.world import OpenStream, StreamResult, World

pytestmark = pytest.mark.sampled(0.4)

SLOWLY = "slowly " * 8
TABLES = (
    *("users", "usage_quotas", "daily_spend", "conversations", "chat_messages", "answer_pieces"),
    *("reservations", "reservation_lines"),
)
ROWS_OF = "select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text from {0} as t"
PUT_BACK = "insert into {0} overriding system value select * from jsonb_populate_recordset(null::{0}, %s)"
MESSAGES = "select role, content, state, is_latest from oneai.chat_messages order by sequence_number, revision_number"


class Saved:
    """What the tables hold now; `crash` puts that back, as a crash of Postgres does with what is not on disk."""

    def __init__(self, world: World) -> None:
        self.connection = world.database.connection
        self.rows = {table: self.connection.execute(_query(ROWS_OF, table)).fetchall()[0][0] for table in TABLES}

    def crash(self, then: LiteralString = "select 1") -> None:
        """Loses all since; `then` happens before anybody looks."""
        with self.connection.transaction():
            self.connection.execute("set local session_replication_role = replica")
            for table in TABLES:
                self.connection.execute(_query("lock table {0} in exclusive mode", table))
            for table, rows in self.rows.items():
                self.connection.execute(_query("delete from {0}", table))
                self.connection.execute(_query(PUT_BACK, table), [rows])
            self.connection.execute(then)


def _query(query: LiteralString, table: str) -> sql.Composed:
    return sql.SQL(query).format(sql.Identifier("oneai", table))


async def _until_stored(world: World, message_id: str) -> None:
    """Until there is text of it, which a checkpoint has stored."""

    async def look() -> int:
        return int(
            world.database.one("select count(*) from oneai.answer_pieces where message_id = %s", UUID(message_id))
        )

    await eventually(look, bool)


def _recorded(world: World) -> list[tuple[str, str, int]]:
    return world.database.rows(
        "select purpose, outcome, charged from oneai.usage_events where purpose = 'answer' order by id"
    )


@asynccontextmanager
async def lost(
    world: World, message: str | None = "Hello", then: LiteralString = "select 1", **fields: Any
) -> AsyncIterator[OpenStream]:
    """A slow answer that goes on after a crash has taken it; its first text had been stored."""
    before, asked = Saved(world), {"model": "local/slow", "max_tokens": 8, "message_id": str(uuid4()), **fields}
    async with world.asking(message, **asked) as answer:
        await answer.next()
        for message_id in answer.result.start.get("message_ids", [asked["message_id"]]):
            await _until_stored(world, message_id)
        before.crash(then)
        yield answer


async def _ask_and_lose(world: World, message: str | None = "Hello", **fields: Any) -> StreamResult:
    async with lost(world, message, **fields) as answer:
        return await answer.to_the_end()


@pytest.fixture
def no_later_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the checkpoint of its first text an answer is only settled, which finds that it is lost."""
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 60.0)


async def test_a_lost_answer_is_stored_again_under_its_ids_and_charged_once(world: World) -> None:
    answer = await _ask_and_lose(world)

    start, last = answer.start, answer.last
    assert (answer.text, last["state"], last["quota"]["used"]) == (SLOWLY, "complete", 1)
    assert world.database.rows(MESSAGES) == [
        ("user", "Hello", "complete", True),
        ("assistant", SLOWLY, "complete", True),
    ]
    assert world.database.rows("select id, parent_message_id, conversation_id::text from oneai.chat_messages") == [
        (UUID(start["user_message_id"]), None, start["conversation_id"]),
        (UUID(start["message_id"]), UUID(start["user_message_id"]), start["conversation_id"]),
    ]
    assert (world.quota(), _recorded(world)) == ((1, 0), [("answer", "complete", 1)])
    assert len([each for each in await world.sent_upstream() if each["model"] == "local/slow"]) == 1


async def test_the_text_is_stored_again_before_the_answer_ends(world: World) -> None:
    async with lost(world, max_tokens=64) as answer:
        message_id = answer.result.start["message_id"]
        await _until_stored(world, message_id)
        stop = await world.post("/chat/stop", {"message_id": message_id})
        await answer.to_the_end()

    assert stop.status_code == 202
    assert answer.result.last["state"] == "stopped"
    assert world.database.rows(MESSAGES)[1][1:3] == (answer.result.text, "stopped")


@pytest.mark.usefixtures("no_later_checkpoint")
async def test_a_short_lost_answer_is_stored_when_it_is_settled(world: World) -> None:
    answer = await _ask_and_lose(world, max_tokens=2)

    assert answer.last["quota"]["used"] == 1
    assert world.database.rows(MESSAGES)[1] == ("assistant", "slowly slowly ", "complete", True)
    assert (world.quota(), _recorded(world)) == ((1, 0), [("answer", "complete", 1)])


async def test_a_follow_up_an_edit_and_a_regeneration_find_their_place_again(
    world: World,
) -> None:
    conversation = (await world.ask("First")).start["conversation_id"]

    second = await _ask_and_lose(world, "Second", conversation_id=conversation)
    edited = await _ask_and_lose(world, "Edited", edit_of=second.start["user_message_id"])
    await _ask_and_lose(world, None, regenerate_of=edited.start["message_id"])

    first_answer, *others = seen(world, conversation)[1:]
    assert (first_answer.split()[0], others) == ("This", ["Edited", SLOWLY])
    assert sorted(each.content for each in tree(world, conversation) if not each.seen) == ["Second", SLOWLY, SLOWLY]
    assert world.quota() == (4, 0)


async def test_compared_answers_are_admitted_again_together(world: World) -> None:
    answers = await _ask_and_lose(world, compare=["local/slow", "local/reasoning-slowly"], model=None)

    both = answers.start["message_ids"]
    stored = world.database.rows("select id::text, content, state from oneai.chat_messages where role = 'assistant'")
    assert sorted(stored) == sorted((each, answers.of(each).text, "complete") for each in both)
    assert world.quota() == (2, 0)


async def _ends_with_the_refusal_of_its_units(world: World, max_tokens: int) -> None:
    answer = await _ask_and_lose(
        world,
        max_tokens=max_tokens,
        then="update oneai.usage_quotas set used = 1000000 where quota_key = 'small_messages'",
    )

    assert (answer.names[-1], answer.code) == ("error", "quota_exceeded")
    assert world.database.rows(MESSAGES) == []
    assert world.quota()[1] == 0
    await until(lambda: UUID(answer.start["message_id"]) not in running)


async def test_a_lost_answer_ends_as_refused_if_its_units_were_used_meanwhile(world: World) -> None:
    await _ends_with_the_refusal_of_its_units(world, max_tokens=64)


@pytest.mark.usefixtures("no_later_checkpoint")
async def test_a_refusal_found_while_settling_ends_the_answer_too(world: World) -> None:
    await _ends_with_the_refusal_of_its_units(world, max_tokens=3)


@pytest.mark.usefixtures("no_later_checkpoint")
async def test_a_lost_answer_waits_for_another_one_in_its_conversation(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settle, "SECONDS_UNTIL_ENDING", 0.1)
    conversation = (await world.ask("First")).start["conversation_id"]

    answer = await _ask_and_lose(
        world,
        "Second",
        max_tokens=2,
        conversation_id=conversation,
        then="update oneai.conversations set answering_until = oneai.now() + interval '1 hour'",
    )
    busy = world.database.rows(MESSAGES)
    world.database.rows("update oneai.conversations set answering_until = null")

    assert (answer.last["state"], answer.last["quota"], len(busy)) == ("complete", None, 2)
    assert await world.settled(answer.start["message_id"]) == "complete"
    assert world.database.rows(MESSAGES)[3] == ("assistant", "slowly slowly ", "complete", True)


async def test_a_conversation_deleted_after_the_crash_remains_deleted(world: World) -> None:
    conversation = (await world.ask("First")).start["conversation_id"]

    answer = await _ask_and_lose(
        world,
        "Second",
        max_tokens=64,
        conversation_id=conversation,
        then="delete from oneai.chat_messages; delete from oneai.conversations",
    )

    assert answer.code == "not_found"
    assert world.database.rows("select id from oneai.conversations") == []


@pytest.mark.usefixtures("no_later_checkpoint")
async def test_a_lost_answer_can_be_followed_and_stopped_in_its_process(world: World) -> None:
    async with lost(world, max_tokens=64) as answer:
        message_id = answer.result.start["message_id"]
        async with world.following(message_id) as following:
            await following.next()
            strangers = await world.resume(message_id, who="ravi")
            stop = await world.post("/chat/stop", {"message_id": message_id})
            not_theirs = await world.post("/chat/stop", {"message_id": message_id}, who="ravi")
            await following.to_the_end()
        await answer.to_the_end()

    assert (strangers.status, not_theirs.status_code) == (404, 404)
    assert (stop.status_code, stop.json()["state"]) == (202, "streaming")
    assert following.result.last == answer.result.last
    assert answer.result.last["state"] == "stopped"
    assert world.database.rows(MESSAGES)[1][2] == "stopped"
