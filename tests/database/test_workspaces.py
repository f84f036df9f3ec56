"""Workspaces pay. Each user has a personal one, whose id is the user's, and may be a member of others."""

import asyncio
import json
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.database.rows import hold_locks, wait_for_blocked
from tests.database.team_members import team_of
from tests.database.turns import TurnClient, quota
from tests.world import Database


def seen_by(database: Database, user: UUID, function: str = "my_workspaces") -> set[UUID]:
    """The workspaces that the function returns to this user."""
    (rows,) = database.rows(
        f"select array(select oneai.{function}()) from set_config('request.jwt.claims', %s, true)",  # noqa: S608
        json.dumps({"sub": str(user)}),
    )
    return set(rows)


def test_a_sign_up_makes_a_personal_workspace_with_the_users_id(database: Database, asha: UUID) -> None:
    query = "select kind, personal_of, subscription_tier from oneai.workspaces where id = %s"
    assert database.one(query, asha) == ("personal", asha, "free")
    assert database.rows("select user_id, workspace_id, role from oneai.workspace_members") == [(asha, asha, "owner")]


def test_a_personal_workspace_goes_with_its_user_and_a_team_does_not(database: Database, asha: UUID) -> None:
    team = team_of(database, asha)

    database.rows("delete from auth.users where id = %s", asha)

    assert database.rows("select id from oneai.workspaces") == [team]
    assert database.rows("select * from oneai.workspace_members") == []
    assert set(database.rows("select workspace_id from oneai.usage_quotas")) == {team}


def test_a_workspace_is_personal_only_with_the_id_of_a_user(database: Database, asha: UUID) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.rows("insert into oneai.workspaces (kind) values ('personal')")
    with pytest.raises(psycopg.errors.GeneratedAlways):
        database.rows("insert into oneai.workspaces (kind, personal_of) values ('team', %s)", asha)


def test_members_see_their_workspaces_and_viewers_change_none(database: Database, asha: UUID, ravi: UUID) -> None:
    meera = database.user("meera@example.com")
    team = team_of(database, asha, member=ravi, viewer=meera)
    stranger = database.user("stranger@example.com")

    assert [seen_by(database, user) for user in (asha, ravi, meera)] == [{asha, team}, {ravi, team}, {meera, team}]
    assert seen_by(database, stranger) == {stranger}
    assert seen_by(database, ravi, "my_writable_workspaces") == {ravi, team}
    assert seen_by(database, meera, "my_writable_workspaces") == {meera}

    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", ravi, team)

    assert seen_by(database, ravi) == {ravi}


def test_only_owners_see_a_workspace_in_deletion_and_no_member_a_suspended_one(
    database: Database, asha: UUID, ravi: UUID
) -> None:
    team = team_of(database, asha, admin=ravi)

    database.rows("update oneai.workspaces set deletes_at = oneai.now() + interval '30 days' where id = %s", team)
    assert [seen_by(database, user) for user in (asha, ravi)] == [{asha, team}, {ravi}]
    assert seen_by(database, asha, "my_writable_workspaces") == {asha}

    database.rows("update oneai.workspaces set deletes_at = null, suspended_at = oneai.now() where id = %s", team)
    assert [seen_by(database, user) for user in (asha, ravi)] == [{asha}, {ravi}]
    assert seen_by(database, asha, "my_writable_workspaces") == {asha}


async def test_the_conversations_workspace_pays_for_its_questions(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    team = team_of(database, asha)
    first = await client.admit(asha)
    await client.settle(first.message_id)
    database.rows("update oneai.conversations set workspace_id = %s", team)

    second = await client.admit(asha, conversation=first.conversation_id)
    await client.settle(second.message_id)

    assert [quota(database, payer) for payer in (asha, team)] == [(1, 0), (1, 0)]
    paid = "select workspace_id, user_id from oneai.usage_events order by id"
    assert database.rows(paid) == [(asha, asha), (team, asha)]
    assert database.one("select spend_micro_usd > 0 from oneai.workspaces where id = %s", team)


async def test_an_api_keys_workspace_pays_for_new_conversations(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    team = team_of(database, asha)
    key: UUID = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'Key', 'oneai_sk_…', array['chat']) returning id",
        *(team, asha),
    )

    turn = await client.admit(asha, api_key=key)
    await client.settle(turn.message_id)

    assert [quota(database, payer) for payer in (asha, team)] == [(0, 0), (1, 0)]
    assert database.one("select workspace_id from oneai.conversations") == team


async def test_questions_wait_for_their_workspace_first_and_then_for_their_user(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    async with hold_locks(database, "select from oneai.workspaces where id = %s for update", asha) as other:
        asking: asyncio.Task[Any] = asyncio.create_task(client.admit(asha))
        await wait_for_blocked(database, 1)
        # The question does not hold its user's row while it waits.
        await other.execute("select from oneai.users where id = %s for update nowait", [asha])

    assert not (await asking).replay


async def test_settling_locks_the_workspace_and_not_the_asker(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    turn = await client.admit(asha)

    async with hold_locks(database, "select from oneai.users where id = %s for no key update", asha):
        settled = await client.settle(turn.message_id)

    assert settled["state"] == "complete"
    assert quota(database, asha) == (1, 0)


async def test_deleting_a_sign_in_waits_for_the_workspace_before_it_locks_the_user(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    async with hold_locks(database, "select from oneai.workspaces where id = %s for no key update", asha) as asking:
        deleting = asyncio.create_task(
            owner.call(
                "with gone as (delete from auth.users where id = %s returning id) select count(*) from gone", asha
            )
        )
        await wait_for_blocked(database, 1)
        await asking.execute("select from oneai.users where id = %s for no key update nowait", [asha])

    assert await deleting == 1
    assert database.rows("select id from oneai.workspaces") == []
