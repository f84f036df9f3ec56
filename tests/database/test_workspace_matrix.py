"""What each role reads and changes in each table of a workspace: row-level security by role, table and verb."""

from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.billing.invoices.issuing import issue
from tests.chatbots.made import insert_chatbot
from tests.database.billing_rows import subscription
from tests.database.team_members import team_of
from tests.database.test_rights import Session, on
from tests.database.turns import TurnClient
from tests.workspaces.teams import add_member, remove_member
from tests.world import Database

ROLES = ("viewer", "member", "admin", "owner")
# What all members read. A row of each is made below.
SHARED: tuple[LiteralString, ...] = (
    *("workspace_members", "api_keys", "usage_quotas", "conversations", "chat_messages", "documents"),
    *("document_chunks", "collections", "subscriptions", "payments", "invoices", "chatbots", "chatbot_versions"),
    "chatbot_answers",
)
# What strangers wrote and who they are: no user reads a row, only functions do, which refuse viewers.
HIDDEN: tuple[LiteralString, ...] = ("chatbot_visitors", "chatbot_leads")
# Those with the same policy that have no row here, and those whose rows of others are for managers.
OTHERS = {
    *("exports", "imports", "usage_events"),
    *(
        "billing_details",
        "conversation_sizes",
        "document_summaries",
        "orders",
        "document_page_counts",
        "subscription_history",
    ),
    *("usage_rollups", "workspaces"),
}
CHANGES: tuple[LiteralString, ...] = ("delete from {}", "insert into {} default values", "truncate {}")


class Team:
    """A team with a row in each table, and the ids of its members, a former one and a stranger."""

    def __init__(self, id: UUID, users: dict[str, UUID]) -> None:
        self.id, self.users = id, users

    def claims(self, who: str) -> dict[str, str]:
        """The claims of a request of this user."""
        return {"sub": str(self.users[who])}


@pytest.fixture
async def team(database: Database, client: TurnClient, asha: UUID) -> Team:
    """The owner has asked two questions in it, one in a conversation that is shared."""
    users = {who: database.user(f"{who}@example.com") for who in (*ROLES[:3], "former", "stranger")} | {"owner": asha}
    tea = team_of(database, asha, **{role: users[role] for role in ROLES[:3]})
    add_member(database, tea, users["former"], "admin")
    remove_member(database, tea, users["former"])
    key: UUID = database.one(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'Key', 'oneai_sk_…', array['chat']) returning id",
        *(tea, asha),
    )
    for n in range(2):
        turn = await client.admit(asha, api_key=key)
        await client.settle(turn.message_id)
        if n == 0:
            shared = "update oneai.conversations set visibility = 'workspace' where id = %s"
            database.rows(shared, turn.conversation_id)
    database.rows("insert into oneai.collections (workspace_id, user_id, name) values (%s, %s, 'Flat')", tea, asha)
    document = uuid4()
    database.rows(
        "insert into oneai.documents (id, workspace_id, user_id, name, media_type, size, upload_expires_at) "
        "values (%s, %s, %s, 'Lease.pdf', 'application/pdf', 1, oneai.now())",
        *(document, tea, asha),
    )
    database.rows(
        "insert into oneai.document_chunks (document_id, ordinal, workspace_id, content, tokens, words) "
        "values (%s, 1, %s, 'Rent', 1, '')",
        *(document, tea),
    )
    subscription(database, tea)
    issue(database, tea)
    database.rows(
        "with visitor as (insert into oneai.chatbot_visitors (id, chatbot_id, workspace_id) "
        "values (gen_random_uuid(), %s, %s) returning *) "
        "insert into oneai.chatbot_leads (chatbot_id, workspace_id, visitor_id, email) "
        "select chatbot_id, workspace_id, id, 'lead@example.com' from visitor",
        *(insert_chatbot(database, tea), tea),
    )
    return Team(tea, users)


def seen(session: Session, team: Team, table: LiteralString, who: str, chosen: UUID | None = None) -> int:
    """How many of the team's rows this user reads, in a request that chose a workspace."""
    with session.connection.transaction():
        session.connection.execute("select set_config('oneai.workspace', %s, true)", [str(chosen or "")])
        query: Any = on("select from {} where workspace_id = %s", table)
        return session.do("authenticated", query, team.id, claims=team.claims(who))


@pytest.fixture
def session(database: Database) -> Any:
    """One connection of `oneai_app`."""
    with psycopg.connect(database.url("oneai_app"), autocommit=True) as connection:
        yield Session(connection)


def test_only_members_read_what_belongs_to_the_workspace(session: Session, team: Team) -> None:
    for table in SHARED:
        for role in ROLES:
            assert seen(session, team, table, role) > 0, (table, role)
        for who in ("former", "stranger"):
            assert seen(session, team, table, who) == 0, (table, who)
    for table in HIDDEN:
        query = on("select from {}", table)
        for who in (*ROLES, "stranger"):
            assert session.refused("authenticated", query, claims=team.claims(who)) == "42501", (table, who)


def test_a_private_conversation_is_read_by_its_author_alone(session: Session, team: Team) -> None:
    for table, own, others in (("conversations", 2, 1), ("chat_messages", 4, 2)):
        assert [seen(session, team, table, role) for role in ROLES] == [others, others, others, own], table


def test_lines_of_usage_are_read_by_managers_and_by_who_asked(database: Database, session: Session, team: Team) -> None:
    def lines(table: LiteralString) -> list[int]:
        return [seen(session, team, table, who) for who in (*ROLES, "former", "stranger")]

    assert lines("usage_events") == [0, 0, 2, 2, 0, 0]
    database.rows(
        "update oneai.usage_events set user_id = %s where id in (select min(id) from oneai.usage_events)",
        team.users["member"],
    )
    assert lines("usage_events") == [0, 1, 2, 2, 0, 0]
    database.rows("select oneai.roll_up_usage(100)")
    assert lines("usage_rollups") == [0, 1, 2, 2, 0, 0]
    assert seen(session, team, "usage_events", "owner", chosen=team.users["owner"]) == 0


def test_a_request_that_chose_another_workspace_sees_nothing_of_this_one(session: Session, team: Team) -> None:
    for table in SHARED:
        assert seen(session, team, table, "owner", chosen=team.id) > 0, table
        assert seen(session, team, table, "owner", chosen=team.users["owner"]) == 0, table
        assert seen(session, team, table, "stranger", chosen=team.id) == 0, table


def test_a_workspace_in_deletion_is_read_by_owners_and_a_suspended_one_by_no_one(
    database: Database, session: Session, team: Team
) -> None:
    database.rows("update oneai.workspaces set deletes_at = oneai.now() where id = %s", team.id)
    for table in SHARED:
        assert [seen(session, team, table, role) > 0 for role in ROLES] == [False, False, False, True], table

    database.rows("update oneai.workspaces set deletes_at = null, suspended_at = oneai.now() where id = %s", team.id)
    for table in SHARED:
        assert [seen(session, team, table, role) for role in ROLES] == [0] * 4, table


def test_no_role_inserts_or_deletes_a_row_by_itself(session: Session, team: Team) -> None:
    for table in SHARED:
        for statement in (on(change, table) for change in CHANGES):
            for who in (*ROLES, "former", "stranger"):
                assert session.refused("authenticated", statement, claims=team.claims(who)) == "42501", (table, who)


def test_a_conversation_is_changed_by_its_author_and_not_by_a_viewer(
    database: Database, session: Session, team: Team
) -> None:
    rename: Any = "update oneai.conversations set title = 'Rain' where workspace_id = %s"

    def renamed(who: str) -> int:
        return session.do("authenticated", rename, team.id, claims=team.claims(who))

    assert [renamed(who) for who in (*ROLES, "former", "stranger")] == [0, 0, 0, 2, 0, 0]
    add_member(database, team.id, team.users["owner"], "viewer")
    assert renamed("owner") == 0


def test_every_table_that_members_read_is_listed(database: Database) -> None:
    asked = database.rows(
        "select distinct tablename::text from pg_policies "
        "where schemaname = 'oneai' and position('my_workspaces' in qual) > 0"
    )
    assert set(asked) == {*SHARED, *OTHERS}
