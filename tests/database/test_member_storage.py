"""A member's share of a team's storage and of its pages of documents."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.conftest import TurnClients
from tests.database.team_members import member_use, set_percent, team_of
from tests.database.turns import TurnClient, refusal
from tests.world import Database

PAGES = "document_pages"


@pytest.fixture
def team(database: Database, asha: UUID, ravi: UUID) -> UUID:
    """Of asha, the owner, and ravi, who may use a fifth. It has 1,000 bytes, and 100 pages in a month."""
    database.rows("update oneai.plan_storage set limit_bytes = 1000")
    database.rows("update oneai.plan_document_pages set pages_per_month = 100")
    team = team_of(database, asha, member=ravi)
    set_percent(database, team, ravi, 20)
    return team


async def upload(client: TurnClient, team: UUID, user: UUID, size: int) -> UUID:
    """Opens a document of this many bytes."""
    document = uuid4()
    await client.call(
        "select oneai.open_document(%s, %s, %s, 'a.pdf', 'application/pdf', %s, null, '{}', 'workspace', 600, 100)",
        *(user, team, document, size),
    )
    return document


async def read(client: TurnClient, database: Database, document: UUID, pages: int) -> str:
    """Stores what was read of a document with this many pages; the outcome."""
    lease = uuid4()
    database.rows("update oneai.documents set status = 'extracting', lease = %s where id = %s", lease, document)
    found: str = await client.call(
        "select oneai.store_document_chunks(%s, %s, %s, null, 1, %s, 0, 3, array[1], array[]::integer[], 1)",
        *(document, lease, '[{"content": "It", "tokens": 1, "page": 1, "heading": null}]', pages),
    )
    return found


async def test_a_member_stores_their_share_and_others_the_rest(
    database: Database, client: TurnClient, team: UUID, asha: UUID, ravi: UUID
) -> None:
    await upload(client, team, ravi, 150)

    refused = await refusal(upload(client, team, ravi, 51))

    assert (refused.sqlstate, refused.code) == ("ON413", "storage_full")
    assert refused.detail == {
        "used_bytes": 150,
        "limit_bytes": 200,
        "needed_bytes": 51,
        "of": "member",
        "raised_by": "admin",
    }
    await upload(client, team, ravi, 50)
    await upload(client, team, asha, 800)
    full = await refusal(upload(client, team, asha, 1))
    assert (full.detail["of"], full.detail["raised_by"], full.detail["limit_bytes"]) == ("workspace", "owner", 1000)
    assert (await refusal(upload(client, team, ravi, 1))).detail["of"] == "workspace"


async def test_conversations_and_deletions_count_in_the_members_share(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    document = await upload(client, team, ravi, 150)
    database.rows(
        "with c as (insert into oneai.conversations (user_id, workspace_id, updated_at) values (%s, %s, '2020-01-01') "
        "returning id) insert into oneai.conversation_sizes select id, %s, 40 from c",
        *(ravi, team, team),
    )

    refused = await refusal(upload(client, team, ravi, 20))
    assert refused.detail["used_bytes"] == 190

    database.rows("delete from oneai.documents where id = %s", document)
    await upload(client, team, ravi, 160)


async def test_a_conversation_moves_into_a_team_within_the_members_share(
    database: Database, client: TurnClient, team: UUID, ravi: UUID
) -> None:
    turn = await client.admit(ravi)
    await client.settle(turn.message_id, "x" * 300)
    move = "select oneai.move_conversation(%s, %s, %s, false)"

    refused = await refusal(client.call(move, ravi, turn.conversation_id, team))

    assert (refused.code, refused.detail["of"], refused.detail["limit_bytes"]) == ("storage_full", "member", 200)
    set_percent(database, team, ravi, 90)
    assert (await client.call(move, ravi, turn.conversation_id, team))["moved"]


async def test_uploads_of_one_member_at_once_fit_their_share_to_the_byte(
    database: Database, clients: TurnClients, team: UUID, ravi: UUID
) -> None:
    async def succeeds(client: TurnClient) -> bool:
        try:
            await upload(client, team, ravi, 50)
        except psycopg.Error:
            return False
        return True

    assert sum(await asyncio.gather(*(succeeds(client) for client in await clients(8)))) == 4


async def test_pages_of_documents_count_for_their_member_in_a_month(
    database: Database, client: TurnClient, team: UUID, asha: UUID, ravi: UUID
) -> None:
    counted = "select pages from oneai.document_page_counts where workspace_id = %s order by month desc limit 1"
    first, second, hers = [await upload(client, team, user, 10) for user in (ravi, ravi, asha)]
    assert await read(client, database, first, 15) == "stored"

    assert await read(client, database, second, 6) == "over_member_pages"
    assert database.one(counted, team) == 15, "no page of the team is counted for a refused document"
    assert await read(client, database, hers, 86) == "over_pages"
    assert await read(client, database, second, 5) == "stored"
    assert database.one(counted, team) == 20
    stored = "select used from oneai.member_usage where workspace_id = %s and user_id = %s and quota_key = %s"
    assert database.one(stored, team, ravi, PAGES) == 20
    assert member_use(database, team, ravi) == (0, 0)

    database.advance(32 * 86_400)
    assert await read(client, database, await upload(client, team, ravi, 10), 20) == "stored"


async def test_a_personal_workspace_has_no_share_of_pages_or_storage(
    database: Database, client: TurnClient, team: UUID, asha: UUID
) -> None:
    document = await upload(client, asha, asha, 900)

    assert await read(client, database, document, 90) == "stored"
    assert (await refusal(upload(client, asha, asha, 200))).detail["of"] == "workspace"
    assert database.rows("select * from oneai.member_usage") == []
