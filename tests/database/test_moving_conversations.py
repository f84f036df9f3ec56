"""Moving conversations between workspaces in any order, with questions and deletions beside: every sum stays exact."""

import asyncio
import json
from uuid import UUID

import psycopg
import pytest

from tests import effort
from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.storage import storage_of
from tests.database.team_members import team_of
from tests.database.turns import TurnClient, quota
from tests.world import Database

MOVE = "select oneai.move_conversation(%s, %s, %s, false)"


async def test_storage_is_exact_after_moves_questions_and_deletions_in_any_order(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    chance = effort.rng("moving conversations")
    database.rows("update oneai.plan_storage set limit_bytes = 1000000000")
    workspaces = [asha, team_of(database, asha), team_of(database, asha)]
    talks = [(await client.admit(asha)) for _ in range(2)]
    for talk in talks:
        await client.settle(talk.message_id, "x" * chance.randrange(2000))
    for _ in range(effort.sample(12, 60)):
        match chance.choice(["move", "move", "ask", "delete"]):
            case "move" if talks:
                target = chance.choice(workspaces)
                try:
                    await client.call(MOVE, asha, chance.choice(talks).conversation_id, target)
                except psycopg.Error as refused:
                    details = json.loads(refused.diag.message_detail or "{}")["details"]
                    assert [each["code"] for each in details] == ["unchanged"]
            case "ask" if talks:
                asked = await client.admit(asha, conversation=chance.choice(talks).conversation_id)
                await client.settle(asked.message_id, "y" * chance.randrange(2000))
            case "delete" if len(talks) > 1:
                database.rows("delete from oneai.conversations where id = %s", talks.pop().conversation_id)
            case _:
                talks.append(await client.admit(asha))
                await client.settle(talks[-1].message_id, "z" * chance.randrange(2000))
    exact = "select coalesce(sum(oneai.conversation_bytes(id)), 0) from oneai.conversations where workspace_id = %s"
    for workspace in workspaces:
        assert storage_of(database, workspace) == database.one(exact, workspace)
    assert database.rows("select 1 from oneai.usage_quotas where reserved <> 0") == []


async def test_a_question_that_waited_while_its_conversation_moved_is_charged_nowhere(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    team = team_of(database, asha)
    first = await client.admit(asha)
    await client.settle(first.message_id)

    async with hold_locks(database, "select from oneai.workspaces where id = %s for update", asha) as other:
        asking = asyncio.create_task(client.admit(asha, conversation=first.conversation_id))
        await wait_for_blocked(database, 1)
        await other.execute(MOVE, [asha, first.conversation_id, team])
        await other.commit()
    with pytest.raises(psycopg.Error, match="busy"):
        await asking

    assert [quota(database, payer) for payer in (asha, team)] == [(1, 0), (0, 0)]
    assert database.rows("select 1 from oneai.chat_messages where state = 'streaming'") == []


async def test_moves_in_both_directions_at_once_do_not_wait_for_each_other_forever(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    team = team_of(database, asha)
    one, other = await clients(2)
    talks = [(await one.admit(asha)) for _ in range(2)]
    for talk in talks:
        await one.settle(talk.message_id)
    await one.call(MOVE, asha, talks[1].conversation_id, team)

    for _ in range(effort.sample(3, 20)):
        await asyncio.gather(
            one.call(MOVE, asha, talks[0].conversation_id, team), other.call(MOVE, asha, talks[1].conversation_id, asha)
        )
        talks.reverse()

    places = "select workspace_id from oneai.conversations where id = %s"
    assert {database.one(places, talk.conversation_id) for talk in talks} == {asha, team}


async def test_what_is_reserved_settles_where_it_was_held(database: Database, client: TurnClient, asha: UUID) -> None:
    team = team_of(database, asha)
    first = await client.admit(asha)
    with pytest.raises(psycopg.Error, match="conversation_busy"):
        await client.call(MOVE, asha, first.conversation_id, team)
    database.rows("update oneai.reservations set held_until = oneai.now() - interval '1 second'")
    database.rows("update oneai.conversations set answering_until = oneai.now() - interval '1 second'")

    # The answer's process died: it is settled before the conversation moves.
    await client.call(MOVE, asha, first.conversation_id, team)

    assert [quota(database, payer)[1] for payer in (asha, team)] == [0, 0]
    assert database.rows("select workspace_id from oneai.usage_events where workspace_id = %s", team) == []
