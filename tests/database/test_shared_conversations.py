"""Row-level security of conversations and what belongs to them, by role, and how their columns reach the messages."""

import json
from collections.abc import Iterator
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.team_members import team_of
from tests.database.turns import TurnClient
from tests.world import Database

TABLES: tuple[LiteralString, ...] = ("conversations", "chat_messages", "answer_pieces", "conversation_summaries")
COUNTS: LiteralString = """
    select array[(select count(*) from oneai.conversations), (select count(*) from oneai.chat_messages),
      (select count(*) from oneai.answer_pieces), (select count(*) from oneai.conversation_summaries)]
"""


class Reader:
    """One connection that reads and changes as a signed-in user."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    def do(self, user: UUID, query: LiteralString) -> list[Any]:
        """The rows of a statement as this user."""
        with self.connection.transaction():
            self.connection.execute("select set_config('role', 'authenticated', true)")
            self.connection.execute(
                "select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": str(user)})]
            )
            return [row[0] for row in self.connection.execute(query).fetchall()]

    def counts(self, user: UUID) -> list[int]:
        """How many rows of TABLES the user sees."""
        (found,) = self.do(user, COUNTS)
        return list(found)


@pytest.fixture
def reader(database: Database) -> Iterator[Reader]:
    """A connection of `oneai_app`."""
    with psycopg.connect(database.url("oneai_app"), autocommit=True) as connection:
        yield Reader(connection)


@pytest.fixture
async def team(database: Database, client: TurnClient, asha: UUID) -> UUID:
    """A team of asha's with one conversation of hers, which has an answer, a running one and a summary."""
    team = team_of(database, asha)
    turn = await client.admit(asha)
    await client.settle(turn.message_id)
    running = await client.admit(asha, conversation=turn.conversation_id)
    await client.checkpoint(running.message_id, ("text", 0, "Hi"))
    database.rows("update oneai.conversations set workspace_id = %s", team)
    database.rows(
        "insert into oneai.conversation_summaries (message_id, conversation_id, user_id, content, model) "
        "values (%s, %s, %s, 'So far', 'maker/small')",
        *(turn.message_id, turn.conversation_id, asha),
    )
    return team


def join(database: Database, team: UUID, role: str) -> UUID:
    """A new member of the team."""
    user = database.user(f"{role}-{uuid4().hex[:6]}@example.com")
    database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, %s)", user, team, role
    )
    return user


def share(database: Database) -> None:
    """Shares all conversations with their workspaces."""
    database.rows("update oneai.conversations set visibility = 'workspace'")


@pytest.mark.parametrize("role", ["owner", "admin", "member", "viewer"])
def test_a_member_of_each_role_sees_what_is_shared_and_nothing_private(
    database: Database, reader: Reader, team: UUID, role: str
) -> None:
    member = join(database, team, role)
    assert reader.counts(member) == [0, 0, 0, 0]

    share(database)

    assert reader.counts(member) == [1, 4, 1, 1]
    # Only the author changes it.
    assert reader.do(member, "update oneai.conversations set title = 'Mine' returning title") == []
    database.rows("delete from oneai.workspace_members where user_id = %s and workspace_id = %s", member, team)
    assert reader.counts(member) == [0, 0, 0, 0]


def test_strangers_and_authors_who_have_left_see_nothing_shared(
    database: Database, reader: Reader, team: UUID, asha: UUID, ravi: UUID
) -> None:
    share(database)
    assert (reader.counts(asha), reader.counts(ravi)) == ([1, 4, 1, 1], [0, 0, 0, 0])

    database.rows("delete from oneai.workspace_members where workspace_id = %s", team)

    assert reader.counts(asha) == [0, 0, 0, 0]


def test_an_author_changes_a_conversation_only_with_the_right_to_write(
    database: Database, reader: Reader, team: UUID, asha: UUID
) -> None:
    change: LiteralString = "update oneai.conversations set title = 'Rain' returning title"
    assert reader.do(asha, change) == ["Rain"]

    database.rows("update oneai.workspace_members set role = 'viewer' where workspace_id = %s", team)

    assert reader.do(asha, change) == []
    assert reader.counts(asha)[0] == 1


@pytest.mark.parametrize("column", ["visibility", "workspace_id", "user_id"])
def test_visibility_workspace_and_author_are_not_set_directly(
    reader: Reader, team: UUID, asha: UUID, column: LiteralString
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.do(asha, f"update oneai.conversations set {column} = {column} returning id")  # noqa: S608


def test_a_message_has_the_workspace_and_visibility_of_its_conversation(database: Database, team: UUID) -> None:
    share(database)
    assert set(database.rows("select distinct workspace_id, visibility from oneai.chat_messages")) == {
        (team, "workspace")
    }

    database.rows(
        "insert into oneai.chat_messages (conversation_id, user_id, role, model_id, sequence_number, is_chosen) "
        "select id, user_id, 'user', 'maker/small', 9, false from oneai.conversations"
    )

    assert len(database.rows("select 1 from oneai.chat_messages where visibility = 'workspace'")) == 5
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        database.rows("update oneai.chat_messages set visibility = 'private' where sequence_number = 9")


async def test_a_shared_conversation_has_new_messages_that_are_shared(
    database: Database, client: TurnClient, reader: Reader, asha: UUID
) -> None:
    team = team_of(database, asha)
    member = join(database, team, "member")
    first = await client.admit(asha)
    await client.settle(first.message_id)
    database.rows("update oneai.conversations set workspace_id = %s, visibility = 'workspace'", team)

    second = await client.admit(asha, conversation=first.conversation_id)
    await client.settle(second.message_id)

    assert reader.counts(member)[:2] == [1, 4]


def test_policies_read_conversations_by_an_index_of_the_workspace(
    database: Database, reader: Reader, team: UUID, asha: UUID
) -> None:
    database.rows(
        "insert into oneai.conversations (user_id, workspace_id, visibility, title) "
        "select %s, %s, case when n %% 3 = 0 then 'workspace' else 'private' end, n::text "
        "from generate_series(1, 3000) as n",
        *(asha, team),
    )
    database.rows("analyze oneai.conversations")
    conditions: tuple[LiteralString, ...] = ("c.user_id = (select auth.uid())", "c.visibility = 'workspace'")
    for whose in conditions:
        query: LiteralString = (
            "explain (format json) select c.id from oneai.conversations as c "  # noqa: S608
            f"where c.workspace_id = (select id from oneai.workspaces where kind = 'team') and {whose} "
            "and not c.archived and not c.temporary order by c.last_message_at desc, c.id desc limit 20"
        )
        plan = reader.do(asha, query)[0][0]["Plan"]
        assert plan["Node Type"] == "Limit"
        assert "Sort" not in json.dumps(plan), plan
        assert any(name in json.dumps(plan) for name in ("conversations_newest", "conversations_shared")), plan
