"""Answers are indexed after they were settled: by a job, and before that by their own user's search."""

import asyncio
import json
from uuid import UUID

from tests.database.conftest import TurnClients
from tests.database.turns import Turn, TurnClient
from tests.patience import eventually
from tests.world import Database


def indexed(database: Database) -> set[UUID]:
    """The messages whose words are indexed."""
    return set(database.rows("select message_id from oneai.search_entries where message_id is not null"))


def queued(database: Database) -> list[UUID]:
    """The answers that are still to be indexed."""
    return sorted(database.rows("select message_id from oneai.search_queue"))


def titles(database: Database) -> list[UUID]:
    """The conversations whose title is indexed."""
    return database.rows("select conversation_id from oneai.search_entries where message_id is null")


async def waits_for_a_lock(database: Database, client: TurnClient) -> bool:
    """Whether the statement of this client waits for another transaction."""
    waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and pid = %s"
    return bool(database.rows(waiting, client.connection.info.backend_pid))


async def expired_turn(database: Database, client: TurnClient, user: UUID) -> Turn:
    """A question about a quokka whose answer, of a numbat, lost its process and was settled."""
    turn = await client.admit(user, "the quokka")
    await client.checkpoint(turn.message_id, ("text", 0, "a numbat"))
    database.advance(31)
    await client.call("select oneai.expire_answer(%s)", turn.message_id)
    return turn


async def search(client: TurnClient, user: UUID, word: str) -> set[UUID | None]:
    """The results of this user's search, None for a title, in one message and under row-level security."""
    claims = json.dumps({"sub": str(user), "role": "authenticated"})
    async with client.connection.transaction():
        await client.call(
            "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true)", claims
        )
        query = f"'#{word}'"
        found = await client.connection.execute(
            "select message_id from oneai.search(%s, %s, 'all', null, null, null, null, null, null, null, null, 20)",
            [query, query],
        )
        return {message for (message,) in await found.fetchall()}


async def test_an_answer_and_its_question_are_indexed_by_the_job(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka")
    await client.settle(turn.message_id, "a numbat")
    assert (indexed(database), queued(database)) == (set(), [turn.message_id])

    assert await client.call("select oneai.index_queued_answers(10)") == 1

    assert (indexed(database), queued(database)) == ({turn.question_id, turn.message_id}, [])
    assert set(database.rows("select word from oneai.search_words")) == {"quokka", "numbat"}
    assert await client.call("select oneai.index_queued_answers(10)") == 0


async def test_a_search_finds_the_users_latest_answer(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    (client,) = await clients(1)
    mine, theirs = await client.admit(asha, "the quokka"), await client.admit(ravi, "the quokka")
    await client.settle(mine.message_id, "a quokka")
    await client.settle(theirs.message_id, "a quokka")

    assert await search(client, asha, "quokka") == {mine.question_id, mine.message_id}

    assert queued(database) == [theirs.message_id]
    assert indexed(database) == {mine.question_id, mine.message_id}


async def test_a_search_finds_the_question_of_an_answer_being_written(clients: TurnClients, asha: UUID) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka")
    await client.checkpoint(turn.message_id, ("text", 0, "a numbat"))

    assert await search(client, asha, "quokka") == {turn.question_id}
    assert await search(client, asha, "numbat") == set()

    await client.settle(turn.message_id, "a numbat")
    assert await search(client, asha, "numbat") == {turn.message_id}


async def test_a_search_does_not_block_an_answer_being_written(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka")
    await client.connection.execute("set lock_timeout = '10s'")
    async with owner.connection.transaction():
        await owner.call("select set_config('request.jwt.claims', %s, true)", json.dumps({"sub": str(asha)}))
        await owner.call("select oneai.index_own_answers()")
        await client.checkpoint(turn.message_id, ("text", 0, "a numbat"))
        await client.settle(turn.message_id, "a numbat")
        next_turn = await client.admit(asha, "the wombat", conversation=turn.conversation_id)
        await client.settle(next_turn.message_id, "a numbat")

    assert queued(database) == sorted([turn.message_id, next_turn.message_id])


async def test_the_first_title_is_indexed_with_the_answer(database: Database, clients: TurnClients, asha: UUID) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka", title="A small wallaby")
    assert titles(database) == []
    await client.settle(turn.message_id, "a numbat")

    await client.call("select oneai.index_queued_answers(10)")

    assert titles(database) == [turn.conversation_id]
    assert set(database.rows("select word from oneai.search_words")) == {"quokka", "numbat", "small", "wallaby"}


async def test_a_search_finds_the_title_of_an_answer_being_written(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka", title="A small wallaby")

    assert await search(client, asha, "wallaby") == {None}

    assert titles(database) == [turn.conversation_id]


async def test_a_title_changed_while_the_job_runs_is_found_by_its_new_words(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka", title="A small wallaby")
    await client.settle(turn.message_id, "a numbat")
    async with owner.connection.transaction():
        await owner.connection.execute(
            "update oneai.conversations set title = 'A tall emu' where id = %s", [turn.conversation_id]
        )
        job = asyncio.create_task(client.call("select oneai.index_queued_answers(10)"))
        await eventually(lambda: waits_for_a_lock(database, client))
    await job

    assert await search(client, asha, "emu") == {None}
    assert await search(client, asha, "wallaby") == set()


async def test_each_answer_of_a_comparison_is_indexed_and_its_question_once(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    other = UUID(int=1)
    turn = await client.admit(asha, "the quokka", others=[other])
    await client.settle(turn.message_id, "a numbat")
    await client.call("select oneai.index_queued_answers(10)")
    question = database.rows("select xmin::text from oneai.search_entries where message_id = %s", turn.question_id)
    await client.settle(other, "a wombat")
    await client.call("select oneai.index_queued_answers(10)")

    assert indexed(database) == {turn.question_id, turn.message_id, other}
    again = database.rows("select xmin::text from oneai.search_entries where message_id = %s", turn.question_id)
    assert again == question


async def test_a_temporary_conversation_is_neither_queued_nor_found(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka", temporary=True)
    assert await search(client, asha, "quokka") == set()
    await client.settle(turn.message_id, "a quokka")

    assert queued(database) == []
    assert await search(client, asha, "quokka") == set()
    assert indexed(database) == set()


async def test_an_answer_of_a_killed_process_is_queued_when_it_expires(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await expired_turn(database, client, asha)

    await client.call("select oneai.index_queued_answers(10)")

    assert indexed(database) == {turn.question_id, turn.message_id}


async def test_an_answer_that_grows_after_indexing_is_indexed_again(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await expired_turn(database, client, asha)
    await client.call("select oneai.index_queued_answers(10)")

    await client.settle(turn.message_id, "a numbat and a wombat")

    assert await search(client, asha, "wombat") == {turn.message_id}


async def test_a_text_that_is_being_changed_remains_in_the_queue(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka")
    await client.settle(turn.message_id, "a numbat")
    async with owner.connection.transaction():
        await owner.call("select 1 from oneai.chat_messages where id = %s for update", turn.message_id)
        await client.call("select oneai.index_queued_answers(10)")
        assert (indexed(database), queued(database)) == ({turn.question_id}, [turn.message_id])

    await client.call("select oneai.index_queued_answers(10)")

    assert (indexed(database), queued(database)) == ({turn.question_id, turn.message_id}, [])


async def test_two_concurrent_jobs_share_the_queue(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    (client,) = await clients(1)
    turns = [await client.admit(asha, f"the quokka {n}") for n in range(3)]
    for turn in turns:
        await client.settle(turn.message_id, "a numbat")
    async with owner.connection.transaction():
        assert await owner.call("select oneai.index_queued_answers(2)") == 2
        assert await client.call("select oneai.index_queued_answers(2)") == 1

    assert indexed(database) == {message for turn in turns for message in (turn.question_id, turn.message_id)}


async def test_a_conversation_deleted_while_it_is_indexed_leaves_no_words(
    database: Database, clients: TurnClients, owners: TurnClients, asha: UUID
) -> None:
    (client,) = await clients(1)
    indexing, deleting = await owners(2)
    turn = await client.admit(asha, "the quokka")
    await client.settle(turn.message_id, "a numbat")
    async with indexing.connection.transaction():
        await indexing.call("select oneai.index_queued_answers(10)")
        deletion = asyncio.create_task(
            deleting.connection.execute("delete from oneai.conversations where id = %s", [turn.conversation_id])
        )

        await eventually(lambda: waits_for_a_lock(database, deleting))
    await deletion

    assert (indexed(database), queued(database)) == (set(), [])
    assert database.rows("select word from oneai.search_words") == []


async def test_messages_of_a_user_being_deleted_are_not_indexed(
    database: Database, clients: TurnClients, owner: TurnClient, asha: UUID
) -> None:
    (client,) = await clients(1)
    turn = await client.admit(asha, "the quokka")
    await client.settle(turn.message_id, "a numbat")
    async with owner.connection.transaction():
        await owner.connection.execute("delete from oneai.users where id = %s", [asha])
        assert await client.call("select oneai.index_queued_answers(10)") == 0

    assert (indexed(database), queued(database)) == (set(), [])
