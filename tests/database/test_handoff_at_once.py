"""Visitors and members who write in the same instant, and processes that die between."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest

from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.turns import USAGE, Turn, TurnClient, quota, refusal
from tests.database.visited_chatbots import VisitedChatbot
from tests.workspaces.teams import insert_team
from tests.world import Database

MESSAGES = (
    "select case when model_id = 'member' then 'person' else state::text end from oneai.chat_messages "
    "where conversation_id = %s order by sequence_number"
)

type _Acts = list[Callable[[], Coroutine[Any, Any, Any]]]


async def _write(client: TurnClient, member: UUID, talk: UUID, text: str = "I am here.") -> Any:
    return await client.call("select oneai.write_to_visitor(%s, %s, %s, %s)", member, talk, uuid4(), text)


async def _press(client: TurnClient, website: VisitedChatbot, talk: UUID, number: int = 0) -> None:
    """The visitor asks for a person, twice."""
    visit = website.visit(number)
    for _ in range(2):
        pressed = await client.call("select oneai.ask_for_person(%s, %s, %s)", visit.public_id, visit.visitor, talk)
        assert pressed == {"status": "open"}


async def _ask(client: TurnClient, website: VisitedChatbot, talk: UUID | None) -> Turn | None:
    """The visitor's question; None where it was stored for people."""
    try:
        return await client.admit(uuid4(), conversation=talk, visit=website.visit(0))
    except KeyError:
        return None


async def test_no_answer_starts_after_a_member_wrote(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = insert_team(database, asha, tier="pro", member=ravi)
    website = VisitedChatbot.insert(database, team, {})
    visitor, member, other = await clients(3)
    first = await visitor.admit(asha, visit=website.visit(0))
    await visitor.settle(first.message_id)
    talk = first.conversation_id

    # The question came first: its answer is asked to stop, and is settled at what it took.
    async with hold_locks(database, "select from oneai.workspaces where id = %s for update", team):
        asked = asyncio.create_task(_ask(visitor, website, talk))
        await wait_for_blocked(database, 1)
    turn = await asked
    assert turn is not None
    await visitor.checkpoint(turn.message_id, ("text", 0, "We sell"))
    both = await asyncio.gather(_write(member, asha, talk), _write(other, ravi, talk), return_exceptions=True)
    assert sorted(str(each).splitlines()[0] for each in both if isinstance(each, Exception)) == ["claimed"]
    assert await visitor.checkpoint(turn.message_id) == (True, "streaming")
    assert await _ask(visitor, website, talk) is None
    await visitor.settle(turn.message_id, "We sell", "stopped")
    await visitor.settle(turn.message_id, "We sell", "stopped")
    assert database.rows(MESSAGES, talk) == ["complete", "complete", "complete", "stopped", "person", "person"]
    website.check_budgets(team)
    assert quota(database, team) == (2, 0)

    # The member came first: the question that waited for the conversation is stored for people, with nothing held.
    await member.call("select oneai.end_handoff(%s, %s, 'bot')", asha, talk)
    async with hold_locks(database, "select from oneai.conversations where id = %s for update", talk):
        writing = asyncio.create_task(_write(member, asha, talk))
        await wait_for_blocked(database, 1)
        asked = asyncio.create_task(_ask(visitor, website, talk))
        await wait_for_blocked(database, 2)
    await writing
    assert await asked is None
    website.check_budgets(team)
    assert quota(database, team) == (2, 0)


@pytest.mark.parametrize("stopped_by", ["member", "visitor"])
async def test_a_process_that_dies_before_it_stops_leaves_an_exact_answer(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID, stopped_by: str
) -> None:
    team = insert_team(database, asha, tier="pro", member=ravi)
    website = VisitedChatbot.insert(database, team, {})
    visitor, member = await clients(2)
    turn = await visitor.admit(asha, visit=website.visit(0))
    await visitor.checkpoint(turn.message_id, ("text", 0, "We sell"), generation="gen-1")
    if stopped_by == "visitor":
        await _press(visitor, website, turn.conversation_id)
        assert await visitor.checkpoint(turn.message_id) == (True, "streaming")
    await _write(member, ravi, turn.conversation_id)
    assert await _ask(visitor, website, turn.conversation_id) is None

    database.advance(120)
    assert await member.expire_answer(turn.message_id)
    assert not await member.expire_answer(turn.message_id)
    await visitor.settle(turn.message_id, "We sell tea", "stopped", usage=USAGE)
    assert database.rows(MESSAGES, turn.conversation_id) == ["complete", "stopped", "person", "person"]
    website.check_budgets(team)
    assert quota(database, team) == (1, 0)


async def test_a_press_in_the_instant_an_answer_ends_leaves_one_answer_and_one_handoff(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    team = insert_team(database, asha, tier="pro")
    website = VisitedChatbot.insert(database, team, {})
    writer, visitor, second = await clients(3)
    ended: LiteralString = "select state::text, content from oneai.chat_messages where id = %s"
    events: LiteralString = "select kind from oneai.inbox_events where conversation_id = %s"
    for number, press_first in enumerate((True, False)):
        turn = await writer.admit(asha, visit=website.visit(number))
        talk, metadata = turn.conversation_id, {"outcome": "handoff"}
        settling: _Acts = [partial(writer.settle, turn.message_id, "A person knows.", metadata=metadata)]
        pressing: _Acts = [partial(_press, client, website, talk, number) for client in (visitor, second)]
        acting = []
        async with hold_locks(database, "select from oneai.conversations where id = %s for update", talk):
            for act in pressing + settling if press_first else settling + pressing:
                acting.append(asyncio.create_task(act()))
                await wait_for_blocked(database, len(acting))
        await asyncio.gather(*acting)
        # It was whole before its process could read that it is to stop. Its outcome asks for a person too.
        assert database.rows(ended, turn.message_id) == [("complete", "A person knows.")]
        assert database.rows(events, talk) == ["handed_off"]
        website.check_budgets(team)
        assert quota(database, team) == (number + 1, 0)
    assert database.rows("select kind from oneai.workspace_events order by id") == [
        *("message.arrived", "conversation.handed_off", "message.arrived", "conversation.handed_off"),
    ]


async def test_a_slow_transaction_behind_a_readers_cursor_is_not_missed(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = insert_team(database, asha, tier="pro", member=ravi)
    website = VisitedChatbot.insert(database, team, {})
    slow, quick, reader = await clients(3)
    talks = [(await slow.admit(asha, visit=website.visit(number))).conversation_id for number in range(2)]
    changes = "select oneai.inbox_changes_after(%s, %s, %s)"
    after = (await reader.call(changes, asha, team, None))["next"]

    async with slow.connection.transaction():
        await _write(slow, asha, talks[0])
        # It is open, and holds no number yet: another one passes it.
        await _write(quick, ravi, talks[1])
        seen = await reader.call(changes, ravi, team, after)
        assert {each["conversation_id"] for each in seen["items"]} == {str(talks[1])}
    late = await reader.call(changes, ravi, team, seen["next"])
    assert {each["conversation_id"] for each in late["items"]} == {str(talks[0])}
    assert late["items"][0]["n"] > seen["items"][-1]["n"]
    assert {each["kind"] for each in late["items"]} == {"status", "message"}
    assert await reader.call(changes, ravi, team, late["next"]) == {"items": [], "next": late["next"], "present": []}

    # A number that was never given is refused, and so is one that is a day old, before and after the job.
    assert (await refusal(reader.call(changes, asha, team, late["next"] + 1))).code == "reload"
    database.advance(25 * 3600)
    assert (await refusal(reader.call(changes, asha, team, after))).code == "reload"
    assert database.one("select oneai.delete_old_inbox_changes(1000)") > 0
    assert (await refusal(reader.call(changes, asha, team, after))).code == "reload"
    assert (await reader.call(changes, asha, team, late["next"]))["items"] == []
    database.rows("delete from oneai.workspaces where id = %s", team)
    assert database.rows("select from oneai.inbox_changes") == []
