"""Many members of one team ask at once: the pool and the limits hold to the unit."""

import asyncio
import json
from collections import Counter
from uuid import UUID

import psycopg

from tests.database.conftest import TurnClients
from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.team_members import SMALL, ask_in, member_use, set_percent, set_pool, team_of
from tests.database.turns import Turn, TurnClient, quota, refusal
from tests.world import Database


def crowd_of(database: Database, team: UUID, count: int) -> list[UUID]:
    """Makes this many users members of the team."""
    people = [database.user(f"member{n}@example.com") for n in range(count)]
    database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) select u, %s, 'member' "
        "from unnest(%s::uuid[]) as u",
        *(team, people),
    )
    return people


async def all_ask(clients: list[TurnClient], database: Database, team: UUID, people: list[UUID]) -> list[Turn | str]:
    """Each of them asks once, over as many connections as there are; the turns, or what was exhausted."""
    waiting = list(people)
    outcomes: list[Turn | str] = []

    async def work(client: TurnClient) -> None:
        while waiting:
            try:
                outcomes.append(await ask_in(client, database, team, waiting.pop()))
            except psycopg.Error as error:
                outcomes.append(json.loads(error.diag.message_detail or "{}")["of"])

    await asyncio.gather(*(work(client) for client in clients))
    return outcomes


async def test_of_two_hundred_members_exactly_as_many_ask_as_units_are_left(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    team = team_of(database, asha)
    set_pool(database, team, 100, used=70)
    people = crowd_of(database, team, 200)
    connections = await clients(40)

    outcomes = await all_ask(connections, database, team, people)

    turns = [each for each in outcomes if isinstance(each, Turn)]
    assert (len(turns), Counter(each for each in outcomes if isinstance(each, str))) == (30, {"workspace": 170})
    assert quota(database, team) == (70, 30)
    for turn in turns:
        await connections[0].settle(turn.message_id)
    assert quota(database, team) == (100, 0)
    assert database.one("select sum(used)::integer from oneai.member_usage where workspace_id = %s", team) == 30


async def test_a_members_limit_holds_while_all_others_ask(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, member=ravi)
    set_pool(database, team, 100)
    set_percent(database, team, ravi, 10)
    people = crowd_of(database, team, 44)

    outcomes = await all_ask(await clients(16), database, team, [*people, *[ravi] * 20])

    assert Counter(each if isinstance(each, str) else "asked" for each in outcomes) == {"asked": 54, "member": 10}
    assert (quota(database, team), member_use(database, team, ravi)) == ((0, 54), (0, 10))


async def test_the_last_unit_of_pool_and_limit_is_given_once(
    database: Database, clients: TurnClients, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, member=ravi)
    set_pool(database, team, 100, used=99)
    set_percent(database, team, ravi, 1)

    outcomes = await all_ask(await clients(8), database, team, [ravi] * 8)

    assert Counter(each if isinstance(each, str) else "asked" for each in outcomes) == {"asked": 1, "workspace": 7}
    assert (quota(database, team), member_use(database, team, ravi)) == ((99, 1), (0, 1))


async def test_a_limit_that_falls_while_a_question_waits_refuses_it(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, member=ravi)
    set_pool(database, team, 100)
    await ask_in(client, database, team, ravi)

    lock = "select from oneai.workspaces where id = %s for no key update"
    async with hold_locks(database, lock, team) as admin:
        asking = asyncio.create_task(refusal(ask_in(client, database, team, ravi)))
        await wait_for_blocked(database, 1)
        await admin.execute(
            "update oneai.workspace_members set usage_limit_percent = 1 where user_id = %s and workspace_id = %s",
            [ravi, team],
        )
        await admin.commit()

    refused = await asking
    assert (refused.detail["of"], refused.detail["quota_key"]) == ("member", SMALL)


async def test_the_units_of_a_team_that_was_deleted_are_settled_without_an_error(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, member=ravi)
    turn = await ask_in(client, database, team, ravi)
    database.rows("delete from oneai.workspaces where id = %s", team)

    settled = await client.settle(turn.message_id)

    assert settled["first"]
    assert database.rows("select * from oneai.member_usage") == []
