"""Versions are chosen, corrected and asked for while answers end: there is no deadlock, and one branch is seen."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests import effort
from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.turns import TurnClient, quota, refusal
from tests.world import Database

CORRECT = "select new_message from oneai.correct_answer(%s, %s, %s, 'Put right')"
ACTIVATE = "select oneai.activate(%s, %s, %s)"


def one_branch_is_seen(database: Database, conversation: UUID) -> None:
    """One version of each message is chosen; those chosen all the way from the beginning are the latest."""
    odd = """
        with recursive seen as (
          select id from oneai.chat_messages where conversation_id = %s and parent_message_id is null and is_chosen
          union all
          select m.id from seen join oneai.chat_messages as m on m.parent_message_id = seen.id and m.is_chosen
        )
        select id from oneai.chat_messages where conversation_id = %s and is_latest <> (id in (select id from seen))
        union all
        select min(id::text)::uuid from oneai.chat_messages where conversation_id = %s
        group by parent_message_id, role having count(*) filter (where is_chosen) <> 1"""
    assert database.rows(odd, conversation, conversation, conversation) == []


def said(outcome: Any) -> str:
    """`done`, or the code it was refused with; a deadlock or a violated constraint is neither."""
    if isinstance(outcome, psycopg.Error) and (outcome.sqlstate or "").startswith("ON"):
        return outcome.diag.message_primary or ""
    if isinstance(outcome, BaseException):
        raise outcome
    return "done"


async def test_a_version_is_chosen_while_its_answer_ends_and_another_is_requested(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    chance = effort.rng("choosing at once")
    first = await client.admit(asha)
    await client.settle(first.message_id)
    talk, answers = first.conversation_id, [first.message_id]
    others = await clients(6)

    for _ in range(effort.sample(10, 40)):
        ids = [uuid4(), uuid4()]
        turn = await client.admit(asha, message_id=ids[0], others=ids[1:], regenerate_of=chance.choice(answers))
        calls = [
            others[0].settle(ids[0]),
            others[1].settle(ids[1], state="stopped"),
            others[2].call(ACTIVATE, asha, talk, chance.choice([*answers, *ids])),
            others[3].call(ACTIVATE, asha, talk, turn.question_id),
            others[4].admit(asha, message_id=uuid4(), regenerate_of=ids[1]),
            others[5].checkpoint(ids[1], ("text", 0, "Hi")),
        ]
        chance.shuffle(calls)
        outcomes = Counter(map(said, await asyncio.gather(*calls, return_exceptions=True)))

        assert outcomes.keys() <= {"done", "conversation_busy"}
        assert outcomes["done"] >= 5
        one_branch_is_seen(database, talk)
        for running in database.rows("select id from oneai.chat_messages where state = 'streaming'"):
            await client.settle(running)
        answers = database.rows("select id from oneai.chat_messages where role = 'assistant'")
    assert quota(database, asha)[1] == 0


async def test_concurrent_choices_leave_one_version_visible(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    first = await client.admit(asha)
    await client.settle(first.message_id)
    versions = [first.message_id]
    for number in range(8):
        turn = await (
            client.admit(asha, edit_of=first.question_id)
            if number % 2
            else client.admit(asha, regenerate_of=first.message_id)
        )
        await client.settle(turn.message_id)
        versions += [turn.message_id, turn.question_id]

    calls = [
        each.call(ACTIVATE, asha, first.conversation_id, versions[number % len(versions)])
        for number, each in enumerate(await clients(24))
    ]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert Counter(map(said, outcomes)) == {"done": 24}
    one_branch_is_seen(database, first.conversation_id)


async def test_concurrent_corrections_are_all_stored_and_numbered(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id)

    calls = [each.call(CORRECT, asha, turn.conversation_id, turn.message_id) for each in await clients(12)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert Counter(map(said, outcomes)) == {"done": 12}
    numbers = "select revision_number from oneai.chat_messages where role = 'assistant' order by 1"
    assert database.rows(numbers) == list(range(13))
    one_branch_is_seen(database, turn.conversation_id)


async def test_an_answer_is_corrected_while_its_expired_sibling_still_ends(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id)
    late, hand = await clients(2)
    dead = await client.admit(asha, regenerate_of=turn.message_id)
    database.advance(31)

    # Both lock the user, the conversation and the answer, and the second waits for the first.
    async with hold_locks(database, "select from oneai.users where id = %s for update", asha):
        ending = asyncio.create_task(late.settle(dead.message_id, "After all"))
        await wait_for_blocked(database, 1)
        putting = asyncio.create_task(hand.call(CORRECT, asha, turn.conversation_id, turn.message_id))
        await wait_for_blocked(database, 2)

    assert (await ending)["first"]
    corrected = await putting
    rows = database.rows("select id, state, content, is_latest from oneai.chat_messages where role = 'assistant'")
    assert {(state, content): latest for _, state, content, latest in rows} == {
        ("complete", "Hi there"): False,
        ("complete", "After all"): False,
        ("complete", "Put right"): True,
    }
    assert corrected in [row[0] for row in rows]


async def test_correcting_an_answer_settles_its_expired_sibling(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)
    await client.settle(turn.message_id)
    dead = await client.admit(asha, regenerate_of=turn.message_id)
    query = "select new_message, expired from oneai.correct_answer(%s, %s, %s, 'Put right')"
    assert (await refusal(client.call(query, asha, turn.conversation_id, turn.message_id))).code == "conversation_busy"

    database.advance(31)
    corrected, expired = await client.call(query, asha, turn.conversation_id, dead.message_id)

    assert expired
    assert database.rows("select state from oneai.chat_messages where id = %s", dead.message_id) == ["failed"]
    row = database.one(
        "select state, revision_type, original_message_id, revision_number, is_latest from oneai.chat_messages "
        "where id = %s",
        corrected,
    )
    assert row == ("complete", "user_edit", turn.message_id, 2, True)
    assert quota(database, asha) == (1, 0)


@pytest.mark.parametrize("chosen", [0, 1, 2])
async def test_choosing_one_of_several_running_answers_stops_the_others(
    chosen: int, database: Database, client: TurnClient, asha: UUID
) -> None:
    ids = [uuid4() for _ in range(3)]
    turn = await client.admit(asha, message_id=ids[0], others=ids[1:])

    await client.call(ACTIVATE, asha, turn.conversation_id, ids[chosen])

    asked = [(await client.checkpoint(each, ("text", 0, "Hi")))[0] for each in ids]
    assert asked == [number != chosen for number in range(3)]
    one_branch_is_seen(database, turn.conversation_id)
    for each in ids:
        await client.settle(each)
    assert database.rows("select id from oneai.chat_messages where is_latest and role = 'assistant'") == [ids[chosen]]


async def test_choosing_an_older_version_stops_nothing(database: Database, client: TurnClient, asha: UUID) -> None:
    first = await client.admit(asha)
    await client.settle(first.message_id)
    again = await client.admit(asha, regenerate_of=first.message_id)

    await client.call(ACTIVATE, asha, first.conversation_id, first.message_id)

    assert (await client.checkpoint(again.message_id, ("text", 0, "Hi"))) == (False, "streaming")
    assert (await refusal(client.admit(asha, conversation=first.conversation_id))).code == "conversation_busy"


async def test_other_users_can_neither_choose_nor_correct(client: TurnClient, asha: UUID, ravi: UUID) -> None:
    turn, other = await client.admit(asha), await client.admit(asha)
    for each in (turn, other):
        await client.settle(each.message_id)

    for query in (ACTIVATE, CORRECT):
        for user, talk, message in (
            (ravi, turn.conversation_id, turn.message_id),
            (asha, other.conversation_id, turn.message_id),
            (asha, turn.conversation_id, uuid4()),
            (asha, uuid4(), turn.message_id),
            (uuid4(), turn.conversation_id, turn.message_id),
        ):
            assert (await refusal(client.call(query, user, talk, message))).code == "not_found"
    assert (await refusal(client.call(CORRECT, asha, turn.conversation_id, turn.question_id))).sqlstate == "ON422"
