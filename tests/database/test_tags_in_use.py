"""The number of conversations with a tag is exact, also while others change, move, delete and sum up."""

from typing import LiteralString
from uuid import UUID

import psycopg

from tests.chatbots.made import insert_chatbot
from tests.database.conftest import TurnClients
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import insert_team
from tests.world import Database

TAGS: LiteralString = "select oneai.inbox_tags(%s)"
SET: LiteralString = "update oneai.inbox_conversations set tags = %s where conversation_id = %s"
AMOUNTS: LiteralString = "select count(*) from oneai.inbox_tag_amounts where workspace_id = %s"


def _check(database: Database, workspace: UUID) -> dict[str, int]:
    """The tags in use by the amounts, which are those of the conversations."""
    counted: LiteralString = (
        "select name, sum(amount)::integer from oneai.inbox_tag_amounts where workspace_id = %s "
        "group by name having sum(amount) <> 0"
    )
    real: LiteralString = (
        "select t.name, count(*)::integer from oneai.inbox_conversations as i, unnest(i.tags) as t (name) "
        "where i.workspace_id = %s group by t.name"
    )
    found = dict(database.rows(counted, workspace))
    assert found == dict(database.rows(real, workspace))
    return found


async def test_tags_are_counted_when_they_change_move_and_end(
    database: Database, owners: TurnClients, asha: UUID
) -> None:
    (client,) = await owners(1)
    chatbot = insert_chatbot(database, asha)
    talks = [insert_talk(database, chatbot, "Hello") for _ in range(4)]
    for talk, tags in zip(talks, (["order", "Goa"], ["order"], ["Order"], []), strict=True):
        database.rows(SET, tags, talk)
    assert _check(database, asha) == {"order": 2, "Goa": 1, "Order": 1}
    listed = [{"name": "Goa", "count": 1}, {"name": "order", "count": 2}, {"name": "Order", "count": 1}]
    assert sorted(await client.call(TAGS, asha), key=str) == sorted(listed, key=str)

    database.rows(SET, ["Goa"], talks[0])
    database.rows("update oneai.inbox_conversations set status = 'open' where conversation_id = %s", talks[0])
    assert _check(database, asha) == {"order": 1, "Goa": 1, "Order": 1}
    team = insert_team(database, asha, tier="team")
    database.rows("update oneai.inbox_conversations set workspace_id = %s where conversation_id = %s", team, talks[0])
    assert (_check(database, asha), _check(database, team)) == ({"order": 1, "Order": 1}, {"Goa": 1})
    database.rows("delete from oneai.conversations where id = any(%s::uuid[])", talks[1:3])
    assert _check(database, asha) == {}
    assert await client.call(TAGS, asha) == []
    database.rows("delete from oneai.workspaces where id = %s", team)
    assert database.one(AMOUNTS, team) == 0


def test_changes_of_the_same_tag_and_sums_of_it_wait_for_nothing(database: Database, asha: UUID) -> None:
    chatbot = insert_chatbot(database, asha)
    talks = [insert_talk(database, chatbot, "Hello") for _ in range(3)]
    sum_up: LiteralString = "select oneai.sum_up_inbox_tags(%s)"
    database.rows(SET, ["order"], talks[0])
    address = database.url("postgres")
    with psycopg.connect(address) as slow, psycopg.connect(address, autocommit=True) as quick:
        for connection in (slow, quick):
            connection.execute("set lock_timeout = '1ms'")
        slow.execute(SET, [["order", "Goa"], talks[1]])
        quick.execute(SET, [["order"], talks[2]])
        quick.execute(sum_up, [asha])
        slow.execute(sum_up, [asha])
        # The slow one holds the rows that it sums up; the other one leaves them to it.
        quick.execute(SET, [[], talks[0]])
        quick.execute(sum_up, [asha])
        assert _check(database, asha) == {"order": 1}
        slow.commit()
    assert _check(database, asha) == {"order": 2, "Goa": 1}


async def test_who_reads_the_tags_makes_one_row_of_many(database: Database, owners: TurnClients, asha: UUID) -> None:
    (client,) = await owners(1)
    chatbot = insert_chatbot(database, asha)
    talk = insert_talk(database, chatbot, "Hello")
    for _ in range(502):
        database.rows(SET, ["order", "Goa"], talk)
        database.rows(SET, ["Goa"], talk)
    assert database.one(AMOUNTS, asha) == 1005
    for _ in range(2):
        assert await client.call(TAGS, asha) == [{"name": "Goa", "count": 1}]
        assert database.one(AMOUNTS, asha) == 1
    assert _check(database, asha) == {"Goa": 1}
