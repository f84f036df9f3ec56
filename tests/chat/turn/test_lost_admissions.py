"""A crash of Postgres takes an admission that had not reached the disk: the process that writes the answer admits
again.

`tests/database/test_crash.py` has Postgres crash; here its tables are put back by hand.
"""

from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from oneai.chat.turn.answer import running
from tests.chat.branches import seen, tree
from tests.patience import eventually, until
from tests.world import OpenStream, World, remaining_events

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


async def _to_the_end(answer: OpenStream) -> None:
    async for _ in remaining_events(answer):
        pass


def _recorded(world: World) -> list[tuple[str, str, int]]:
    return world.database.rows(
        "select purpose, outcome, charged from oneai.usage_events where purpose = 'answer' order by id"
    )


async def _ask_and_lose(world: World, **fields: Any) -> OpenStream:
    """A slow answer, lost after its first text was stored, and listened to to its end."""
    message_id, before = str(uuid4()), Saved(world)
    async with world.asking(model="local/slow", max_tokens=8, message_id=message_id, **fields) as answer:
        await _until_stored(world, message_id)
        before.crash()
        await _to_the_end(answer)
    return answer


async def test_an_answer_that_was_lost_is_stored_again_under_its_ids_and_charged_once(world: World) -> None:
    answer = await _ask_and_lose(world)

    start, last = answer.result.start, answer.result.last
    assert (answer.result.text, last["state"], last["quota"]["used"]) == (SLOWLY, "complete", 1)
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


async def test_the_text_goes_on_being_stored_before_the_answer_ends(world: World) -> None:
    message_id, before = str(uuid4()), Saved(world)
    async with world.asking(model="local/slow", max_tokens=64, message_id=message_id) as answer:
        await _until_stored(world, message_id)
        before.crash()
        await _until_stored(world, message_id)
        stop = await world.post("/chat/stop", {"message_id": message_id})
        await _to_the_end(answer)

    assert stop.status_code == 202
    assert answer.result.last["state"] == "stopped"
    assert world.database.rows(MESSAGES)[1][1:3] == (answer.result.text, "stopped")


async def test_a_short_answer_that_was_lost_is_stored_when_it_is_settled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id, before = str(uuid4()), Saved(world)
    async with world.asking(model="local/slow", max_tokens=2, message_id=message_id) as answer:
        monkeypatch.setattr("oneai.chat.turn.checkpoint.SECONDS_BETWEEN", 60.0)
        await _until_stored(world, message_id)
        before.crash()
        await _to_the_end(answer)

    assert answer.result.last["quota"]["used"] == 1
    assert world.database.rows(MESSAGES)[1] == ("assistant", "slowly slowly ", "complete", True)
    assert (world.quota(), _recorded(world)) == ((1, 0), [("answer", "complete", 1)])


async def test_a_question_of_an_older_conversation_an_edit_and_a_regeneration_find_their_place_again(
    world: World,
) -> None:
    first = (await world.ask("First")).start
    conversation = first["conversation_id"]

    second = await _ask_and_lose(world, message="Second", conversation_id=conversation)
    edited = await _ask_and_lose(world, message="Edited", edit_of=second.result.start["user_message_id"])
    await _ask_and_lose(world, message=None, regenerate_of=edited.result.start["message_id"])

    first_answer, *others = seen(world, conversation)[1:]
    assert (first_answer.split()[0], others) == ("This", ["Edited", SLOWLY])
    assert sorted(each.content for each in tree(world, conversation) if not each.seen) == ["Second", SLOWLY, SLOWLY]
    assert world.quota() == (4, 0)


async def test_answers_that_were_asked_together_are_admitted_again_together(world: World) -> None:
    message_id, before = str(uuid4()), Saved(world)
    models = ["local/slow", "local/reasoning-slowly"]
    async with world.asking(compare=models, max_tokens=8, message_id=message_id) as answers:
        await answers.next()
        both = answers.result.start["message_ids"]
        for each in both:
            await _until_stored(world, each)
        before.crash()
        await _to_the_end(answers)

    stored = world.database.rows("select id::text, content, state from oneai.chat_messages where role = 'assistant'")
    assert sorted(stored) == sorted((each, answers.result.of(each).text, "complete") for each in both)
    assert world.quota() == (2, 0)


USED_UP = "update oneai.usage_quotas set used = 1000000 where quota_key = 'small_messages'"


@pytest.mark.parametrize("found_by", ["a checkpoint", "settling"])
async def test_where_the_units_were_used_meanwhile_the_answer_ends_with_that_refusal(
    world: World, monkeypatch: pytest.MonkeyPatch, found_by: str
) -> None:
    message_id, before = str(uuid4()), Saved(world)
    tokens = 64 if found_by == "a checkpoint" else 3
    async with world.asking(model="local/slow", max_tokens=tokens, message_id=message_id) as answer:
        if found_by == "settling":
            monkeypatch.setattr("oneai.chat.turn.checkpoint.SECONDS_BETWEEN", 60.0)
        await _until_stored(world, message_id)
        before.crash(USED_UP)
        await _to_the_end(answer)

    assert answer.result.names[-1] == "error"
    assert answer.result.last["error"]["code"] == "quota_exceeded"
    assert world.database.rows(MESSAGES) == []
    assert world.quota()[1] == 0
    await until(lambda: UUID(message_id) not in running)


async def test_while_another_answer_is_written_in_its_conversation_it_waits_for_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = (await world.ask("First")).start["conversation_id"]
    message_id, before = str(uuid4()), Saved(world)
    more = {"conversation_id": conversation, "message_id": message_id}
    async with world.asking("Second", model="local/slow", max_tokens=2, **more) as answer:
        monkeypatch.setattr("oneai.chat.turn.checkpoint.SECONDS_BETWEEN", 60.0)
        monkeypatch.setattr("oneai.chat.turn.settle.SECONDS_UNTIL_ENDING", 0.1)
        await _until_stored(world, message_id)
        before.crash("update oneai.conversations set answering_until = oneai.now() + interval '1 hour'")
        await _to_the_end(answer)
    busy = world.database.rows(MESSAGES)
    world.database.rows("update oneai.conversations set answering_until = null")

    assert (answer.result.last["state"], answer.result.last["quota"], len(busy)) == ("complete", None, 2)
    assert await world.settled(message_id) == "complete"
    assert world.database.rows(MESSAGES)[3] == ("assistant", "slowly slowly ", "complete", True)


async def test_a_conversation_that_was_deleted_after_the_crash_stays_deleted(world: World) -> None:
    conversation = (await world.ask("First")).start["conversation_id"]
    message_id, before = str(uuid4()), Saved(world)
    more = {"conversation_id": conversation, "message_id": message_id}
    async with world.asking("Second", model="local/slow", max_tokens=64, **more) as answer:
        await _until_stored(world, message_id)
        before.crash("delete from oneai.chat_messages; delete from oneai.conversations")
        await _to_the_end(answer)

    assert answer.result.code == "not_found"
    assert world.database.rows("select id from oneai.conversations") == []


async def test_a_lost_answer_can_be_followed_and_stopped_where_it_is_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id, before = str(uuid4()), Saved(world)
    async with world.asking(model="local/slow", max_tokens=64, message_id=message_id) as answer:
        monkeypatch.setattr("oneai.chat.turn.checkpoint.SECONDS_BETWEEN", 60.0)
        await _until_stored(world, message_id)
        before.crash()
        async with world.following(message_id) as following:
            await following.next()
            strangers = await world.resume(message_id, who="ravi")
            stop = await world.post("/chat/stop", {"message_id": message_id})
            not_theirs = await world.post("/chat/stop", {"message_id": message_id}, who="ravi")
            await _to_the_end(following)
        await _to_the_end(answer)

    assert (strangers.status, not_theirs.status_code) == (404, 404)
    assert (stop.status_code, stop.json()["state"]) == (202, "streaming")
    assert following.result.last == answer.result.last
    assert answer.result.last["state"] == "stopped"
    assert world.database.rows(MESSAGES)[1][2] == "stopped"
